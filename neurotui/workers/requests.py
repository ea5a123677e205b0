"""What may be asked of a helper, and what it answers. Nothing heavy is imported: the app builds these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from neurotui.backends.llm.budget import NOTHING_SPENT, Spent
from neurotui.backends.protocol import Estimate
from neurotui.labelling.types import Asking, Judged, Nearness, Written
from neurotui.types import Question

if TYPE_CHECKING:
    from neurotui.types import Neuron, Side


@dataclass(frozen=True, slots=True)
class Warm(Question[None]):
    """Load what fits need, so that the first does not wait for it."""


@dataclass(frozen=True, slots=True)
class Score(Question[Judged]):
    """How well do these labels fit a neuron? They are answered in this order.

    ``sides`` say which side of the activation each speaks of; without any, all speak of the activation itself.
    ``weights``, here and below, are those of the run that is meant: one of another model is not asked about.
    """

    neuron: Neuron
    labels: tuple[str, ...]
    weights: str
    sides: tuple[Side, ...] = ()


@dataclass(frozen=True, slots=True)
class Near(Question[Nearness]):
    """Find the neurons that are called something near to a word in meaning, or peak at such words.

    ``weights`` are those of the run that is meant.
    """

    word: str
    weights: str


@dataclass(frozen=True, slots=True)
class Price(Question[Estimate]):
    """What would `Write` take? Nothing is sent; a key that is missing is told here."""

    neuron: Neuron
    asking: Asking
    draw: int
    weights: str


@dataclass(frozen=True, slots=True)
class Write(Question[Written]):
    """Let a backend write labels for a neuron.

    ``draw`` picks which of the neuron's texts are shown: the same draw is answered from what was paid for, the
    next one is asked anew. ``spent`` is what the sitting has spent before, within the bounds that are set.
    """

    neuron: Neuron
    asking: Asking
    draw: int
    weights: str
    spent: Spent = NOTHING_SPENT
