"""What can be a name: a noun phrase as a person would write it, not a clause and not a fragment."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files

import regex
from snowballstemmer import stemmer

_STEM = stemmer("english").stemWord
_MOST_WORDS, _MOST_CHARACTERS = 4, 40
_LETTERS = r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*"
NAME_WORD = regex.compile(
    rf"(?:(?<!\S)\.(?=\p{{Lu}}\p{{Lu}}|net\b))?{_LETTERS}"
    rf"(?:['\N{{RIGHT SINGLE QUOTATION MARK}}&./+-]{_LETTERS})*[+#]*"
)
"""A word of a name: letters, marks and digits, with signs inside it, and C++, C# and .NET whole."""
_YEAR = regex.compile(r"[12]\d{3}", regex.ASCII)

_ARTICLES = frozenset({"a", "an", "the"})
# Words that may stand within a name, but neither begin nor end it.
_JOINING = frozenset(
    {"and", "at", "by", "for", "from", "in", "of", "on", "or", "over", "the", "to", "under", "versus", "vs"}
    | {"with", "without"}
)
# Words that make a clause or a fragment of whatever they stand in.
_NOT_IN_NAMES = frozenset((files("neurotui.describe") / "not_in_names.txt").read_text(encoding="utf-8").split())


def tidy(name: str) -> str:
    """Return a candidate as a name: without leading articles and outer punctuation; '' where it is none.

    No name: a clause or a fragment (it holds a verb form, a pronoun or the like), function words alone, a word
    that is repeated, more than four words, or nothing but digits that are no year.
    """
    words = NAME_WORD.findall(name.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    while words and words[0].casefold() in _ARTICLES:
        words = words[1:]
    folded = [word.casefold() for word in words]
    if not 1 <= len(words) <= _MOST_WORDS or len(name) > _MOST_CHARACTERS:
        return ""
    if len(set(stems(folded))) < len(folded) or not _NOT_IN_NAMES.isdisjoint(folded):
        return ""
    outer = {folded[0], folded[-1]}
    telling = (len(word) > 1 and (not word.isnumeric() or _YEAR.fullmatch(word)) for word in folded)
    if outer & _JOINING or not any(telling):
        return ""
    return " ".join(words)


def stems(words: Iterable[str]) -> list[str]:
    """Return the English stems (Porter 2) of words, which leaves words of most other languages as they are."""
    return [_STEM(word) for word in words]


def alike(name: str) -> tuple[str, ...]:
    """Return what two spellings of one name have in common."""
    return tuple(sorted(stems(name.casefold().replace("-", " ").split())))
