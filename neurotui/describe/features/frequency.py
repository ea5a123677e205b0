"""How common a word is in the data set: the, of, and; or the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from neurotui.describe.features.protocol import by_weight, grouped, named

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.describe.features.protocol import Context, Feature, TokenTable

_COMMON = (10, 30, 100, 300)
_SHOWN = 3


def find(context: Context) -> Iterator[Feature]:
    """Yield the most frequent words of the calibration places, for several cut-offs, and all other words."""
    tokens = context.tokens
    yield from named(tokens, "frequency", _bands(tokens))


def _bands(tokens: TokenTable) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    groups = grouped(tokens.key, tokens.is_word)
    learned = tokens.learned
    words = by_weight(list(groups), [float(learned[rows].sum()) for rows in groups.values()])
    for number in _COMMON:
        if number >= len(words):
            break
        common = np.zeros(len(tokens.key), np.bool_)
        for word in words[:number]:
            common[groups[word]] = True
        shown = ", ".join(words[:_SHOWN])
        yield f"the {number} commonest words: {shown}", common
        yield f"signs and the {number} commonest words: {shown}", common | ~tokens.is_word
        yield f"rarer words, beyond the {number} commonest", tokens.is_word & ~common
