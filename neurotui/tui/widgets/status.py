"""The line above the footer: where one stands, what was saved, and the progress."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.widget import Widget

from neurotui.cell_widths import cell_len
from neurotui.review.counts import open_here
from neurotui.tui.app_protocol import ink_of
from neurotui.tui.styles import MARKS, state_style
from neurotui.tui.widgets.text_layout import Piece, shown, strip
from neurotui.wording import short

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.strip import Strip

    from neurotui.review.state import ReviewState
    from neurotui.tui.styles import Ink
    from neurotui.types import State

_LONGEST = 28
_BETWEEN = "    "
_HOURS_FROM = 120


class StatusText(NamedTuple):
    """The contents of the status line; texts must be sanitised already (``shown``)."""

    run: str
    model: str
    annotator: str
    saved: str
    trouble: bool = False
    accepted: str = ""
    at_work: str = ""
    filter: str = ""
    place: int = 0
    shown: int = 0
    neurons: int = 0
    order: str = ""
    marked: str = ""
    pace: str = ""
    progress: Mapping[State, int] | None = None

    def within(self, review_state: ReviewState, rate: float) -> StatusText:
        """Return the same with where the cursor stands in the rows that the filter shows."""
        return self._replace(
            filter=shown(review_state.filter.text),
            place=min(review_state.cursor + 1, len(review_state)),
            shown=len(review_state),
            neurons=len(review_state.overview),
            progress=review_state.progress(),
            order=review_state.sort,
            marked=_marked(review_state),
            pace=_pace(rate, open_here(review_state)) if rate else "",
        )


def _marked(review_state: ReviewState) -> str:
    """Say how many neurons are marked, and of how many deciding speaks now where the filter hides some."""
    if not review_state.marked:
        return ""
    every = len(review_state.marked)
    here = len(review_state.marked_here) if review_state.filter.terms else every
    return f"{every:,} marked" if here == every else f"{here:,} of {every:,} marked"


def _pace(rate: float, left: int) -> str:
    """Say how many neurons are decided a minute, and how long those that are `left` will take so."""
    minutes = left / rate
    rest = f"{minutes:.0f} min" if minutes < _HOURS_FROM else f"{minutes / 60:.0f} h"
    return f"{rate:.0f}/min, {rest} left"


class StatusLine(Widget):
    """Where one stands. What there is no room for is left out, the least needed first."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(id="status")
        self._standing: StatusText | None = None

    def show(self, standing: StatusText) -> None:
        """Show other contents."""
        if standing != self._standing:
            self._standing = standing
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        ink = ink_of(self)
        if y or self._standing is None:
            return strip((), self.size.width, ink.text)
        room = self.size.width - 2
        for spelled_out in (True, False):
            parts = _parts(self._standing, ink, spelled_out=spelled_out)
            if _length(parts) <= room:
                break
        while len(parts) > 1 and _length(parts) > room:
            parts.remove(max(parts, key=lambda part: part.yields))
        left, right = ([part for part in parts if part.right is side] for side in (False, True))
        gap = " " * max(0, room - _length(left) - _length(right))
        pieces = [(" ", ink.text), *_joined(left, ink), (gap, ink.text), *_joined(right, ink), (" ", ink.text)]
        return strip([(text, style + ink.bar) for text, style in pieces], self.size.width, ink.text + ink.bar)


class _Part(NamedTuple):
    """A part of the status line, how readily it gives way, and whether it stands at the right."""

    yields: int
    pieces: list[Piece]
    right: bool = False


def _parts(standing: StatusText, ink: Ink, *, spelled_out: bool) -> list[_Part]:
    """Return the parts in their order."""
    parts = [
        _Part(4, [(short(standing.run, _LONGEST), ink.text)]),
        _Part(7, [(short(standing.model, _LONGEST), ink.faint)]),
    ]
    if standing.filter:
        parts.append(_Part(1, [("/ ", ink.accent), (short(standing.filter, _LONGEST), ink.text)]))
    if standing.neurons:
        of = f" of {standing.neurons:,}" if standing.shown < standing.neurons else ""
        parts.append(
            _Part(3, [(f"{standing.place:,}", ink.text), (f" / {standing.shown:,}{of}", ink.muted)]),
        )
    if standing.marked:
        parts.append(_Part(1, [(f"• {standing.marked}", ink.accent)]))
    if standing.order:
        parts.append(_Part(8, [(f"by {standing.order}", ink.faint)]))
    if standing.at_work:
        parts.append(_Part(1, [(standing.at_work, ink.accent)], right=True))
    if standing.pace:
        parts.append(_Part(6, [(standing.pace, ink.faint)], right=True))
    if standing.progress is not None:
        parts.append(_Part(2, _progress(standing.progress, ink, spelled_out=spelled_out), right=True))
    parts.append(_Part(0, [(standing.saved, ink.bad if standing.trouble else ink.good)], right=True))
    if standing.accepted:
        parts.append(_Part(9, [(f"“{short(standing.accepted, _LONGEST)}”", ink.text)], right=True))
    parts.append(_Part(5, [(short(standing.annotator, _LONGEST), ink.faint)], right=True))
    return parts


def _progress(progress: Mapping[State, int], ink: Ink, *, spelled_out: bool) -> list[Piece]:
    states: list[State] = ["accepted", "rejected", "skipped", "open"]
    if progress.get("conflict"):
        states.insert(0, "conflict")
    pieces: list[Piece] = []
    for state in states:
        # The status line is read at a glance: nothing in it stands as far back as an open row's mark.
        style = ink.muted if state == "open" else state_style(ink, state)
        gap = "   " if pieces else ""
        name = f" {state}" if spelled_out else ""
        pieces.append((f"{gap}{MARKS[state]} {progress[state]:,}{name}", style))
    return pieces


def _joined(parts: list[_Part], ink: Ink) -> list[Piece]:
    pieces: list[Piece] = []
    for part in parts:
        pieces.extend([(_BETWEEN, ink.text)] if pieces else [])
        pieces.extend(part.pieces)
    return pieces


def _length(parts: list[_Part]) -> int:
    """Return the cells of these parts, with what stands between any two."""
    texts = sum(cell_len(text) for part in parts for text, _ in part.pieces)
    return texts + len(_BETWEEN) * max(0, len(parts) - 1)
