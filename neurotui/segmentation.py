"""Find the words of a text, and the word to which each of its tokens belongs.

A word is a run of letters, marks and digits, with apostrophes inside it. Words of scripts written without spaces
between them cannot be found this way: their characters belong to no word.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

import regex

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_WORD = regex.compile(
    rf"[\p{{L}}\p{{N}}--[{_UNSPACED}]]"
    rf"(?:[\p{{L}}\p{{N}}\p{{M}}--[{_UNSPACED}]]|(?<=\p{{L}})['\N{{RIGHT SINGLE QUOTATION MARK}}](?=\p{{L}}))*",
    regex.VERSION1,
)
# A sign between words: one character, possibly repeated.
_UNIT = regex.compile(rf"{_WORD.pattern}|(\S)\1*", regex.VERSION1)


class Unit(NamedTuple):
    """A word of a text, or a sign between words: its characters from `begin` to before `end`."""

    text: str
    begin: int
    end: int
    is_word: bool


def words(text: str) -> list[str]:
    """Return the words of a text as they are written, in order."""
    return [found[0] for found in _WORD.finditer(text)]


def units(text: str) -> list[Unit]:
    """Return the words of a text and the signs between them, in order."""
    return [Unit(found[0], found.start(), found.end(), found[1] is None) for found in _UNIT.finditer(text)]


def unit_of_tokens(found: Sequence[Unit], ends: Sequence[int]) -> list[int]:
    """Return, for each token of a text, the index of the unit that it is part of; -1 for none.

    `ends` says where each token ends, in characters; a token begins where the one before it ends. If a token
    covers several units, the last one counts.
    """
    begins = [unit.begin for unit in found]
    placed, begin = [], 0
    for end in ends:
        number = bisect_left(begins, end) - 1
        placed.append(number if number >= 0 and found[number].end > begin and end > begin else -1)
        begin = end
    return placed
