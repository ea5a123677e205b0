"""Where in its text, or in its sentence, a token stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurotui.describe.features.protocol import Feature

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neurotui.describe.features.protocol import Context

_EARLY, _LATE = 5, 5


def find(context: Context) -> Iterator[Feature]:
    """Yield the positions that occur."""
    tokens = context.tokens
    for name, holds in (
        ("the first token of a text", tokens.position == 0),
        ("the second token of a text", tokens.position == 1),
        (f"among the first {_EARLY} tokens of a text", tokens.position < _EARLY),
        ("the last token of a text", tokens.from_end == 0),
        (f"among the last {_LATE} tokens of a text", tokens.from_end < _LATE),
        ("the first word of a sentence", tokens.starts & tokens.is_word),
    ):
        places = np.flatnonzero(holds)
        if tokens.enough(places):
            yield Feature("position", name, places)
