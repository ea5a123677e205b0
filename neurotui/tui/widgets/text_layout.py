"""Build strips of a given width from styled text, counting terminal cells."""

from __future__ import annotations

from string import ascii_uppercase
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from neurotui.cell_widths import cell_len
from neurotui.sanitize import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.geometry import Size

    from neurotui.tui.styles import Ink

Piece = tuple[str, Style]

LONGEST_NAME = 32
"""Cells for a name that stands among other things."""

CLICK = "neurotui.click"
"""The key of a style's meta under which a click finds the action of the Browse screen that it is to do."""

# What terminals disagree about is left out: what joins emoji, picks their style or their skin; flags are letters.
_OF_ONE_WIDTH: dict[int, str | None] = {
    **dict.fromkeys((0x200D, 0xFE0E, 0xFE0F, *range(0x1F3FB, 0x1F400))),
    **{0x1F1E6 + place: letter for place, letter in enumerate(ascii_uppercase)},
}


class Page:
    """Lines of one width, one below the other. Text must be fit for a line already (``shown``).

    A line is made into a strip when somebody looks at it: most of a long page is never in sight.
    """

    def __init__(self, width: int, ink: Ink) -> None:
        self.width = width
        self.ink = ink
        self._lines: list[Strip | Callable[[], Sequence[Piece]]] = []

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, place: int) -> Strip:
        line = self._lines[place]
        if not isinstance(line, Strip):
            line = self._lines[place] = strip(line(), self.width, self.ink.text)
        return line

    @property
    def strips(self) -> list[Strip]:
        """Every line."""
        return [self[place] for place in range(len(self))]

    def line(self, *pieces: Piece) -> None:
        """Add a line, cut or filled to the width."""
        self._lines.append(lambda: pieces)

    def line_of(self, pieces: Callable[[], Sequence[Piece]]) -> None:
        """Add a line whose pieces are made only when it is drawn."""
        self._lines.append(pieces)

    def blank(self) -> None:
        """Add an empty line."""
        self.line()

    def heading(self, title: str, note: str = "") -> None:
        """Add a section's title on a thin rule, with an aside at its end."""
        room = self.width - cell_len(title) - 3
        aside = f" {note}" if note and cell_len(note) + 4 <= room else ""
        rule = "─" * max(0, room - cell_len(aside))
        self.line((f" {title} ", self.ink.muted), (rule, self.ink.rule), (aside, self.ink.faint))

    def paragraph(self, text: str, style: Style, indent: int = 1) -> None:
        """Add text, wrapped at spaces."""
        for row in wrapped(text, max(1, self.width - indent - 1)):
            self.line((" " * indent + row, style))


def shown(text: str) -> str:
    """Return any text as a line may hold it: made visible, joined emoji side by side, flags as their letters.

    Terminals disagree about how wide joined characters are: a line with one would end elsewhere on each.
    """
    return visible(text).translate(_OF_ONE_WIDTH)


def strip(pieces: Sequence[Piece], width: int, fill: Style) -> Strip:
    """Return one line of exactly `width` cells."""
    segments: list[Segment] = []
    left = width
    for text, style in pieces:
        cells = cell_len(text)
        if cells > left:
            segments += [Segment(text, style).split_cells(left)[0]] if left else []
            left = 0
            break
        if text:
            segments.append(Segment(text, style))
            left -= cells
    if left:
        segments.append(Segment(" " * left, fill))
    return Strip(segments, width)


def message_line(message: tuple[str, str], y: int, size: Size, ink: Ink) -> Strip:
    """Return line `y` of a pane that holds only a message and a hint."""
    what, hint = (wrapped(shown(text), max(1, size.width - 4)) if text else [] for text in message)
    lines = len(what) + len(hint)
    place = y - max(0, min(max(1, size.height // 3), size.height - lines))
    if not 0 <= place < lines:
        return strip((), size.width, ink.text)
    text = [*what, *hint][place]
    pad = " " * ((size.width - cell_len(text)) // 2)
    return strip(((pad + text, ink.muted if place < len(what) else ink.faint),), size.width, ink.text)


def clickable(pieces: list[Piece], action: str) -> list[Piece]:
    """Return pieces on which a click does an action of the screen, as in ``do('accept')``."""
    click = Style(meta={CLICK: action})
    return [(text, style + click) for text, style in pieces]


def right(text: str, width: int) -> str:
    """Return `text` at the right of `width` cells."""
    return " " * max(0, width - cell_len(text)) + text


def wrapped(text: str, width: int) -> list[str]:
    """Return `text` in rows of at most `width` cells, broken at spaces where it can be."""
    rows, row = [], ""
    for word in text.split(" "):
        candidate = f"{row} {word}" if row else word
        if cell_len(candidate) <= width:
            row = candidate
            continue
        if row:
            rows.append(row)
        *whole, row = chopped(word, width)
        rows.extend(whole)
    return [*rows, row]


def chopped(word: str, width: int) -> list[str]:
    """Return a word in pieces of at most `width` cells; at least one, and none lost."""
    pieces = [""]
    for character in word:
        if pieces[-1] and cell_len(pieces[-1] + character) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces
