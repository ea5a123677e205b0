"""What workers say: they touch nothing, and post one of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from neurotui.backends.llm.budget import Spent
    from neurotui.backends.protocol import Estimate
    from neurotui.errors import UserError
    from neurotui.labelling.types import Fit, Nearness
    from neurotui.review.filters import AskedTerm
    from neurotui.review.job_queue import LabelJob
    from neurotui.review.neuron_loader import LoadedNeuron, NeuronLoader
    from neurotui.store.records import Descriptor, Overview
    from neurotui.store.run import Run
    from neurotui.types import Neuron


@dataclass
class RunRead(Message):
    """A run has been read, all but the neurons' own pages; ``run`` is what it was read from."""

    run: Run
    overview: Overview
    descriptors: list[Descriptor]
    reader: NeuronLoader


@dataclass
class RunFailed(Message):
    """A run could not be read."""

    refusal: UserError


@dataclass
class SheetRead(Message):
    """One neuron has been read by a reader."""

    reader: NeuronLoader
    sheet: LoadedNeuron


@dataclass
class SheetFailed(Message):
    """One neuron could not be read."""

    reader: NeuronLoader
    neuron_id: int
    refusal: UserError


@dataclass
class AskedRead(Message):
    """It is known for which neurons a term of a filter holds, by their ids, or why it is not."""

    run: Run
    asked: AskedTerm
    found: NDArray[np.int32] | UserError


@dataclass
class NearFound(Message):
    """It is known what is near to a word in meaning, in the run of these weights, or why it is not."""

    weights: str
    word: str
    found: Nearness | UserError


@dataclass
class PriceRead(Message):
    """It is known what a job takes."""

    job: LabelJob
    price: Estimate


@dataclass
class JobMoved(Message):
    """A job got on."""

    job: LabelJob
    doing: str


@dataclass
class MoreSpent(Message):
    """So much has been spent in this sitting."""

    spent: Spent


@dataclass
class JobEnded(Message):
    """A job brought labels, best fit first, with how the candidates that were there before fit, or failed.

    It comes of every job that was begun, be it cancelled, and is the last that is heard of it.
    """

    job: LabelJob
    fits: tuple[Fit, ...] = ()
    compared: tuple[Fit, ...] = ()
    notes: tuple[str, ...] = ()
    why: UserError | None = None


@dataclass
class LabelsScored(Message):
    """It is known how a label that was typed fits, the first of these, or why it is not.

    ``weights`` are those of the model whose neuron it is.
    """

    neuron: Neuron
    weights: str
    label: str
    fits: tuple[Fit, ...] = ()
    why: UserError | None = None
