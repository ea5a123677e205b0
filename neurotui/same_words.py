"""When two labels differ in wording alone: which words a label names, however it introduces and joins them."""

from __future__ import annotations

import re

from neurotui.spelling import compared

_COMMAS = re.compile(r"[,;/|]")
_JOINS = re.compile(r" (?:and|or|&) ")
_INTRODUCES = re.compile(r"(?:the|a|an) (?:words?|tokens?) (?=.)")
_QUOTES = (
    ('"', '"'),
    ("'", "'"),
    ("`", "`"),
    ("\N{LEFT DOUBLE QUOTATION MARK}", "\N{RIGHT DOUBLE QUOTATION MARK}"),
    ("\N{LEFT SINGLE QUOTATION MARK}", "\N{RIGHT SINGLE QUOTATION MARK}"),
    ("\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}", "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}"),
)


def words_of(label: str) -> frozenset[str]:
    """Return the words and phrases that a label names; two labels of the same differ in wording alone.

    Case, quotes around them, their order and "the word" before them do not count: the words "line" and "set" are
    the same as set, line. Anything that may be read otherwise counts: a number is not the word number, forms of
    know are not know, and of labels that name signs every sign does.
    """
    text = compared(label)
    parts = [part.strip() for part in _COMMAS.split(text)]
    if not all(any(map(str.isalnum, part)) for part in parts):
        return frozenset({text})
    return frozenset(_bare(word) for part in parts for word in _JOINS.split(_bare(part)))


def _bare(part: str) -> str:
    """Return a part of a label without the quotes around it and without what introduces it."""
    text = _INTRODUCES.sub("", part.strip(), count=1) if _INTRODUCES.match(part.strip()) else part.strip()
    within = text[1:-1].strip()
    quoted = any((text[:1], text[-1:]) == pair and not set(pair) & set(within) for pair in _QUOTES)
    return within if within and quoted else text
