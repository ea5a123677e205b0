"""Reads what a review of a run begins with: every neuron's figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from neurotui.review.neuron_loader import NeuronLoader
from neurotui.store.table_faults import blaming

if TYPE_CHECKING:
    from neurotui.store.records import Descriptor, Overview
    from neurotui.store.run import Run


class ReadRun(NamedTuple):
    """A run whose columns have been read; single neurons are read later by ``loader``."""

    run: Run
    overview: Overview
    descriptors: list[Descriptor]
    loader: NeuronLoader


def read_run(run: Run) -> ReadRun:
    """Read a run's columns; ``UserError`` if the run is damaged there."""
    with blaming(run.reader):
        return ReadRun(run, run.overview(), run.descriptors(), NeuronLoader(run))
