"""What a generator is shown of one neuron: texts that make it fire, and texts that do not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neurotui.types import Exemplar

_MOST_PEAKS = 5
# A word counts as a peak where the neuron fires at least this share of what it does at its highest.
_PEAK_SHARE = 0.5
_WORD = re.compile(r"\w+(?:[-'\N{RIGHT SINGLE QUOTATION MARK}]\w+)*|[^\w\s]+")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A text that makes a neuron fire; ``peaks`` are the words at which it fires most, strongest first."""

    text: str
    peaks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelEvidence:
    """The evidence for one label: ``firing``, strongest first, and ``silent``, which leave the neuron quiet."""

    firing: tuple[Excerpt, ...]
    silent: tuple[str, ...] = ()


def excerpt(exemplar: Exemplar) -> Excerpt:
    """Return an exemplar as an excerpt: its text, and the words at which its trace peaks.

    A word is as strong as the strongest token that lies in it, even in part. Nothing peaks where the
    neuron's highest activation in the window is not above 0.
    """
    text = "".join(exemplar.pieces)
    strengths = [0.0] * len(text)
    place = 0
    for position, piece in enumerate(exemplar.pieces):
        strengths[place : place + len(piece)] = [exemplar.activation(position)] * len(piece)
        place += len(piece)
    least = max(_PEAK_SHARE * max(strengths, default=0.0), 0.0)
    words = [(max(strengths[found.start() : found.end()]), found[0]) for found in _WORD.finditer(text)]
    strong = sorted((word for word in words if word[0] > 0 and word[0] >= least), key=lambda word: -word[0])
    return Excerpt(text, tuple(dict.fromkeys(word for _, word in strong))[:_MOST_PEAKS])
