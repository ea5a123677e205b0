"""From a run to the same run with descriptors and matches: propose, cluster, match, judge."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from neurotui.backends.llm.budget import Budget
from neurotui.backends.namer_registry import NO_NAMER, asks_a_server, choose_namer, refuse_two_models, server_asked
from neurotui.backends.protocol import Estimate, together
from neurotui.backends.registry import choose, sources, spec_of
from neurotui.backends.settings import BackendSettings
from neurotui.describe import write_tables
from neurotui.describe.description_meta import of_description, of_the_run
from neurotui.describe.descriptors import as_they_are, discover
from neurotui.describe.match_texts import Block, TextEvidence, match
from neurotui.describe.name_descriptors import VOCABULARY, estimate_naming, rename
from neurotui.describe.side_by_side import descriptions, free_name, refuse_swapped, tell_beside, write_beside
from neurotui.describe.token_evidence import token_descriptors
from neurotui.errors import UserError
from neurotui.models.embedding_cache import EmbeddingCache, embeddings_folder
from neurotui.models.encoder import CachingEncoder, MiniLM
from neurotui.models.packaged_models import SMOLLM2
from neurotui.store.beside_run import replies_of
from neurotui.store.run import Run
from neurotui.store.writer import Writer
from neurotui.types import GOLD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from neurotui.backends.protocol import Backend
    from neurotui.types import Progress

# With a greater share of the texts unanswered, descriptors would hold for too few of those that they hold for.
_MOST_FAILED = 0.1
# Neurons matched at once.
_ROWS = 512


@dataclass(frozen=True, slots=True)
class DescribeSummary:
    """What ``describe`` found, for people and for ``--json``; ``describer`` is "" for the run's own."""

    run: str
    backend: str
    namer: str
    server: str
    phrases: int
    failed_texts: int
    text_descriptors: int
    token_descriptors: int
    described_neurons: int
    neurons: int
    seconds: float
    describer: str = ""


def describe(
    path: Path,
    backend: str,
    settings: BackendSettings | None = None,
    *,
    namer: str | None = None,
    as_: str = "",
    progress: Progress,
    tell: Callable[[str], None] = lambda _: None,
) -> DescribeSummary:
    """Find the descriptors of a run's texts, tie them to its neurons and swap the described run in.

    What the run's own describer found before is replaced; with a name, `as_`, that stays, and what is found is
    kept beside it, in the place of what a describer of that name found before. Labels, which stand in the
    journal, are not touched. `namer` is who names
    the descriptors (``choose_namer``); gold labels keep their names. `tell` is told what
    a person should hear, before anything is asked of a server and of texts that got no answer. Raises
    ``UserError`` for an unknown backend, a run that cannot be read, texts that give nothing to describe, or more
    than a tenth of them unanswered; answers are kept in ``replies_of(path)`` and nothing is asked twice.
    """
    started = time.monotonic()
    _refuse_unknown(backend)
    refuse_two_models(backend, namer)
    if backend == GOLD and namer not in {None, "none"}:
        raise UserError("gold labels keep their names", "leave out --namer, or choose another --backend")
    with Run(path) as run:
        if run.lacks:
            hint = "make it again with the precompute that made it; the labels beside it stay"
            raise UserError(f"'{path}': {run.lacks}", hint)
        describer = free_name(run, as_, backend)
        tell_beside(run, describer, tell)
        texts = run.texts()
        calibration = texts.calibration[texts.pooled]
        plain = MiniLM()
        encoder = CachingEncoder(plain, EmbeddingCache(embeddings_folder(), plain.version))
        budget = Budget(settings or BackendSettings())
        # Gold labels keep their names.
        named_by = (
            None if backend == GOLD else choose_namer(namer, settings, cache=replies_of(path), budget=budget)
        )
        if named_by is None and namer is None and backend != GOLD:
            tell(NO_NAMER + SMOLLM2.install)
        if backend == GOLD:
            said = _Described(texts.pooled_gold())
            descriptors = as_they_are(said.phrases, calibration)
        else:
            writer = choose(backend, settings, encoder=encoder, cache=replies_of(path), budget=budget)
            said = _said_by(writer, run, calibration, progress, tell, server_asked(settings, backend))
            descriptors = discover(said.phrases, calibration, encoder, progress)
            # Without a namer, what a language model wrote of the texts is a better name than a likely word.
            if named_by is not None or not spec_of(backend).asks_a_model:
                descriptors = rename(
                    descriptors,
                    run.bodies(),
                    calibration,
                    encoder,
                    named_by,
                    vocabulary=plain.vocabulary(VOCABULARY),
                    progress=progress,
                )
        text_ids = np.flatnonzero(texts.pooled).astype(np.int32)
        by_text = _by_text(descriptors.holds, text_ids, len(texts.calibration))
        at_tokens = token_descriptors(run, by_text, encoder, progress)
        if not descriptors.names and not at_tokens.features:
            raise UserError(
                f"no phrase and no word holds for enough of the {len(calibration):,} texts to describe by",
                "the run stays as it was; more texts, or another --backend, may tell more",
            )
        top = _top(run, text_ids, calibration)
        evidence = TextEvidence(descriptors.holds, calibration, top)
        told = of_description(backend, settings, failed=said.failed, prompts=said.prompts, namer=named_by)
        matched = match(_blocks(run, progress), evidence, at_tokens.evidence)
        with Writer(path, replace=True) as target:
            refuse_swapped(run)
            if describer:
                found = descriptions(descriptors, calibration, at_tokens, run.token_sample().weight)
                described = write_beside(target, run, describer, told, found, matched)
            else:
                target.copy_all_but(write_tables.WRITTEN, path)
                target.meta({**of_the_run(run.meta, described=False), **told})
                write_tables.write_text_descriptors(
                    target, descriptors, said.phrases, text_ids, calibration, backend
                )
                write_tables.write_token_descriptors(target, at_tokens, len(descriptors.names))
                described = write_tables.write_matches(target, matched)
    return DescribeSummary(
        str(path),
        backend,
        named_by.name if named_by is not None else "none",
        server_asked(settings, backend, namer) or "none",
        sum(map(len, said.phrases)),
        said.failed,
        len(descriptors.names),
        len(at_tokens.features),
        described,
        len(top),
        round(time.monotonic() - started, 1),
        describer,
    )


