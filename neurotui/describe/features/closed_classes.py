"""Names for classes of common English words that no encoder of meanings can name: months, prepositions."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHARE = 0.65
"""So much of a class, by weight, must belong to what its name says, and so many different words of it."""

_FEWEST = 2


@cache
def _classes() -> dict[str, frozenset[str]]:
    file = files("neurotui.describe.features") / "closed_classes.txt"
    lines = (line.partition(":") for line in file.read_text(encoding="utf-8").splitlines())
    return {name: frozenset(words.split()) for name, _, words in lines}


def name_of(words: Sequence[str], weights: Sequence[float]) -> str:
    """Return what most of the words, by weight, are called; "" where they have no such name.

    Where several names fit, the one that fits most of the words is theirs.
    """
    best, most = "", 0.0
    for name, members in _classes().items():
        inside = [weight for word, weight in zip(words, weights, strict=True) if word in members]
        share = sum(inside) / max(sum(weights), 1e-9)
        # Of many words a few frequent ones say too little: half of the words themselves must fit too.
        fits = share >= _SHARE and len(inside) >= max(_FEWEST, len(words) / 2)
        if fits and len(inside) / len(words) + share > most:
            best, most = name, len(inside) / len(words) + share
    return best
