"""The list of neurons: drawn line by line from columns in memory, whatever their number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from neurotui.tui.app_protocol import ink_of
from neurotui.tui.widgets.neuron_columns import COLUMNS, LABEL, LEAST_NEURON, Row, Widths, shared_widths
from neurotui.tui.widgets.scroll import LinePane
from neurotui.tui.widgets.text_layout import Piece, clickable, message_line, right, strip
from neurotui.types import STATES
from neurotui.wording import fitted, short

if TYPE_CHECKING:
    from textual import events
    from textual.strip import Strip

    from neurotui.review.orders import Sort
    from neurotui.review.state import ReviewState
    from neurotui.tui.styles import Ink

_HEADER = 1
_KEPT = 1024
_ORDERS = {"queue": "queue: worth deciding first"}


class NeuronList(LinePane, can_focus=True, inherit_bindings=False):
    """The rows of a ``ReviewState``. It holds nothing of its own except its scroll position."""

    @dataclass
    class Clicked(Message):
        """A row was clicked; ``place`` counts from the list's first."""

        place: int

    def __init__(self) -> None:
        super().__init__(id="list")
        self.review_state: ReviewState | None = None
        self.empty: tuple[str, str] = ("", "")
        self._neuron_width = LEAST_NEURON
        self._drawn_cursor = 0
        self._drawn: dict[object, Strip] = {}

    @property
    def rows_shown(self) -> int:
        """How many rows fit below the header."""
        return max(1, self.scrollable_content_region.height - _HEADER)

    def show(self, review_state: ReviewState) -> None:
        """Show another review state."""
        self.review_state = review_state
        self._drawn.clear()
        overview = review_state.overview
        if len(overview):
            widest = len(f"L{overview.layer.max()}.{overview.unit.max()}")
            self._neuron_width = max(widest, LEAST_NEURON)
        self.rows_changed()

    def rows_changed(self) -> None:
        """Redraw everything after the rows or their texts have changed."""
        self._follow_size()
        self.refresh()
        self._follow_cursor()

    def cursor_moved(self) -> None:
        """Redraw what a step of the cursor changes: two lines, or everything if it scrolls."""
        if self.review_state is None:
            return
        self.refresh_line(self._drawn_cursor + _HEADER)
        self._follow_cursor()
        self.refresh_line(self._drawn_cursor + _HEADER)

    def say(self, what: str, hint: str) -> None:
        """Show a message where there are no rows, and what to do."""
        self.empty = (what, hint)
        self.refresh()

    def on_resize(self) -> None:
        """Keep the cursor visible."""
        self._follow_size()
        self._follow_cursor()

    def on_focus(self) -> None:
        """Draw the cursor as focused."""
        self.refresh()

    def on_blur(self) -> None:
        """Draw the cursor as unfocused."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the row under the pointer."""
        place = event.y - _HEADER + self.scroll_offset.y
        if (
            event.button == 1
            and event.y >= _HEADER
            and self.review_state is not None
            and place < len(self.review_state)
        ):
            self.post_message(self.Clicked(place))

    def render_line(self, y: int) -> Strip:
        """Draw the header, a row, or what stands where there is none."""
        width = self.scrollable_content_region.width
        ink = ink_of(self)
        if self.review_state is None or not len(self.review_state):
            return message_line(self.empty, y, self.scrollable_content_region.size, ink)
        shared = shared_widths(width, self._neuron_width)
        if y < _HEADER:
            return self._header(width, shared, ink)
        place = y - _HEADER + self.scroll_offset.y
        if place >= len(self.review_state):
            return strip((), width, ink.text)
        return self._row(self.review_state, place, shared, ink)

    def _follow_size(self) -> None:
        rows = len(self.review_state) if self.review_state is not None else 0
        self.set_length(rows + _HEADER if rows else 0)

    def _follow_cursor(self) -> None:
        """Scroll just far enough to make the cursor visible."""
        if self.review_state is None:
            return
        cursor, shown = self.review_state.cursor, self.rows_shown
        self._drawn_cursor = cursor
        top = self.scroll_offset.y
        wanted = min(max(top, cursor - shown + 1), cursor)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, immediate=True, force=True)

    def _header(self, width: int, widths: Widths, ink: Ink) -> Strip:
        sort: Sort = self.review_state.sort if self.review_state else "layer"
        drawn = self._drawn.get((sort, widths, id(ink)))
        if drawn is not None:
            return drawn
        own = next(column for column in COLUMNS if sort in column.sorts)
        # An order whose column has no room is told where the label stands.
        chosen = own if own.room(widths) else LABEL
        pieces: list[Piece] = [("  ", ink.text)]
        for column in COLUMNS:
            room = column.room(widths)
            if room:
                told = column.title if column is own and sort not in _ORDERS else _ORDERS.get(sort, sort)
                text, style = (column.title, ink.faint)
                if column is chosen:
                    text, style = f"{short(told, room - 2)} ▾".strip(), ink.accent
                cells = right(text, room) if column.at_right(widths) else fitted(text, room)
                pieces += clickable([(cells, style)], f"sort_by('{column.sorts[-1]}')")
                pieces += [(" " * column.gap, ink.text)] if column.gap else []
        self._drawn[sort, widths, id(ink)] = strip(pieces, width, ink.text)
        return self._drawn[sort, widths, id(ink)]

    def _row(self, review_state: ReviewState, place: int, widths: Widths, ink: Ink) -> Strip:
        neuron_id = int(review_state.rows[place])
        here, marked = place == review_state.cursor, neuron_id in review_state.marked
        said, near = review_state.says(neuron_id), review_state.is_near(neuron_id)
        row = Row(review_state.overview, neuron_id, STATES[review_state.state[neuron_id]], said, near, here)
        # All that the line depends on: a list that scrolls draws one new line, not every line again.
        told = (neuron_id, row.state, said.short, said.grounds, near)
        seen = (*told, here, marked, self.has_focus and here, widths, id(ink))
        drawn = self._drawn.get(seen)
        if drawn is not None:
            return drawn
        pieces: list[Piece] = [
            ("▌" if here else " ", ink.accent if self.has_focus else ink.faint),
            ("•" if marked else " ", ink.accent),
        ]
        for column in COLUMNS:
            if column.room(widths):
                pieces += column.cells(row, widths, ink)
        pieces.append((" ", ink.text))
        if here:
            over = ink.cursor if self.has_focus else ink.away
            pieces = [(piece, style + over) for piece, style in pieces]
        if len(self._drawn) >= _KEPT:
            self._drawn.clear()
        self._drawn[seen] = strip(pieces, self.scrollable_content_region.width, ink.text)
        return self._drawn[seen]
