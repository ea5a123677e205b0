"""Where in its text, or in its sentence, a token stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from neurotui.describe.features.protocol import named

if TYPE_CHECKING:
    from neurotui.describe.features.protocol import Context, Feature

_EARLY, _LATE = 5, 5


def find(context: Context) -> Iterator[Feature]:
    """Yield the positions that occur."""
    tokens = context.tokens
    holds = (
        ("the first token of a text", tokens.position == 0),
        ("the second token of a text", tokens.position == 1),
        (f"one of the first {_EARLY} tokens of a text", tokens.position < _EARLY),
        ("the last token of a text", tokens.from_end == 0),
        (f"one of the last {_LATE} tokens of a text", tokens.from_end < _LATE),
        ("the first word of a sentence", tokens.starts & tokens.is_word),
    )
    yield from named(tokens, "position", holds)