def estimate(
    path: Path,
    backend: str,
    settings: BackendSettings | None = None,
    *,
    namer: str | None = None,
    as_: str = "",
) -> Estimate:
    """Return what ``describe`` would ask of a backend and a namer, and its cost, without asking anything."""
    _refuse_unknown(backend)
    refuse_two_models(backend, namer)
    kept = replies_of(path)
    cache = kept if kept.exists() else None
    with Run(path) as run:
        free_name(run, as_, backend)
        if backend == GOLD:
            return Estimate()
        asked = choose(backend, settings, cache=cache).estimate(run.bodies())
    if not asks_a_server(namer):
        return asked
    return together(asked, estimate_naming(settings or BackendSettings()))


def _refuse_unknown(backend: str) -> None:
    """Raise ``UserError`` for a name that is no backend's, or a package's that cannot be imported."""
    known = sources()
    if backend not in known:
        raise UserError(f"'{backend}' is not a backend", f"choose one of: {', '.join(known)}")
    if backend != GOLD:
        spec_of(backend)


class _Described(NamedTuple):
    """What was said of each text with pooled activations, of how many nothing was, and by which prompts."""

    phrases: Sequence[tuple[str, ...]]
    failed: int = 0
    prompts: str = ""


def _said_by(
    writer: Backend,
    run: Run,
    calibration: NDArray[np.bool_],
    progress: Progress,
    tell: Callable[[str], None],
    at: str,
) -> _Described:
    """Ask a backend about every text; ``UserError`` where too many get no answer."""
    before = writer.warnings
    for warning in before:
        tell(warning)
    phrases = writer.propose(run.bodies(), calibration, progress)
    for warning in writer.warnings:
        if warning not in before:
            tell(warning)
    failures = writer.failures
    for reason, count in Counter(failure.reason for failure in failures).most_common():
        tell(f"{count:,} of {len(phrases):,} texts got no phrases: {at}{': ' if at else ''}{reason}")
    if len(failures) > _MOST_FAILED * len(phrases):
        raise UserError(
            f"{len(failures):,} of {len(phrases):,} texts got no phrases; the run stays as it was",
            "what was answered is kept, and the same command asks only for the rest; a bound on calls or cost "
            "that was reached needs to be higher",
        )
    return _Described(phrases, len(failures), writer.prompts_hash)


def _top(run: Run, text_ids: NDArray[np.int32], calibration: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return each neuron's exemplars by pooled activation as rows of the pooled texts, -1 off calibration."""
    neuron_ids, exemplars = run.texts_of_kind("pooled")
    rows = np.searchsorted(text_ids, exemplars)
    found = rows < len(text_ids)
    found[found] = (text_ids[rows[found]] == exemplars[found]) & calibration[rows[found]]
    place = np.arange(len(neuron_ids)) - np.searchsorted(neuron_ids, neuron_ids)
    top = np.full((run.counts()["neurons"], place.max(initial=0) + 1), -1)
    top[neuron_ids, place] = np.where(found, rows, -1)
    return top


def _by_text(holds: NDArray[np.bool_], text_ids: NDArray[np.int32], texts: int) -> csr_matrix:
    """Return which of all texts hold each text descriptor: (texts, descriptors)."""
    rows, columns = np.nonzero(holds)
    ones = np.ones(len(rows), np.float32)
    return csr_matrix((ones, (text_ids[rows], columns)), shape=(texts, holds.shape[1]))


def _blocks(run: Run, progress: Progress) -> Iterator[Block]:
    """Yield the run's neurons block by block, telling how many have been matched."""
    total = run.counts()["neurons"]
    for (_, pooled), tokens in zip(run.pooled_codes(_ROWS), run.token_blocks(_ROWS), strict=True):
        yield Block(pooled, tokens)
        progress("matching neurons", tokens.first + len(pooled), total)
