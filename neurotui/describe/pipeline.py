"""From a run to the same run with descriptors and matches: propose, cluster, match, judge."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from neurotui.backends.encoder import MiniLM
from neurotui.backends.keywords import Keywords
from neurotui.describe.auroc import ALPHA
from neurotui.describe.cluster import CUT, Clustering, cluster, spellings
from neurotui.describe.match import THRESHOLD, Evidence, match
from neurotui.store.run import Run
from neurotui.store.writer import Writer
from neurotui.words import GOLD, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from neurotui.backends.protocol import Encoder
    from neurotui.store.run import Texts
    from neurotui.words import Progress

BACKENDS = ("keywords", GOLD)

# A descriptor holds for at least this share of the calibration texts, and this many, and not for almost all.
_FEWEST_SHARE, _FEWEST, _MOST_SHARE = 0.005, 10, 0.8
# With fewer validation texts than this, it could not be judged.
_FEWEST_VALIDATION = 5
_UNTOUCHED = ("texts", "vocabulary", "neurons", "exemplars", "pooled")


@dataclass(frozen=True, slots=True)
class Summary:
    """What ``describe`` found, for people and for ``--json``."""

    run: str
    backend: str
    phrases: int
    descriptors: int
    described_neurons: int
    neurons: int
    seconds: float


class Descriptors(NamedTuple):
    """The descriptors of a data set: ``holds`` is (texts, descriptors), ``ids`` maps a phrase to its column."""

    names: tuple[str, ...]
    ids: dict[str, int]
    holds: NDArray[np.bool_]


def describe(path: Path, backend: str, *, progress: Progress) -> Summary:
    """Find the descriptors of a run's texts, tie them to its neurons and swap the described run in.

    What was found before is replaced; labels, which stand in the journal, are not touched. Raises ``Refusal``
    for an unknown backend, a run that cannot be read, or texts that give nothing to describe.
    """
    started = time.monotonic()
    if backend not in BACKENDS:
        raise Refusal(f"'{backend}' is not a backend", f"choose one of: {', '.join(BACKENDS)}")
    with Run(path) as run:
        texts = run.texts()
        calibration = texts.calibration[texts.pooled]
        if backend == GOLD:
            phrases = _gold(texts)
            descriptors = as_they_are(phrases, calibration)
        else:
            encoder = MiniLM()
            phrases = Keywords(encoder).propose(run.bodies(), calibration, progress)
            descriptors = discover(phrases, calibration, encoder, progress)
        top = _top(run, np.flatnonzero(texts.pooled & texts.calibration), np.flatnonzero(texts.pooled))
        evidence = Evidence(descriptors.holds, calibration, top)
        text_ids = np.flatnonzero(texts.pooled).astype(np.int32)
        with Writer(path, replace=True) as writer:
            writer.copy(path, _UNTOUCHED)
            writer.meta(_meta(run.meta, backend))
            _write_descriptors(writer, descriptors, phrases, text_ids, calibration, backend)
            described = 0
            for columns in match(_reported(run, progress), evidence) if descriptors.names else ():
                writer.append("matches", pa.table(columns))
                described += len(np.unique(columns["neuron_id"][columns["described"]]))
    return Summary(
        str(path),
        backend,
        sum(map(len, phrases)),
        len(descriptors.names),
        described,
        len(top),
        round(time.monotonic() - started, 1),
    )


def discover(
    phrases: Sequence[tuple[str, ...]],
    calibration: NDArray[np.bool_],
    encoder: Encoder,
    progress: Progress,
) -> Descriptors:
    """Cluster what was said of each text into descriptors; drop those for too few texts or almost all.

    `phrases` has one tuple a text. Clusters are made and sized on the calibration texts; validation counts
    only as far as a descriptor must hold for a few of its texts to be judged at all.
    """
    counts = Counter(
        phrase for said, chosen in zip(phrases, calibration, strict=True) if chosen for phrase in said
    )
    gathered = spellings(sorted({phrase for said in phrases for phrase in said}), counts)
    heads = list(gathered)
    together = Counter({head: sum(counts[one] for one in group) for head, group in gathered.items()})
    found = cluster(heads, encoder.encode(heads, progress), together)
    of = {one: found.of[head] for head, group in gathered.items() if head in found.of for one in group}
    clustering = Clustering(found.names, of)
    return _sized(phrases, clustering, calibration, max(_FEWEST, _FEWEST_SHARE * calibration.sum()))


def as_they_are(phrases: Sequence[tuple[str, ...]], calibration: NDArray[np.bool_]) -> Descriptors:
    """Make every phrase a descriptor of its own, unless it holds for too few texts or almost all."""
    names = tuple(sorted({phrase for said in phrases for phrase in said}))
    alone = Clustering(names, {name: number for number, name in enumerate(names)})
    return _sized(phrases, alone, calibration, _FEWEST)


def _sized(
    phrases: Sequence[tuple[str, ...]], clustering: Clustering, calibration: NDArray[np.bool_], fewest: float
) -> Descriptors:
    """Keep the clusters that hold for `fewest` calibration texts, but not for almost all, and can be judged."""
    holds = _holds(phrases, clustering)
    size, judged = holds[calibration].sum(axis=0), holds[~calibration].sum(axis=0)
    most = _MOST_SHARE * calibration.sum()
    kept = np.flatnonzero((size >= fewest) & (size <= most) & (judged >= _FEWEST_VALIDATION))
    place = {int(old): new for new, old in enumerate(kept)}
    ids = {phrase: place[group] for phrase, group in clustering.of.items() if group in place}
    return Descriptors(tuple(clustering.names[group] for group in kept), ids, holds[:, kept])


def _holds(phrases: Sequence[tuple[str, ...]], clustering: Clustering) -> NDArray[np.bool_]:
    """Return for which texts each cluster holds: (texts, clusters)."""
    holds = np.zeros((len(phrases), len(clustering.names)), np.bool_)
    for text, said in enumerate(phrases):
        for phrase in said:
            if phrase in clustering.of:
                holds[text, clustering.of[phrase]] = True
    return holds


def _gold(texts: Texts) -> list[tuple[str, ...]]:
    """Return the gold labels of the texts with pooled activations; ``Refusal`` if there are none."""
    labels = [texts.gold[number] for number in np.flatnonzero(texts.pooled)]
    if not any(labels):
        raise Refusal(
            "the run's texts have no gold labels", "neurotui precompute --gold-field FIELD keeps them"
        )
    return labels


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


def _meta(old: dict[str, str], backend: str) -> dict[str, str]:
    return {
        **{key: value for key, value in old.items() if key != "format_version"},
        "backend": backend,
        "described": datetime.now(UTC).isoformat(timespec="seconds"),
        "cluster_cut": str(CUT),
        "match_threshold": str(THRESHOLD),
        "match_alpha": str(ALPHA),
    }


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
