"""Token features: the word or sign before a token's word, and the one after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from neurotui.describe.features.protocol import grouped, of_enough
from neurotui.describe.features.signs import called

if TYPE_CHECKING:
    from neurotui.describe.features.protocol import Context, Feature


def find(context: Context) -> Iterator[Feature]:
    """Yield a feature for every word or sign that comes right before a token's own, or right after."""
    tokens = context.tokens
    yield from of_enough(tokens, "before", grouped(tokens.before), lambda key, _: f"after {_quoted(key)}")
    yield from of_enough(tokens, "after", grouped(tokens.after), lambda key, _: f"before {_quoted(key)}")


def _quoted(unit: str) -> str:
    name = called(unit)
    if unit[0].isalnum() or name == unit:
        return f'"{unit}"'
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"
