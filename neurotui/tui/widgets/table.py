"""Rows with a cursor, in any number: only the visible ones are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from textual.geometry import Size
from textual.message import Message

from neurotui.tui.app_protocol import ink_of
from neurotui.tui.widgets.scroll import LinePane
from neurotui.tui.widgets.text_layout import Piece, message_line, strip

if TYPE_CHECKING:
    from textual import events
    from textual.strip import Strip

    from neurotui.tui.styles import Ink

_HEADER = 1
MARGIN = 2
"""The cells before every row, where the cursor's mark stands."""


class Table(Protocol):
    """The source of a table's rows. The texts that it returns must be sanitised already (``shown``)."""

    def header(self, width: int, ink: Ink) -> list[Piece]:
        """Return the names of the columns, for `width` cells."""

    def row(self, place: int, width: int, ink: Ink) -> list[Piece]:
        """Return a row, counted from 0, for `width` cells."""


class RowList(LinePane, can_focus=True, inherit_bindings=False):
    """The rows of a table. It holds their number, the cursor, and its scroll position."""

    class Clicked(Message):
        """The cursor went to a row that was clicked."""

    def __init__(self, table: Table) -> None:
        super().__init__(classes="rows")
        self._table = table
        self._message = ("", "")
        self.count = 0
        self.cursor = 0

    @property
    def page(self) -> int:
        """How many rows fit below the header."""
        return max(1, self.scrollable_content_region.height - _HEADER)

    def show(self, count: int, cursor: int = 0) -> None:
        """Show this many rows, with the cursor on one of them."""
        self.count = count
        self.cursor = max(0, min(cursor, count - 1))
        self._follow()

    def say(self, what: str, hint: str) -> None:
        """Show a message and a hint instead of rows; both are sanitised here."""
        self._message = (what, hint)
        self.show(0)

    def go(self, place: int) -> None:
        """Put the cursor on a row, or on the nearest there is."""
        self.show(self.count, place)

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._follow()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row under the pointer."""
        place = event.y - _HEADER + self.scroll_offset.y
        if event.button == 1 and event.y >= _HEADER and place < self.count:
            self.go(place)
            self.post_message(self.Clicked())

    def render_line(self, y: int) -> Strip:
        """Draw the header, a row, or what stands where there is none."""
        width = self.scrollable_content_region.width
        ink = ink_of(self)
        if not self.count:
            return message_line(self._message, y, self.scrollable_content_region.size, ink)
        margin = (" " * MARGIN, ink.text)
        if y < _HEADER:
            return strip([margin, *self._table.header(width - MARGIN, ink)], width, ink.text)
        place = y - _HEADER + self.scroll_offset.y
        if place >= self.count:
            return strip((), width, ink.text)
        pieces = self._table.row(place, width - MARGIN, ink)
        if place != self.cursor:
            return strip([margin, *pieces], width, ink.text)
        here = [(text, style + ink.cursor) for text, style in [("▌ ", ink.accent), *pieces]]
        return strip(here, width, ink.text + ink.cursor)

    def _follow(self) -> None:
        """Scroll just as far as the cursor's row needs."""
        self.virtual_size = Size(self.scrollable_content_region.width, self.count + _HEADER)
        top = self.scroll_offset.y
        wanted = max(self.cursor - self.page + 1, min(top, self.cursor))
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, immediate=True, force=True)
        self.refresh()
