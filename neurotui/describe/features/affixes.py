"""How words begin and end: un-, -ish."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from neurotui.describe.features.protocol import Feature, grouped, with_its_word

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.describe.features.protocol import Context

_LENGTHS = (2, 3, 4)
# As many letters stand before or behind an affix, at least.
_STEM = 3
# As many different words share it, at least.
_FEWEST_WORDS = 6


def find(context: Context) -> Iterator[Feature]:
    """Yield a feature for every beginning and ending of two to four letters that enough words share.

    A beginning holds at the first token of a word, an ending at the last.
    """
    tokens = context.tokens
    for marks, cut in ((tokens.opens, _beginning), (tokens.closes, _ending)):
        words = grouped(tokens.key, tokens.is_word & marks)
        for affix, groups in _sharing(words, cut).items():
            rows = np.sort(np.concatenate(groups))
            if tokens.sampled_of(groups) >= _FEWEST_WORDS and tokens.enough(rows):
                yield Feature("affix", with_its_word(tokens, affix, rows), rows)


def _sharing(
    words: dict[str, NDArray[np.int64]], cut: Callable[[str, int], str]
) -> dict[str, list[NDArray[np.int64]]]:
    """Return the tokens of the words that share each affix, word by word."""
    sharing: defaultdict[str, list[NDArray[np.int64]]] = defaultdict(list)
    for word, rows in words.items():
        for length in _LENGTHS:
            if len(word) >= length + _STEM and word.isalpha():
                sharing[cut(word, length)].append(rows)
    return sharing


def _beginning(word: str, length: int) -> str:
    return f"{word[:length]}-"


def _ending(word: str, length: int) -> str:
    return f"-{word[-length:]}"
