"""Reads what a review of a run begins with: every neuron's figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from neurotui.review.neuron_loader import NeuronLoader
from neurotui.store.table_faults import blaming

if TYPE_CHECKING:
    from concurrent.futures import Future

    from neurotui.review.neuron_loader import LoadedNeuron
    from neurotui.store.run import Run
    from neurotui.store.run_tables import Descriptor, Overview


class ReadRun(NamedTuple):
    """A run whose columns have been read; single neurons are read later by ``loader``.

    ``first`` is the neuron that the list opens on, if it is being read already.
    """

    run: Run
    overview: Overview
    descriptors: list[Descriptor]
    loader: NeuronLoader
    first: Future[LoadedNeuron] | None = None


def read_run(run: Run) -> ReadRun:
    """Read a run's columns; ``UserError`` if the run is damaged there."""
    with blaming(run.reader):
        return ReadRun(run, run.overview(), run.descriptors(), NeuronLoader(run))
