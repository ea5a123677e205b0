"""Punctuation and other signs between words."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from neurotui.describe.features.protocol import grouped, of_enough

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neurotui.describe.features.protocol import Context, Feature

# What people call the signs whose Unicode names they would not know.
_CALLED = {
    ".": "full stop",
    "-": "hyphen",
    "(": "opening bracket",
    ")": "closing bracket",
    "[": "opening square bracket",
    "]": "closing square bracket",
    "/": "slash",
    "\\": "backslash",
    '"': "quotation mark",
    "'": "apostrophe",
    "\N{LEFT DOUBLE QUOTATION MARK}": "opening quotation mark",
    "\N{RIGHT DOUBLE QUOTATION MARK}": "closing quotation mark",
    "\N{LEFT SINGLE QUOTATION MARK}": "opening single quotation mark",
    "\N{RIGHT SINGLE QUOTATION MARK}": "closing single quotation mark",
    "...": "ellipsis",
    "--": "dash",
    "\N{EM DASH}": "dash",
    "\N{EN DASH}": "en dash",
    "&": "ampersand",
    "#": "number sign",
}


def find(context: Context) -> Iterator[Feature]:
    """Yield a feature for every sign, or run of one sign, that stands between words."""
    tokens = context.tokens
    groups = grouped(tokens.key, ~tokens.is_word)
    yield from of_enough(tokens, "sign", groups, lambda key, _: called(key))


def called(sign: str) -> str:
    """Return what people call a sign, and the sign itself: ``comma ,``; a letter is called by itself."""
    if sign[0].isalpha():
        return sign
    name = _CALLED.get(sign) or (unicodedata.name(sign, "").lower() if len(sign) == 1 else "")
    return f"{name} {sign}".strip()
