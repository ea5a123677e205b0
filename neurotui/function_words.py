"""Find the languages of texts, and leave out the function words of those that are not English.

Such words ("de", "und") stand in texts of all kinds, and the sentence encoder, which has learned English alone,
does not know that they say nothing. English texts keep theirs: the encoder knows, and names are refused them
elsewhere (`describe/not_in_names.txt`). The words of each language are those of the Stopwords ISO collection.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import normalize

from stopwordsiso import langs, stopwords

from neurotui.segmentation import terms, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ENGLISH = "en"
# A text is of the language whose list holds most of its words: at least this share, of at least so many words. The
# English list is by far the longest, so that of another language half as many words again must be held.
_SHARE, _FEWEST_WORDS, _THAN_ENGLISH = 0.2, 6, 1.5
# A language counts if it is that of this share of the texts whose language can be told. So many texts tell.
_OF_TEXTS, _MOST_READ = 0.05, 2_000
_APOSTROPHE, _TYPOGRAPHIC = "'", "\N{RIGHT SINGLE QUOTATION MARK}"


class FunctionWords(NamedTuple):
    """The languages of a data set by their ISO 639-1 codes, the most frequent first; none where not known."""

    languages: tuple[str, ...] = ()

    @classmethod
    def of(cls, texts: Sequence[str]) -> FunctionWords:
        """Find the languages of texts."""
        told = Counter(filter(None, map(_language, texts[:: len(texts) // _MOST_READ + 1])))
        return cls(tuple(code for code, number in told.most_common() if number >= _OF_TEXTS * told.total()))

    def terms(self, text: str) -> list[str]:
        """Return the terms of a text (see `segmentation.terms`) that hold no function word of its language.

        Articles and prepositions written at a word are taken off: "l'homme" gives "homme".
        """
        found = terms(text)
        language = self.language_of(text)
        if language == ENGLISH:
            return found
        empty = _words_of(language)
        return [told for term in found if (told := _without(term, empty))]

    def telling(self, names: Iterable[str]) -> list[str]:
        """Return those of some names that hold no function word of any language here but English."""
        empty = frozenset[str]().union(*(_words_of(code) for code in self.languages if code != ENGLISH))
        return [name for name in names if empty.isdisjoint(map(_written, name.casefold().split()))]

    def language_of(self, text: str) -> str:
        """Return which of the languages a text is of: English where none is known."""
        if not self.languages or self.languages == (ENGLISH,):
            return ENGLISH
        read = [_written(word.lower()) for word in words(text)]
        return max(self.languages, key=lambda code: sum(word in _words_of(code) for word in read))


def _language(text: str) -> str:
    """Return the language of a text, '' where it cannot be told."""
    read = [word for word in map(str.lower, words(text)) if len(word) > 1]
    if len(read) < _FEWEST_WORDS:
        return ""
    held = Counter(code for word in read for code in _codes().get(_written(word), ()))
    # Of equals English, whose list is the longest; the other way the lead must be clear.
    best = max(held, key=lambda code: (held[code], code == ENGLISH, code), default="")
    if held[best] < _SHARE * len(read):
        return ""
    return best if best == ENGLISH or held[best] >= _THAN_ENGLISH * held[ENGLISH] else ""


@cache
def _words_of(language: str) -> frozenset[str]:
    return frozenset(map(_written, stopwords(language)))


@cache
def _codes() -> dict[str, tuple[str, ...]]:
    """Return the languages of each function word."""
    found = defaultdict(list)
    for code in sorted(langs()):
        for word in _words_of(code):
            found[word].append(code)
    return {word: tuple(codes) for word, codes in found.items()}


def _written(word: str) -> str:
    return normalize("NFC", word).replace(_TYPOGRAPHIC, _APOSTROPHE)


def _without(term: str, empty: frozenset[str]) -> str:
    """Return a term without what is written at its first word; '' where a word of it is a function word."""
    first, *others = term.split()
    head, sign, tail = _written(first).partition(_APOSTROPHE)
    if sign and len(tail) > 1 and (len(head) == 1 or head in empty or head + sign in empty):
        first = tail
    for word in (first, *others):
        written = _written(word)
        parts = [part for joined in written.split(_APOSTROPHE) for part in joined.split("-")]
        if written in empty or all(len(part) < 2 or part in empty for part in parts):  # noqa: PLR2004 - a letter
            return ""
    if any(_written(word).partition(_APOSTROPHE)[0] in empty and _APOSTROPHE in _written(word) for word in others):
        return ""  # no phrase: "mort d'homme"
    return " ".join((first, *others))
