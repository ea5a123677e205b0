"""Whole words, whatever their case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.describe.features.protocol import commonest, grouped, of_enough

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neurotui.describe.features.protocol import Context, Feature


def find(context: Context) -> Iterator[Feature]:
    """Yield a feature for every word: it holds at all tokens of the word, under its commonest spelling."""
    tokens = context.tokens
    groups = grouped(tokens.key, tokens.is_word)
    learned = tokens.learned
    yield from of_enough(tokens, "word", groups, lambda _, rows: commonest(tokens.unit, rows, learned))
