"""What is said of labels: how well they fit, what is near to a word, what a backend wrote. Nothing heavy."""

from __future__ import annotations

from math import isfinite, nan
from typing import TYPE_CHECKING, NamedTuple

from neurotui.backends.settings import BackendSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from neurotui.types import Side


class Asking(NamedTuple):
    """Who writes labels, and how. The key to a server is in neither: it is read where it is used."""

    backend: str = "keywords"
    settings: BackendSettings = BackendSettings()


class Measure(NamedTuple):
    """An AUROC and the ends of its 95 % interval; all three are NaN where there is none."""

    auroc: float
    lower: float
    upper: float

    @property
    def figures(self) -> tuple[float, ...]:
        """The three as journals keep them; nothing where there are none."""
        return tuple(self) if isfinite(self.auroc) else ()


NO_MEASURE = Measure(nan, nan, nan)
"""No measure."""


class Fit(NamedTuple):
    """How well a label tells held-out places at which the neuron is active from those at which it is quiet.

    ``topic``: over texts, by the sentence encoder's cosine between label and text. ``word``: over sampled
    tokens, by whether what the label names stands there; ``correlation`` is that with the activation. Of the
    label, ``understood`` was found in the token sample and ``missing`` was not; ``note`` says why there is no
    fit as a word although something was. ``side`` -1: both are of the negative of the activation.
    """

    label: str
    topic: Measure = NO_MEASURE
    word: Measure = NO_MEASURE
    correlation: float = nan
    understood: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    note: str = ""
    side: Side = 1

    @property
    def best(self) -> float:
        """The greater of the two AUROCs; NaN where there is neither."""
        return max(filter(isfinite, (self.topic.auroc, self.word.auroc)), default=nan)

    @property
    def in_brief(self) -> str:
        """The same as ``in_words`` within a line: ``topic 0.23 · word 0.98 · understood: away``."""
        parts = [f"topic {self.topic.auroc:.2f}"] if self.topic.figures else []
        if self.word.figures or self.note:
            parts.append(f"word {self.word.auroc:.2f}" if self.word.figures else self.note)
        return " · ".join([*parts, *self.reading]) or "no fit"

    @property
    def in_words(self) -> str:
        """Both scopes and what was understood: ``as a topic 0.23 (0.15-0.31) · as a word 0.98 (0.96-1.00)``."""
        topic, word = (f"{one.auroc:.2f} ({one.lower:.2f}-{one.upper:.2f})" for one in (self.topic, self.word))
        parts = [f"as a topic {topic}"] if self.topic.figures else []
        if self.word.figures:
            parts.append(f"as a word {word}")
        elif self.note:
            parts.append(f"as a word: {self.note}")
        return " · ".join([*parts, *self.reading]) or "no fit"

    @property
    def reading(self) -> tuple[str, ...]:
        """What was understood of the label as words, and what was not."""
        told = (("understood", self.understood), ("not in the sample", self.missing))
        read = tuple(f"{what}: {', '.join(names)}" for what, names in told if names)
        return (*read, "of the negative activation") if self.side < 0 else read


class Judged(NamedTuple):
    """Labels with their fits, as topics by ``active`` and ``quiet`` texts, and what a person should hear."""

    fits: tuple[Fit, ...]
    active: int
    quiet: int
    notes: tuple[str, ...] = ()


def best_first(fits: Iterable[Fit]) -> tuple[Fit, ...]:
    """Put fits in order, each by the better of its scopes; those that are none come last, as they came."""
    return tuple(sorted(fits, key=lambda fit: -fit.best if isfinite(fit.best) else 0.0))


class NearName(NamedTuple):
    """A name near to a word in meaning: a descriptor's if it is ``called`` so, else a word of the peaks.

    ``neurons`` are those of which it is said first, or whose top exemplars peak at it.
    """

    name: str
    cosine: float
    neurons: int
    called: bool


class Nearness(NamedTuple):
    """What is near to a word in meaning: ``names``, the nearest of the most neurons first.

    ``nearest`` are the nearest names even where none of them is near. ``neurons`` (neurons,) says how near each
    one is, from 0, not near, to 1.
    """

    names: tuple[NearName, ...]
    nearest: tuple[NearName, ...]
    neurons: NDArray[np.float32]


class Written(NamedTuple):
    """The labels that a backend wrote, in its order, and what a person should hear of it."""

    labels: tuple[str, ...]
    notes: tuple[str, ...] = ()
