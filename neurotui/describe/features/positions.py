"""Token features: the position of a token in its text or sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from neurotui.describe.features.protocol import named

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from neurotui.describe.features.protocol import Context, Feature, TokenTable

# How many tokens of a text are its first ones, and how many its last.
_EARLY = 5
_LATE = 5
# How many words begin a sentence.
_BEGINNING = 3


def find(context: Context) -> Iterator[Feature]:
    """Yield the positions that occur."""
    yield from named(context.tokens, "position", holds(context.tokens))


def holds(tokens: TokenTable) -> list[tuple[str, NDArray[np.bool_]]]:
    """Return every position's name, and which tokens are at it: (tokens,)."""
    beginning = tokens.is_word & (tokens.in_sentence < _BEGINNING)
    return [
        ("the first token of a text", tokens.position == 0),
        ("the second token of a text", tokens.position == 1),
        (f"one of the first {_EARLY} tokens of a text", tokens.position < _EARLY),
        ("the last token of a text", tokens.from_end == 0),
        (f"one of the last {_LATE} tokens of a text", tokens.from_end < _LATE),
        ("the first word of a sentence", tokens.is_word & (tokens.in_sentence == 0)),
        ("the second word of a sentence", tokens.is_word & (tokens.in_sentence == 1)),
        (f"one of the first {_BEGINNING} words of a sentence", beginning),
    ]
