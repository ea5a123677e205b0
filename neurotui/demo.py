"""The demo: a described run of the sample corpus through the packaged model, without network or API key."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import numpy as np

from neurotui.describe.pipeline import describe
from neurotui.precompute.pipeline import PrecomputeSettings, precompute
from neurotui.review.description import first
from neurotui.store.run import Run

if TYPE_CHECKING:
    from pathlib import Path

    from neurotui.types import Progress

_BEST = 10
_PEAKS = 5
_RUN = "sample.duckdb"


@dataclass(frozen=True, slots=True)
class BestNeuron:
    """A well-described neuron: what is said of it, its correlation on either split, and its peaks."""

    neuron: str
    sentence: str
    correlation_calibration: float
    correlation_validation: float
    peaks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo run (``reused`` if already there) and the best neuron of each of its ten best descriptors."""

    run: str
    reused: bool
    texts: int
    neurons: int
    descriptors: int
    described_neurons: int
    best: tuple[BestNeuron, ...]


def prepare(folder: Path, *, progress: Progress) -> Demo:
    """Make whatever is missing of the demo in `folder`; ``UserError`` if that fails."""
    path = folder / _RUN
    reused = path.exists()
    if not reused:
        folder.mkdir(parents=True, exist_ok=True)
        with as_file(files("neurotui.sample_data") / "texts.jsonl") as texts:
            settings = PrecomputeSettings(id_field="id", gold_fields=("topic", "style"))
            precompute([str(texts)], path, settings, progress=progress)
    with Run(path) as run:
        described = run.counts()["descriptors"] > 0
    if not described:
        describe(path, "keywords", progress=progress)
    with Run(path) as run:
        counts = run.counts()
        return Demo(
            str(path),
            reused,
            counts["texts"],
            counts["neurons"],
            counts["descriptors"],
            counts["described_neurons"],
            _best(run),
        )


def _best(run: Run) -> tuple[BestNeuron, ...]:
    """Return the best described neurons, each descriptor once."""
    overview = run.overview()
    seen: set[int] = set()
    best: list[BestNeuron] = []
    for number in np.argsort(-overview.score, kind="stable"):
        descriptor = int(overview.matched[number, 0])
        if not overview.described[number] or descriptor in seen:
            continue
        seen.add(descriptor)
        best.append(_seen(run, int(number)))
        if len(best) == _BEST:
            break
    return tuple(best)


def _seen(run: Run, number: int) -> BestNeuron:
    overview = run.overview()
    told = first(overview, number)
    peaks = [peak.word for peak in run.detail(number).peaks if peak.side == told.side]
    return BestNeuron(
        str(overview.neuron(number)),
        told.sentence,
        told.correlation_calibration,
        told.correlation_validation,
        tuple(peaks[:_PEAKS]),
    )
