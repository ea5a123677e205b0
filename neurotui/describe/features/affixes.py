"""How words begin and end: un-, -ish."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from neurotui.describe.features.protocol import Feature, grouped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neurotui.describe.features.protocol import Context

_LENGTHS = (2, 3, 4)
# As many letters stand before or behind an affix, and as many different words share it, at least.
_STEM, _FEWEST_WORDS = 3, 6


def find(context: Context) -> Iterator[Feature]:
    """Yield a feature for every beginning and ending of two to four letters that enough words share.

    A beginning holds at the first token of a word, an ending at the last.
    """
    tokens = context.tokens
    for marks, cut in ((tokens.opens, _beginning), (tokens.closes, _ending)):
        words = grouped(tokens.key, tokens.is_word & marks)
        sharing: defaultdict[str, list[np.ndarray]] = defaultdict(list)
        for key, places in words.items():
            for length in _LENGTHS:
                affix = cut(str(key), length)
                if affix:
                    sharing[affix].append(places)
        for affix, groups in sharing.items():
            places = np.sort(np.concatenate(groups))
            if len(groups) >= _FEWEST_WORDS and tokens.enough(places):
                yield Feature("affix", affix, places)


def _beginning(word: str, length: int) -> str:
    return f"{word[:length]}-" if len(word) >= length + _STEM and word.isalpha() else ""


def _ending(word: str, length: int) -> str:
    return f"-{word[-length:]}" if len(word) >= length + _STEM and word.isalpha() else ""
