"""The list of neurons: drawn line by line from columns in memory, whatever their number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from textual.message import Message
from textual.scroll_view import ScrollView

from neurotui.tui.host import ink_of
from neurotui.tui.styles import MARKS, grounds_style, state_style
from neurotui.tui.widgets.scroll import set_length
from neurotui.tui.widgets.text_layout import Piece, clickable, message_line, right, shown, strip
from neurotui.types import STATES
from neurotui.wording import fitted, percent, short

if TYPE_CHECKING:
    from rich.style import Style
    from textual import events
    from textual.strip import Strip

    from neurotui.review.description import Description
    from neurotui.review.state import ReviewState
    from neurotui.tui.styles import Ink

_HEADER = 1
_KEPT = 1024
_BAR = 8
_NUMBER = len("0.00")
_FIRES = 6
_WITH_FIRES = 50
_LEAST_NEURON = len("neuron ▾")
_LEAST_SCORE = len("score r ▾")
_LEAST_BAR, _LEAST_LABEL = 4, 16
_NEAR = "≈ "
_LABEL = "responds to · peak"
_SCORE = "score r"
# A peak word that is cut shorter says nothing.
_LEAST_PEAK = 8
# Orders without a column of their own are told where the label stands.
_SORTED_COLUMN = {
    "queue": _LABEL,
    "layer": "neuron",
    "score": _SCORE,
    "fires": "fires",
    "state": "",
    "label": _LABEL,
}
# What a click on a title sorts by: the last of the orders that are told there.
_SORTED_BY = {column: sort for sort, column in _SORTED_COLUMN.items() if column}
_ORDERS = {"queue": "queue: worth deciding first"}


class _Widths(NamedTuple):
    """How the columns share a row, in cells.

    ``bar`` is the part of ``score`` that is drawn as a line, or 0; ``fires`` is 0 where the column has no room.
    """

    neuron: int
    label: int
    score: int
    bar: int
    fires: int


class NeuronList(ScrollView, can_focus=True, inherit_bindings=False):
    """The rows of a ``ReviewState``. It holds nothing of its own except its scroll position."""

    ALLOW_SELECT = False

    @dataclass
    class Clicked(Message):
        """A row was clicked; ``place`` counts from the list's first."""

        place: int

    def __init__(self) -> None:
        super().__init__(id="list")
        self.triage: ReviewState | None = None
        self.empty: tuple[str, str] = ("", "")
        self._neuron_width = _LEAST_NEURON
        self._drawn_cursor = 0
        self._drawn: dict[object, Strip] = {}

    @property
    def rows_shown(self) -> int:
        """How many rows fit below the header."""
        return max(1, self.scrollable_content_region.height - _HEADER)

    def show(self, triage: ReviewState) -> None:
        """Show another review state."""
        self.triage = triage
        self._drawn.clear()
        overview = triage.overview
        if len(overview):
            widest = len(f"L{overview.layer.max()}.{overview.unit.max()}")
            self._neuron_width = max(widest, _LEAST_NEURON)
        self.rows_changed()

    def rows_changed(self) -> None:
        """Redraw everything after the rows or their texts have changed."""
        self._follow_size()
        self.refresh()
        self._follow_cursor()

    def cursor_moved(self) -> None:
        """Redraw what a step of the cursor changes: two lines, or everything if it scrolls."""
        if self.triage is None:
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
        if event.button == 1 and event.y >= _HEADER and self.triage is not None and place < len(self.triage):
            self.post_message(self.Clicked(place))

    def render_line(self, y: int) -> Strip:
        """Draw the header, a row, or what stands where there is none."""
        width = self.scrollable_content_region.width
        ink = ink_of(self)
        if self.triage is None or not len(self.triage):
            return message_line(self.empty, y, self.scrollable_content_region.size, ink)
        widths = self._widths(width)
        if y < _HEADER:
            return self._header(width, widths, ink)
        place = y - _HEADER + self.scroll_offset.y
        if place >= len(self.triage):
            return strip((), width, ink.text)
        return self._row(self.triage, place, widths, ink)

    def _follow_size(self) -> None:
        rows = len(self.triage) if self.triage is not None else 0
        set_length(self, rows + _HEADER if rows else 0)

    def _follow_cursor(self) -> None:
        """Scroll just far enough to make the cursor visible."""
        if self.triage is None:
            return
        cursor, shown = self.triage.cursor, self.rows_shown
        self._drawn_cursor = cursor
        top = self.scroll_offset.y
        wanted = min(max(top, cursor - shown + 1), cursor)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, immediate=True, force=True)

    def _widths(self, width: int) -> _Widths:
        fires = _FIRES + 2 if width >= _WITH_FIRES else 0
        taken = 4 + self._neuron_width + 2 + 2 + fires + 1
        bar = min(_BAR, width - taken - _NUMBER - 1 - _LEAST_LABEL)
        bar = bar if bar >= _LEAST_BAR else 0
        score = _NUMBER + 1 + bar if bar else _LEAST_SCORE
        return _Widths(self._neuron_width, max(4, width - taken - score), score, bar, fires)

    def _header(self, width: int, widths: _Widths, ink: Ink) -> Strip:
        triage = self.triage
        sort = triage.sort if triage else "layer"
        # A column without room is told where the label stands.
        chosen = _SORTED_COLUMN[sort] if widths.fires or sort != "fires" else _LABEL

        def title(name: str, room: int, *, at_right: bool = False) -> Piece:
            told = name if name == _SORTED_COLUMN[sort] and sort not in _ORDERS else _ORDERS.get(sort, sort)
            text, style = (f"{short(told, room - 2)} ▾", ink.accent) if name == chosen else (name, ink.faint)
            cells = right(text, room) if at_right else fitted(text, room)
            return clickable([(cells, style)], f"sort_by('{_SORTED_BY[name]}')")[0]

        state = ("▾" if triage and triage.sort == "state" else " ", ink.accent)
        return strip(
            (
                ("  ", ink.text),
                *clickable([state, (" ", ink.text)], "sort_by('state')"),
                title("neuron", widths.neuron + 2),
                title(_LABEL, widths.label),
                ("  ", ink.text),
                title(_SCORE, widths.score, at_right=not widths.bar),
                *([title("fires", widths.fires, at_right=True)] if widths.fires else []),
            ),
            width,
            ink.text,
        )

    def _row(self, triage: ReviewState, place: int, widths: _Widths, ink: Ink) -> Strip:
        neuron_id = int(triage.rows[place])
        overview = triage.overview
        state = STATES[triage.state[neuron_id]]
        said = triage.says(neuron_id)
        mark = state_style(ink, state)
        label_style = ink.faint if state == "rejected" else grounds_style(ink, said.grounds)
        score = float(overview.score[neuron_id])
        described = bool(overview.described[neuron_id])
        here, marked = place == triage.cursor, neuron_id in triage.marked
        # All that the line depends on: a list that scrolls draws one new line, not every line again.
        told = (neuron_id, state, said.short, said.grounds, triage.is_near(neuron_id))
        seen = (*told, here, marked, self.has_focus and here, widths, id(ink))
        drawn = self._drawn.get(seen)
        if drawn is not None:
            return drawn
        pieces: list[Piece] = [
            ("▌" if here else " ", ink.accent if self.has_focus else ink.faint),
            ("•" if marked else " ", ink.accent),
            (f"{MARKS[state]} ", mark),
            (fitted(str(overview.neuron(neuron_id)), widths.neuron + 2), ink.strong if here else ink.muted),
            *self._label(said, neuron_id, widths.label + 2, label_style, ink),
            *_score(score, widths, ink, described=described),
            (right(percent(float(overview.firing_rate[neuron_id])), widths.fires)[: widths.fires], ink.muted),
            (" ", ink.text),
        ]
        if here:
            over = ink.cursor if self.has_focus else ink.away
            pieces = [(piece, style + over) for piece, style in pieces]
        if len(self._drawn) >= _KEPT:
            self._drawn.clear()
        self._drawn[seen] = strip(pieces, self.scrollable_content_region.width, ink.text)
        return self._drawn[seen]

    def _label(self, said: Description, neuron_id: int, room: int, style: Style, ink: Ink) -> list[Piece]:
        """Return what is said of a neuron, and in grey the word at which most of its top exemplars peak.

        A sign before it tells what was found by its meaning alone.
        """
        if self.triage is not None and self.triage.is_near(neuron_id):
            rest = self._said(said, neuron_id, room - cell_len(_NEAR), style, ink)
            return [(_NEAR, ink.faint), *rest]
        return self._said(said, neuron_id, room, style, ink)

    def _said(self, said: Description, neuron_id: int, room: int, style: Style, ink: Ink) -> list[Piece]:
        text = short(shown(said.short) or "—", room - 2)
        overview = self.triage.overview if self.triage is not None else None
        word = overview.peak_word(neuron_id) if overview is not None else ""
        peaks = int(overview.peak_count[neuron_id]) if overview is not None else 0
        rest = room - cell_len(text)
        if not word or said.side < 0 or rest < _LEAST_PEAK:
            return [(fitted(text, room), style)]
        # A sign's name ends in the sign, a word's is the word: neither is told twice.
        same = shown(word).casefold() == text.casefold().rpartition(" ")[2]
        peak = f" · {peaks}" if same else f" · {shown(word)} {peaks}"
        return [(text, style), (fitted(short(peak, rest - 2), rest), ink.faint)]


def _score(score: float, widths: _Widths, ink: Ink, *, described: bool) -> list[Piece]:
    """Return the correlation as a number and, on a scale from 0 to 1, as a line."""
    if not math.isfinite(score):
        return [(fitted(right("—", _NUMBER if widths.bar else widths.score), widths.score), ink.faint)]
    strong = ink.accent if described else ink.faint
    number = (f"{score:.2f}", ink.text if described else ink.faint)
    if not widths.bar:
        return [(right(number[0], widths.score), number[1])]
    halves = round(max(0.0, min(1.0, score)) * 2 * widths.bar)
    line = "━" * (halves // 2) + "╸" * (halves % 2)
    return [number, (" ", ink.text), (fitted(line, widths.bar), strong)]
