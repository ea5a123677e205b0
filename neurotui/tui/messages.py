"""The messages that worker threads post to the Browse screen, which they never touch themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from neurotui.backends.protocol import Estimate
    from neurotui.errors import UserError
    from neurotui.labelling.types import Fit, Nearness
    from neurotui.review.job_queue import LabelJob
    from neurotui.review.neuron_loader import LoadedNeuron, NeuronLoader
    from neurotui.review.read_run import ReadRun
    from neurotui.review.terms.protocol import AskedTerm
    from neurotui.store.run import Run
    from neurotui.types import Neuron


@dataclass
class RunRead(Message):
    """A run's columns have been read."""

    read: ReadRun


@dataclass
class RunFailed(Message):
    """A run could not be read."""

    refusal: UserError


@dataclass
class NeuronRead(Message):
    """One neuron has been loaded."""

    reader: NeuronLoader
    loaded: LoadedNeuron


@dataclass
class NeuronFailed(Message):
    """One neuron could not be loaded."""

    reader: NeuronLoader
    neuron_id: int
    refusal: UserError


@dataclass
class AskedRead(Message):
    """The ids of the neurons that a term of a filter matches, or why they could not be found."""

    run: Run
    asked: AskedTerm
    found: NDArray[np.int32] | UserError


@dataclass
class NearFound(Message):
    """What is near to a word in meaning, in the run with these weights, or why it could not be found."""

    weights: str
    word: str
    found: Nearness | UserError


@dataclass
class PriceRead(Message):
    """The price of a job has been estimated."""

    job: LabelJob
    price: Estimate


@dataclass
class JobMoved(Message):
    """A job has made progress."""

    job: LabelJob
    doing: str


@dataclass
class JobEnded(Message):
    """A job has ended: with labels, best fit first, and the fits of the earlier candidates, or with an error.

    Posted once for every job that was started, even if cancelled, as its last message.
    """

    job: LabelJob
    fits: tuple[Fit, ...] = ()
    compared: tuple[Fit, ...] = ()
    notes: tuple[str, ...] = ()
    why: UserError | None = None


@dataclass
class LabelsScored(Message):
    """The fit of a typed label, the first of ``fits``, or why there is none.

    ``weights`` is the hash of the weights of the neuron's model.
    """

    neuron: Neuron
    weights: str
    label: str
    fits: tuple[Fit, ...] = ()
    why: UserError | None = None


class PasteStaysOpen(Message):
    """A paste has begun and its end has not come: until it does, nothing that is typed is a key."""
