"""The questions that a worker process answers, each a class; imports nothing heavy.

A new question is a class here and its handler in ``server.py``, marked ``@answers(Class)``: nothing else lists
them. Questions to the run's model about any text are classes of ``probing/questions.py``, where `neurotui probe`
asks them without a worker process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from neurotui.backends.protocol import Estimate
from neurotui.labelling.types import Judged, LabelBackend, Nearness, Written
from neurotui.worker_question import Question

if TYPE_CHECKING:
    from neurotui.types import Neuron, Side


@dataclass(frozen=True, slots=True)
class Warm(Question[None]):
    """Load what fits need, so that the first does not wait for it."""


@dataclass(frozen=True, slots=True)
class Score(Question[Judged]):
    """Score how well labels fit a neuron; the fits are returned in the order of ``labels``.

    ``sides`` gives the side of the activation that each label is about; without it, all are about side 1.
    ``weights``, here and below, is the hash of the model's weights; a run of another model is refused.
    """

    neuron: Neuron
    labels: tuple[str, ...]
    weights: str
    sides: tuple[Side, ...] = ()


@dataclass(frozen=True, slots=True)
class Near(Question[Nearness]):
    """Find the neurons whose first descriptor or peak words are near to a word in meaning."""

    word: str
    weights: str


@dataclass(frozen=True, slots=True)
class Price(Question[Estimate]):
    """Estimate the price of `Write`. Nothing is sent; a missing API key is reported here."""

    neuron: Neuron
    asking: LabelBackend
    draw: int
    weights: str


@dataclass(frozen=True, slots=True)
class Write(Question[Written]):
    """Let a backend write labels for a neuron.

    ``draw`` selects which of the neuron's texts are shown: a repeated draw is answered from the reply cache, a new
    one is sent.
    """

    neuron: Neuron
    asking: LabelBackend
    draw: int
    weights: str
