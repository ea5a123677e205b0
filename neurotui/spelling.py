"""The one rule by which two spellings of a text are the same, for filters, names, labels and agreement.

Only comparisons use it: what is stored and shown is what was written.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_DOTLESS, _DOTTED = "\N{LATIN SMALL LETTER DOTLESS I}", "i\N{COMBINING DOT ABOVE}"


def compared(text: str) -> str:
    """Return a text as it is compared: NFKC, casefolded, every i with its dot, runs of white space as one space.

    Composed and decomposed letters, full width, ligatures and no-break spaces are then the same, and so are
    the dotted and the dotless i of Turkish: which of them a capital I stands for depends on the language.
    """
    if text.isascii():
        folded = text.casefold()
    else:
        folded = unicodedata.normalize("NFKC", text).casefold()
        folded = unicodedata.normalize("NFKC", folded.replace(_DOTLESS, "i").replace(_DOTTED, "i"))
    return " ".join(folded.split())


compared_name = lru_cache(maxsize=1024)(compared)
"""``compared``, for people's names: a journal of a hundred thousand decisions is by few."""
