"""The results of labelling: fits, names near to a word, written labels. Imports nothing heavy."""

from __future__ import annotations

from math import isfinite, nan
from typing import TYPE_CHECKING, NamedTuple

from neurotui.backends.settings import BackendSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from neurotui.types import Side


class LabelBackend(NamedTuple):
    """Which backend writes labels, and its settings. The API key is in neither: it is read where it is used."""

    backend: str = "keywords"
    settings: BackendSettings = BackendSettings()


class AurocInterval(NamedTuple):
    """An AUROC and the ends of its 95 % interval; all three are NaN if there is none."""

    auroc: float
    lower: float
    upper: float

    @property
    def figures(self) -> tuple[float, ...]:
        """The three numbers as stored in journals; an empty tuple if there are none."""
        return tuple(self) if isfinite(self.auroc) else ()


NO_INTERVAL = AurocInterval(nan, nan, nan)
"""No measure."""


class Fit(NamedTuple):
    """How well a label separates held-out places at which the neuron is active from those at which it is quiet.

    ``topic``: over texts, by the sentence encoder's cosine between label and text. ``word``: over sampled tokens,
    by whether a word that the label names occurs there; ``correlation`` is its correlation with the activation.
    ``understood`` are the parts of the label found in the token sample, ``missing`` those that were not; ``note``
    says why there is no fit as a word although something was understood. With ``side`` -1 both fits are to the
    negative of the activation.
    """

    label: str
    topic: AurocInterval = NO_INTERVAL
    word: AurocInterval = NO_INTERVAL
    correlation: float = nan
    understood: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    note: str = ""
    side: Side = 1

    @property
    def best(self) -> float:
        """The greater of the two AUROCs; NaN if there is neither."""
        return max(filter(isfinite, (self.topic.auroc, self.word.auroc)), default=nan)

    @property
    def in_brief(self) -> str:
        """``in_words`` shortened to fit a line: ``topic 0.23 · word 0.98 · understood: away``."""
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
        """Phrases that say which words of the label were understood, and which were not."""
        told = (("understood", self.understood), ("not in the sample", self.missing))
        read = tuple(f"{what}: {', '.join(names)}" for what, names in told if names)
        return (*read, "of the negative activation") if self.side < 0 else read


class Judged(NamedTuple):
    """Labels with their fits, how many ``active`` and ``quiet`` texts these rest on, and notes for the user."""

    fits: tuple[Fit, ...]
    active: int
    quiet: int
    notes: tuple[str, ...] = ()


def best_first(fits: Iterable[Fit]) -> tuple[Fit, ...]:
    """Sort fits by the better of their scopes, best first; those without a fit come last, in their order."""
    return tuple(sorted(fits, key=lambda fit: -fit.best if isfinite(fit.best) else 0.0))


class NearName(NamedTuple):
    """A name near to a word in meaning: a descriptor's name if ``called``, else a word that exemplars peak at.

    ``neurons`` counts those with that first match, or whose top exemplars peak at the word.
    """

    name: str
    cosine: float
    neurons: int
    called: bool


class Nearness(NamedTuple):
    """What is near to a word in meaning: ``names``, sorted by nearness times number of neurons.

    ``nearest`` are the nearest names even if none of them is near enough. ``neurons`` (neurons,) is the nearness
    of each neuron, from 0 (not near) to 1.
    """

    names: tuple[NearName, ...]
    nearest: tuple[NearName, ...]
    neurons: NDArray[np.float32]


class Written(NamedTuple):
    """The labels that a backend wrote, in its order, and notes for the user."""

    labels: tuple[str, ...]
    notes: tuple[str, ...] = ()
