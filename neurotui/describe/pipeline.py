"""From a run to the same run with descriptors and matches: propose, cluster, match, judge."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from neurotui.backends.budget import Budget
from neurotui.backends.choose import NO_NAMER, choose, choose_namer, refuse_two_models
from neurotui.backends.encoder import MiniLM, Remembering
from neurotui.backends.protocol import Estimate, together
from neurotui.backends.settings import NAMES, Settings
from neurotui.backends.smollm2 import INSTALL
from neurotui.describe.auroc import ALPHA
from neurotui.describe.cluster import CUT
from neurotui.describe.descriptors import as_they_are, discover
from neurotui.describe.match import Evidence, match
from neurotui.describe.names import VOCABULARY, estimate_naming, rename
from neurotui.store.disk import replies_of
from neurotui.store.run import Run
from neurotui.store.writer import Writer
from neurotui.words import GOLD, THRESHOLD, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from neurotui.backends.namer import Namer
    from neurotui.backends.protocol import Backend
    from neurotui.describe.descriptors import Descriptors
    from neurotui.words import Progress

BACKENDS = (*NAMES, GOLD)
"""Who may write the phrases; ``gold`` takes the labels that the data set came with."""

# With a greater share of the texts unanswered, descriptors would hold for too few of those that they hold for.
_MOST_FAILED = 0.1
# What a description says of itself, in ``meta``.
_DESCRIBED = {
    "backend",
    "described",
    "cluster_cut",
    "match_threshold",
    "match_alpha",
    "texts_failed",
    "llm",
    "prompts",
    "namer",
    "namer_model",
}
_UNTOUCHED = ("texts", "vocabulary", "neurons", "exemplars", "pooled")


@dataclass(frozen=True, slots=True)
class Summary:
    """What ``describe`` found, for people and for ``--json``."""

    run: str
    backend: str
    namer: str
    phrases: int
    failed_texts: int
    descriptors: int
    described_neurons: int
    neurons: int
    seconds: float


def describe(
    path: Path,
    backend: str,
    settings: Settings | None = None,
    *,
    namer: str | None = None,
    progress: Progress,
    tell: Callable[[str], None] = lambda _: None,
) -> Summary:
    """Find the descriptors of a run's texts, tie them to its neurons and swap the described run in.

    What was found before is replaced; labels, which stand in the journal, are not touched. `namer` is who names
    the descriptors (``choose_namer``); gold labels keep their names. `tell` is told what
    a person should hear, before anything is asked of a server and of texts that got no answer. Raises
    ``Refusal`` for an unknown backend, a run that cannot be read, texts that give nothing to describe, or more
    than a tenth of them unanswered; answers are kept in ``replies_of(path)`` and nothing is asked twice.
    """
    started = time.monotonic()
    if backend not in BACKENDS:
        raise Refusal(f"'{backend}' is not a backend", f"choose one of: {', '.join(BACKENDS)}")
    refuse_two_models(backend, namer)
    with Run(path) as run:
        texts = run.texts()
        calibration = texts.calibration[texts.pooled]
        named_by = None
        if backend == GOLD:
            said = _Said(texts.pooled_gold())
            descriptors = as_they_are(said.phrases, calibration)
        else:
            plain = MiniLM()
            encoder = Remembering(plain)
            budget = Budget(settings or Settings())
            writer = choose(backend, settings, encoder=encoder, cache=replies_of(path), budget=budget)
            named_by = choose_namer(namer, settings, cache=replies_of(path), budget=budget)
            if named_by is None and namer is None:
                tell(NO_NAMER + INSTALL)
            said = _said_by(writer, run, calibration, progress, tell)
            descriptors = discover(said.phrases, calibration, encoder, progress)
            # Without a namer, what a language model wrote of the texts is a better name than a likely word.
            if named_by is not None or backend == "keywords":
                descriptors = rename(
                    descriptors,
                    run.bodies(),
                    calibration,
                    encoder,
                    named_by,
                    vocabulary=plain.vocabulary(VOCABULARY),
                    progress=progress,
                )
        top = _top(run, np.flatnonzero(texts.pooled & texts.calibration), np.flatnonzero(texts.pooled))
        evidence = Evidence(descriptors.holds, calibration, top)
        text_ids = np.flatnonzero(texts.pooled).astype(np.int32)
        if not descriptors.names:
            raise Refusal(
                f"no phrase holds for enough of the {len(calibration):,} texts to describe a neuron by",
                "the run stays as it was; more texts, or another --backend, may tell more",
            )
        with Writer(path, replace=True) as target:
            if run.swapped():
                raise Refusal(f"'{path}' has been replaced by another run meanwhile", "give the command again")
            target.copy(path, _UNTOUCHED)
            target.meta({**_kept(run.meta), **_meta(backend, settings, said), **_named(named_by)})
            _write_descriptors(target, descriptors, said.phrases, text_ids, calibration, backend)
            described = 0
            for columns in match(_reported(run, progress), evidence):
                target.append("matches", pa.table(columns))
                described += len(np.unique(columns["neuron_id"][columns["described"]]))
    return Summary(
        str(path),
        backend,
        named_by.name if named_by is not None else "none",
        sum(map(len, said.phrases)),
        said.failed,
        len(descriptors.names),
        described,
        len(top),
        round(time.monotonic() - started, 1),
    )


def estimate(
    path: Path, backend: str, settings: Settings | None = None, *, namer: str | None = None
) -> Estimate:
    """Return what ``describe`` would ask of a backend and a namer, and its cost, without asking anything."""
    refuse_two_models(backend, namer)
    if backend == GOLD:
        return Estimate()
    kept = replies_of(path)
    cache = kept if kept.exists() else None
    with Run(path) as run:
        asked = choose(backend, settings, cache=cache).estimate(run.bodies())
    if namer != "openai":
        return asked
    return together(asked, estimate_naming(settings or Settings()))


class _Said(NamedTuple):
    """What was said of each text with pooled activations, of how many nothing was, and by which prompts."""

    phrases: Sequence[tuple[str, ...]]
    failed: int = 0
    prompts: str = ""


def _said_by(
    writer: Backend, run: Run, calibration: NDArray[np.bool_], progress: Progress, tell: Callable[[str], None]
) -> _Said:
    """Ask a backend about every text; ``Refusal`` where too many get no answer."""
    for warning in writer.warnings:
        tell(warning)
    phrases = writer.propose(run.bodies(), calibration, progress)
    failures = writer.failures
    for reason, count in Counter(failure.reason for failure in failures).most_common():
        tell(f"{count:,} of {len(phrases):,} texts got no phrases: {reason}")
    if len(failures) > _MOST_FAILED * len(phrases):
        raise Refusal(
            f"{len(failures):,} of {len(phrases):,} texts got no phrases; the run stays as it was",
            "what was answered is kept, and the same command asks only for the rest; a bound on calls or cost "
            "that was reached needs to be higher",
        )
    return _Said(phrases, len(failures), writer.prompts_hash)


def _top(run: Run, wanted: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each neuron's top exemplars as rows of the pooled texts, -1 where they are not `wanted`."""
    neuron_ids, text_ids = run.top_texts()
    row_of = np.full(max(text_ids.max(initial=0), rows.max(initial=0)) + 1, -1)
    row_of[wanted] = np.searchsorted(rows, wanted)
    first = np.searchsorted(neuron_ids, neuron_ids)
    place = np.arange(len(neuron_ids)) - first
    top = np.full((run.counts()["neurons"], place.max(initial=0) + 1), -1)
    top[neuron_ids, place] = row_of[text_ids]
    return top


