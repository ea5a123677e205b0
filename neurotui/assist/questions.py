"""What may be asked of a helper, and what it answers. Nothing heavy is imported: the app builds these."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from neurotui.backends.budget import NOTHING_SPENT, Spent
from neurotui.backends.protocol import Estimate
from neurotui.backends.settings import Name, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from neurotui.words import Neuron

A = TypeVar("A")


class Question(Generic[A]):
    """Something that a helper answers with an ``A``; `answers.py` says who does."""

    __slots__ = ()


class Asking(NamedTuple):
    """Who writes labels, and how. The key to a server is in neither: it is read where it is used."""

    backend: Name = "keywords"
    settings: Settings = Settings()


class Fit(NamedTuple):
    """How well a label tells held-out texts at which the neuron is active from those at which it is quiet.

    ``auroc`` is of the sentence encoder's cosine between label and text; ``lower`` and ``upper`` bound it at
    95 %. All three are NaN where the neuron gives too few texts of either sort.
    """

    label: str
    auroc: float
    lower: float
    upper: float


class Judged(NamedTuple):
    """Labels with their fits by ``active`` and ``quiet`` texts, and what a person should hear of it."""

    fits: tuple[Fit, ...]
    active: int
    quiet: int
    notes: tuple[str, ...] = ()


def best_first(fits: Iterable[Fit]) -> tuple[Fit, ...]:
    """Put fits in order; those that are none come last, as they came."""
    return tuple(sorted(fits, key=lambda fit: -fit.auroc if isfinite(fit.auroc) else 0.0))


class Written(NamedTuple):
    """The labels that a backend wrote, in its order, and what a person should hear of it."""

    labels: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Warm(Question[None]):
    """Load what fits need, so that the first does not wait for it."""


@dataclass(frozen=True, slots=True)
class Score(Question[Judged]):
    """How well do these labels fit a neuron? They are answered in this order, all by the same texts.

    ``weights``, here and below, are those of the run that is meant: one of another model is not asked about.
    """

    neuron: Neuron
    labels: tuple[str, ...]
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
