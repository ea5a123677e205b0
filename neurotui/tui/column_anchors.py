"""Keep columns in their places where terminals disagree about how wide a text is.

Indic syllables, joined and new emoji, Hangul letters and the like take a cell more or less, terminal by terminal.
What we write is watched for them: the cells that such a cluster has in our layout are blanked, it is written, and
the cursor is put where it ends in our layout. A terminal that draws it wider or narrower moves nothing after it.
"""

from __future__ import annotations

import re
import unicodedata

from neurotui.cell_widths import LINKS, SPACING_MARKS, cell_len, get_character_cell_size

_JOINER, _FIRST_NOT_LATIN = "\N{ZERO WIDTH JOINER}", "\u0300"
_LINKS = LINKS | {_JOINER}
# What terminals measure otherwise in a cluster: marks beside letters, links, joiners, vowels and finals of Hangul,
# the vowel AM of Thai and Lao, styles; and signs and pictures that became wide in one Unicode or another: of the
# older ones only these, as our own marks of states stand among the others, in everything that we write.
_SIGNS = "".join(
    chr(code)
    for first, last in ((0x231A, 0x23FF), (0x2600, 0x27BF), (0x2B1B, 0x2B55))
    for code in range(first, last + 1)
    if unicodedata.east_asian_width(chr(code)) == "W"
)
_CHARACTERS = SPACING_MARKS | _LINKS | set(_SIGNS)
_IN_BASIC_PLANE = (
    "\u0e33\u0eb3\u1160-\u11ff\u200c\u20e3\u3164\u3248-\u324f\u4dc0-\u4dff\ud7b0-\ud7ff\ufe00-\ufe0f\uffa0"
)
_BEYOND = "\U0001d300-\U0001d37f\U0001f000-\U0001faff"
_LAST_BASIC = "\uffff"
# Two patterns, as Python looks one up in a table only if it stays within the first 65,536 characters: everything
# that is drawn is searched, and a single pattern took a tenth of the time of a key.
_DOUBTFUL_BASIC = re.compile(
    f"[{''.join(sorted(re.escape(one) for one in _CHARACTERS if one <= _LAST_BASIC))}{_IN_BASIC_PLANE}]"
)
_DOUBTFUL_BEYOND = re.compile(
    f"[{''.join(sorted(re.escape(one) for one in _CHARACTERS if one > _LAST_BASIC))}{_BEYOND}]"
)
_IS_BEYOND = re.compile("[\U00010000-\U0010ffff]")
# Where the cursor is put, any other sequence, the end of a line, and text.
_PART = re.compile(r"\x1b\[(\d+);(\d+)H|(\x1b\[[0-?]*[ -/]*[@-~]|\x1b[^\[])|([\x00-\x1f])|([^\x00-\x1f]+)")


def anchored(data: str) -> str:
    """Return what is written to a terminal, with the cursor put in its place after all that is doubtful."""
    if not _is_doubtful(data):
        return data
    written: list[str] = []
    row = column = 0  # from 1; 0 where it is not known
    for part in _PART.finditer(data):
        to_row, to_column, _, control, text = part.groups()
        if to_row:
            row, column = int(to_row), int(to_column)
        elif control:
            row = column = 0
        if text is None:
            written.append(part[0])
            continue
        if not row or not _is_doubtful(text):
            written.append(text)
            column += cell_len(text)
            continue
        for cluster in _clusters(text):
            cells = sum(map(get_character_cell_size, cluster))
            if _is_doubtful(cluster):
                begin, end = (f"\x1b[{row};{place}H" for place in (column, column + cells))
                cluster = f"{' ' * cells}{begin}{cluster}{end}"  # noqa: PLW2901 - the same, put in its place
            written.append(cluster)
            column += cells
    return "".join(written)


def _is_doubtful(text: str) -> bool:
    if _DOUBTFUL_BASIC.search(text):
        return True
    return bool(_IS_BEYOND.search(text) and _DOUBTFUL_BEYOND.search(text))


def _clusters(text: str) -> list[str]:
    """Return a text in pieces: a letter with its marks and what is linked to it, or what stands between such."""
    found = [""]
    for character in text:
        before = found[-1][-1:]
        beside = character in SPACING_MARKS or not get_character_cell_size(character)
        linked = before in _LINKS and character >= _FIRST_NOT_LATIN
        if before and (beside or linked or (character < _FIRST_NOT_LATIN and before < _FIRST_NOT_LATIN)):
            found[-1] += character
        else:
            found.append(character)
    return [one for one in found if one]