def _reported(run: Run, progress: Progress) -> Iterator[tuple[int, NDArray[np.uint16]]]:
    """Yield the run's blocks of pooled codes, telling how many neurons have been matched."""
    total = run.counts()["neurons"]
    for first, codes in run.pooled_codes():
        yield first, codes
        progress("matching neurons", first + len(codes), total)


def _kept(meta: dict[str, str]) -> dict[str, str]:
    """Return what a run says of itself but for its format and what an earlier description added."""
    return {key: value for key, value in meta.items() if key not in {"format_version", *_DESCRIBED}}


def _meta(backend: str, settings: Settings | None, said: _Said) -> dict[str, str]:
    entries = {
        "backend": backend,
        "described": datetime.now(UTC).isoformat(timespec="seconds"),
        "cluster_cut": str(CUT),
        "match_threshold": str(THRESHOLD),
        "match_alpha": str(ALPHA),
        "texts_failed": str(said.failed),
    }
    if said.prompts and settings is not None:
        entries |= {"llm": settings.llm, "prompts": said.prompts}
    return entries


def _named(namer: Namer | None) -> dict[str, str]:
    """Return what a run says of who named its descriptors."""
    return {"namer": "none"} if namer is None else {"namer": namer.name, "namer_model": namer.model}


def _write_descriptors(
    writer: Writer,
    descriptors: Descriptors,
    phrases: Sequence[tuple[str, ...]],
    text_ids: NDArray[np.int32],
    calibration: NDArray[np.bool_],
    backend: str,
) -> None:
    holds = descriptors.holds
    writer.append(
        "descriptors",
        pa.table(
            {
                "descriptor_id": pa.array(range(len(descriptors.names)), pa.int32()),
                "name": pa.array(descriptors.names, pa.string()),
                "backend": pa.array([backend] * len(descriptors.names), pa.string()),
                "texts_calibration": holds[calibration].sum(axis=0).astype(np.int32),
                "texts_validation": holds[~calibration].sum(axis=0).astype(np.int32),
            }
        ),
    )
    rows, columns = np.nonzero(holds)
    writer.append(
        "text_descriptors", pa.table({"text_id": text_ids[rows], "descriptor_id": columns.astype(np.int32)})
    )
    said = [(text, phrase) for text, all_said in zip(text_ids, phrases, strict=True) for phrase in all_said]
    writer.append(
        "phrases",
        pa.table(
            {
                "text_id": pa.array([text for text, _ in said], pa.int32()),
                "phrase": pa.array([phrase for _, phrase in said], pa.string()),
                "descriptor_id": pa.array([descriptors.ids.get(phrase) for _, phrase in said], pa.int32()),
            }
        ),
    )
