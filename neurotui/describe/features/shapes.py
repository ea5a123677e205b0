"""The look of a token, whatever it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import regex

from neurotui.describe.features.protocol import Feature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from neurotui.describe.features.protocol import Context, Tokens

_YEAR = regex.compile(r"1[5-9]\d\d|20\d\d")
_LONG = 10


def _units(tokens: Tokens, test: Callable[[str], bool]) -> np.ndarray:
    known: dict[str, bool] = {}
    return np.array([known.setdefault(unit, bool(unit) and test(unit)) for unit in tokens.unit], np.bool_)


def _shapes(tokens: Tokens) -> Iterator[tuple[str, np.ndarray]]:
    number = _units(tokens, str.isdecimal)
    word = tokens.is_word
    whole = tokens.opens & tokens.closes
    yield "a number", number
    yield (
        "a word with a digit in it",
        _units(tokens, lambda unit: any(map(str.isdigit, unit)) and not unit.isdecimal()),
    )
    yield "a year", _units(tokens, lambda unit: bool(_YEAR.fullmatch(unit)))
    yield "one digit", _units(tokens, lambda unit: unit.isdecimal() and len(unit) == 1)
    yield "a sign, not a word", ~word
    yield "a capitalised word", _units(tokens, lambda unit: unit[0].isupper() and not unit.isupper())
    yield (
        "a capitalised word inside a sentence",
        (_units(tokens, lambda unit: unit[0].isupper() and not unit.isupper()) & ~tokens.starts),
    )
    yield "a word in capitals", _units(tokens, lambda unit: unit.isupper() and len(unit) > 1)
    yield "a single letter", _units(tokens, lambda unit: len(unit) == 1 and unit.isalpha())
    yield "a long word", _units(tokens, lambda unit: len(unit) >= _LONG and unit.isalpha())
    yield "a word of two or three letters", _units(tokens, lambda unit: 2 <= len(unit) <= 3 and unit.isalpha())
    yield "a word cut into pieces", word & ~whole
    yield "the first piece of a word", word & tokens.opens & ~tokens.closes
    yield "a later piece of a word", word & ~tokens.opens
    yield "the last piece of a word", word & ~tokens.opens & tokens.closes


def find(context: Context) -> Iterator[Feature]:
    """Yield the shapes that occur."""
    tokens = context.tokens
    for name, holds in _shapes(tokens):
        places = np.flatnonzero(holds)
        if tokens.enough(places):
            yield Feature("shape", name, places)
