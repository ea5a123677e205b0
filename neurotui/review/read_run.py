"""Reads what a review of a run begins with: every neuron's figures, and the neuron that the list opens on."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from neurotui.errors import UserError
from neurotui.review.neuron_loader import NeuronLoader
from neurotui.review.orders import opens_on
from neurotui.store.table_faults import blaming

if TYPE_CHECKING:
    from neurotui.review.neuron_loader import LoadedNeuron
    from neurotui.store.run import Run
    from neurotui.store.run_tables import Descriptor, Overview


class ReadRun(NamedTuple):
    """A run whose columns have been read; ``loader`` reads single neurons, perhaps the ``first`` one already."""

    run: Run
    overview: Overview
    descriptors: list[Descriptor]
    loader: NeuronLoader
    first: LoadedNeuron | None = None


def read_run(run: Run) -> ReadRun:
    """Read a run's columns; ``UserError`` if the run is damaged there."""
    with blaming(run.reader):
        return ReadRun(run, run.overview(), run.descriptors(), NeuronLoader(run))


def read_to_open(run: Run) -> ReadRun:
    """Read a run's columns and the neuron that its list opens on, unless that one is damaged: the pane says so."""
    read = read_run(run)
    with suppress(UserError):
        return read._replace(first=read.loader.load(opens_on(read.overview)))
    return read
