"""What may be asked of a helper, and what it answers. Nothing heavy is imported: the app builds these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from neurotui.backends.protocol import Estimate
from neurotui.backends.settings import Name, Settings

if TYPE_CHECKING:
    from neurotui.words import Neuron

A = TypeVar("A")


class Question(Generic[A]):
    """Something that a helper answers with an ``A``; `answers.py` says who does."""

    __slots__ = ()


class Asking(NamedTuple):
    """Who writes labels, and how. The key to a server is in neither: it is read where it is used."""

    backend: Name = "keywords"
    settings: Settings = Settings()


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a label tells held-out texts at which the neuron is active from those at which it is quiet.

    ``auroc`` is of the sentence encoder's cosine between label and text; ``lower`` and ``upper`` bound it at
    95 %. All three are NaN where the neuron gives too few texts of either sort.
    """

    label: str
    auroc: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Judged:
    """Labels with their fits by ``active`` and ``quiet`` texts, and what a person should hear of it."""

    fits: tuple[Fit, ...]
    active: int
    quiet: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Warm(Question[None]):
    """Load what fits need, so that the first does not wait for it."""


@dataclass(frozen=True, slots=True)
class Score(Question[Judged]):
    """How well do these labels fit a neuron? They are answered in this order, all by the same texts."""

    neuron: Neuron
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Price(Question[Estimate]):
    """What would `Write` take? Nothing is sent; a key that is missing is told here."""

    neuron: Neuron
    asking: Asking
    draw: int = 0


@dataclass(frozen=True, slots=True)
class Write(Question[Judged]):
    """What labels does a backend write for a neuron? The best fit comes first.

    ``draw`` picks which of the neuron's texts are shown: the same draw is answered from what was paid for, the
    next one is asked anew.
    """

    neuron: Neuron
    asking: Asking
    draw: int = 0
