"""How many cells a text takes in a terminal: the one place that says so.

Terminals disagree about the marks of Indic and other scripts that stand beside their letter (Unicode's Mc):
xterm, VTE, tmux and the C library give each a cell; kitty gives none, nor does rich, by which Textual lays out.
They get a cell here, in rich's own table: nothing is drawn over them. ``shown`` of ``tui/widgets/text_layout.py``
takes joined emoji apart, whose width terminals disagree about too; ``tui/column_anchors.py`` mends the rest.
"""

from __future__ import annotations

import unicodedata

from rich._unicode_data import load
from rich.cells import cached_cell_len, cell_len, get_character_cell_size, set_cell_size

__all__ = ["LINKS", "SPACING_MARKS", "cell_len", "get_character_cell_size", "set_cell_size"]

# The combining class of what joins a letter to the next; no script lies from the second on.
_JOINS, _NO_SCRIPT = 9, 0xE0000


def _marks() -> tuple[frozenset[str], frozenset[str]]:
    """Return the marks to which rich gives no cell and others do, and those that link two letters."""
    ranges = [(first, last) for first, last, cells in load("auto").widths if not cells and last < _NO_SCRIPT]
    unseen = [chr(code) for first, last in ranges for code in range(first, last + 1)]
    spacing = frozenset(one for one in unseen if unicodedata.category(one) == "Mc")
    return spacing, frozenset(one for one in unseen if unicodedata.combining(one) == _JOINS)


def _give_cells(marks: frozenset[str]) -> None:
    """Give each of some characters a cell in rich's table, of which all its measures are made."""
    widths = load("auto").widths
    if not isinstance(widths, list):
        return
    changed: list[tuple[int, int, int]] = []
    for first, last, cells in widths:
        begin = first
        for code in range(first, last + 1) if not cells else ():
            if chr(code) in marks:
                changed += [(begin, code - 1, cells)] if begin < code else []
                changed.append((code, code, 1))
                begin = code + 1
        changed += [(begin, last, cells)] if begin <= last else []
    widths[:] = changed
    cached_cell_len.cache_clear()
    get_character_cell_size.cache_clear()


SPACING_MARKS, LINKS = _marks()
"""The marks that take a cell beside their letter, and those that join two letters into one sign."""
_give_cells(SPACING_MARKS)
