"""The look of a token, whatever it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import regex

from neurotui.describe.features.protocol import named

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.describe.features.protocol import Context, Feature, TokenTable

_YEAR = regex.compile(r"1[5-9]\d\d|20\d\d")
# From so many letters on a word is long.
_LONG = 10
# So many letters make a short one.
_SHORT = (2, 3)


def find(context: Context) -> Iterator[Feature]:
    """Yield the shapes that occur."""
    yield from named(context.tokens, "shape", holds(context.tokens))


def holds(tokens: TokenTable) -> list[tuple[str, NDArray[np.bool_]]]:
    """Return every shape's name, and which tokens have it: (tokens,)."""
    return [*_of_units(tokens), *_of_pieces(tokens)]


def _of_units(tokens: TokenTable) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Yield the shapes that a whole word or sign has."""

    def where(test: Callable[[str], bool]) -> NDArray[np.bool_]:
        known: dict[str, bool] = {unit: bool(unit) and test(unit) for unit in set(tokens.unit)}
        return np.array([known[unit] for unit in tokens.unit], np.bool_)

    capitalised = where(lambda unit: unit[0].isupper() and not unit.isupper())
    yield "a number", where(str.isdecimal)
    yield "a single digit", where(lambda unit: unit.isdecimal() and len(unit) == 1)
    yield "a year", where(lambda unit: _YEAR.fullmatch(unit) is not None)
    yield "letters and digits together", where(lambda unit: _has_digit(unit) and not unit.isdecimal())
    # What is no word may be a letter of a script that is written without spaces.
    yield "a punctuation mark or other sign", ~tokens.is_word & where(lambda unit: not unit[0].isalpha())
    yield "a capitalised word", capitalised
    yield "a capitalised word inside a sentence", capitalised & (tokens.in_sentence > 0)
    yield "a word in capitals", where(lambda unit: unit.isupper() and len(unit) > 1)
    yield "a single letter", where(lambda unit: len(unit) == 1 and unit.isalpha())
    yield "a long word", where(lambda unit: len(unit) >= _LONG and unit.isalpha())
    yield "a word of two or three letters", where(lambda unit: len(unit) in _SHORT and unit.isalpha())


def _of_pieces(tokens: TokenTable) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Yield the shapes of words that the tokenizer cuts into pieces, and of markup around a token."""
    word, opens, closes = tokens.is_word, tokens.opens, tokens.closes
    yield "a word in pieces", word & ~(opens & closes)
    yield "the first piece of a word", word & opens & ~closes
    yield "a later piece of a word", word & ~opens
    yield "the last piece of a word", word & ~opens & closes
    tag = [before == "<" and after == ">" for before, after in zip(tokens.before, tokens.after, strict=True)]
    yield "the name of a markup tag", np.array(tag, np.bool_)
    yield (
        "part of a web address",
        np.array(
            [
                key in {"http", "https", "www"} or before in {"://", "//", "www"} or "www" in (key, before)
                for key, before in zip(tokens.key, tokens.before, strict=True)
            ],
            np.bool_,
        ),
    )


def _has_digit(unit: str) -> bool:
    return any(map(str.isdigit, unit))
