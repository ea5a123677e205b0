"""When two labels differ in wording alone: which words a label names, however it introduces and joins them."""

from __future__ import annotations

import re

from neurotui.spelling import compared

_BETWEEN = re.compile(r"[,;/|]+| (?:and|or|&) ")
_QUOTES = "\"'`\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}\
\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}\
\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}"
_INTRODUCES = ("the ", "a ", "an ", "word ", "words ", "token ", "tokens ", "form of ", "forms of ")


def words_of(label: str) -> frozenset[str]:
    """Return the words and phrases that a label names; two labels of the same differ in wording alone.

    Case, quotes, articles, order and what only introduces words do not count: the words "line" and "set" are the
    same as set, line, and forms of know as know. What would leave nothing is kept: the names just that.
    """
    text = compared(label)
    return frozenset(filter(None, map(_bare, _BETWEEN.split(f" {text} ")))) or frozenset({text})


def _bare(part: str) -> str:
    """Return a part of a label without quotes and without what introduces it."""
    text = part.strip().strip(_QUOTES).strip()
    begins = next((one for one in _INTRODUCES if text.startswith(one)), "")
    return _bare(text[len(begins) :]) or text if begins else text
