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


# A word of a term: with hyphens inside it, and with the signs of C++, C# and .NET; of numbers, years alone.
_IN_TERM = regex.compile(
    rf"(?:(?<!\S)\.(?=\p{{Lu}}\p{{Lu}}))?[\p{{L}}--[{_UNSPACED}]][\p{{L}}\p{{M}}\p{{N}}--[{_UNSPACED}]]*"
    rf"(?:['\N{{RIGHT SINGLE QUOTATION MARK}}-][\p{{L}}\p{{M}}\p{{N}}--[{_UNSPACED}]]+)*(?:\+\+|\#)?"
    r"|(?<![\p{L}\p{N}.,])[12]\p{Nd}{3}(?![\p{L}\p{N}]|[.,]\p{N})",
    regex.VERSION1,
)
_READ = regex.compile(r"\p{Latin}")
_LETTER = regex.compile(r"\p{L}")


class Unit(NamedTuple):
    """A word of a text, or a sign between words: its characters from `begin` to before `end`."""

    text: str
    begin: int
    end: int
    is_word: bool


def words(text: str) -> list[str]:
    """Return the words of a text as they are written, in order."""
    return [found[0] for found in _WORD.finditer(text)]


def terms(text: str) -> list[str]:
    """Return the words of a text that may be terms, in lower case, and the pairs of them with a space between.

    Single letters are none. Between the words of a pair stands nothing but space: no term reaches over a sign, or
    over a word that is none.
    """
    found, last, reach = [], "", -1
    for match in _IN_TERM.finditer(text):
        word = match[0].lower()
        if len(word) == 1:
            continue
        found.append(word)
        if reach >= 0 and text[reach : match.start()].isspace():
            found.append(f"{last} {word}")
        last, reach = word, match.end()
    return found


def is_latin(text: str) -> bool:
    """Say whether most letters of a text are of the Latin script; so for a text without letters."""
    return 2 * len(_READ.findall(text)) >= len(_LETTER.findall(text))


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
