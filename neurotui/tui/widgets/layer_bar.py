"""The whole run in one line: how much of each layer is described and reviewed, and the review's progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.widget import Widget

from neurotui.review.counts import shares_by_layer
from neurotui.tui.host import ink_of
from neurotui.tui.widgets.text_layout import Piece, strip
from neurotui.wording import percent

if TYPE_CHECKING:
    from textual.strip import Strip

    from neurotui.review.state import ReviewState
    from neurotui.tui.styles import Ink

_BLOCKS = "▁▂▃▄▅▆▇█"
_BAR = 20
_NUMBERED, _EVERY = 24, 5


class LayerLine(Widget):
    """The shares of each layer that are described and reviewed, and a progress bar for the whole run."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(id="layers")
        self._triage: ReviewState | None = None
        self._drawn: object = None

    def show(self, triage: ReviewState) -> None:
        """Show the progress of a review."""
        layer = int(triage.overview.layer[triage.current]) if triage.current is not None else -1
        drawn = (id(triage), layer, triage.taken)
        if drawn != self._drawn:
            self._triage, self._drawn = triage, drawn
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        ink = ink_of(self)
        triage = self._triage
        if y or triage is None or not len(triage.overview):
            return strip((), self.size.width, ink.text)
        left, right = _layers(triage, ink), _progress(triage, ink)
        room = self.size.width - 2
        gap = room - sum(cell_len(text) for text, _ in (*left, *right))
        if gap < 1:
            left, gap = [], room - sum(cell_len(text) for text, _ in right)
        return strip(
            [(" ", ink.text), *left, (" " * max(0, gap), ink.text), *right, (" ", ink.text)],
            self.size.width,
            ink.text,
        )


def _layers(triage: ReviewState, ink: Ink) -> list[Piece]:
    """Return the layers, the current one's number set off."""
    here = int(triage.overview.layer[triage.current]) if triage.current is not None else -1
    described, reviewed = shares_by_layer(triage)
    pieces: list[Piece] = [
        ("described", ink.accent),
        (" and ", ink.faint),
        ("reviewed", ink.good),
        (" by layer ", ink.faint),
    ]
    every = 1 if len(described) <= _NUMBERED else _EVERY
    for layer, (first, second) in enumerate(zip(described, reviewed, strict=True)):
        if layer % every == 0 or layer == here:
            pieces.append((f" {layer}", ink.strong if layer == here else ink.faint))
        pieces.extend([(_block(first), ink.accent), (_block(second), ink.good)])
    return pieces


def _progress(triage: ReviewState, ink: Ink) -> list[Piece]:
    neurons = len(triage.overview)
    share = (neurons - triage.progress()["open"]) / neurons
    done = round(share * _BAR)
    return [
        ("reviewed ", ink.faint),
        ("━" * done, ink.good),
        ("─" * (_BAR - done), ink.rule),
        (f" {percent(share)}", ink.muted),
    ]


def _block(share: float) -> str:
    """Return a share as the height of a block: what is there at all can be seen."""
    return _BLOCKS[min(len(_BLOCKS) - 1, int(share * len(_BLOCKS)))] if share > 0 else " "
