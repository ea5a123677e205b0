"""The whole run in one line: how much of each layer is described and reviewed, and the review's progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

from neurotui.cell_widths import cell_len
from neurotui.review.counts import shares_by_layer
from neurotui.tui.app_protocol import ink_of
from neurotui.tui.widgets.text_layout import Piece, strip
from neurotui.wording import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.strip import Strip

    from neurotui.review.state import ReviewState
    from neurotui.tui.styles import Ink

Shares = tuple[list[float], list[float]]
"""Of each layer, the share (0 to 1) of its neurons that are described, and that are reviewed."""

_BLOCKS = "▁▂▃▄▅▆▇█"
SCALE = "  █ all"
"""The scale of the blocks: a full one is all neurons of a layer."""

_BAR = 20
_NUMBERED, _EVERY = 24, 5
_FULL_LEGEND = ("described", " and ", "reviewed", " by layer ")
_SHORT_LEGEND = ("", "", "", "")
# A rule shorter than this is a stray sign.
_RULED = 6


class LayerLine(Widget):
    """The shares of each layer that are described and reviewed, and a progress bar for the whole run."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(id="layers")
        self._review_state: ReviewState | None = None
        self._drawn: object = None
        # Of half a million neurons they take longer to count than all else that a key brings about.
        self._shares: Shares = [], []
        self._counted: object = None

    def show(self, review_state: ReviewState) -> None:
        """Show the progress of a review."""
        layer = int(review_state.overview.layer[review_state.current]) if review_state.current is not None else -1
        drawn = (id(review_state), layer, review_state.taken)
        if drawn != self._drawn:
            self._review_state, self._drawn = review_state, drawn
            if (id(review_state), review_state.taken) != self._counted:
                self._shares, self._counted = shares_by_layer(review_state), (id(review_state), review_state.taken)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        ink = ink_of(self)
        review_state = self._review_state
        if y:
            return strip((), self.size.width, ink.text)
        if review_state is None or not len(review_state.overview):
            # Where it is the rule between the panes it is one already.
            return strip(((" " + "─" * (self.size.width - 2), ink.rule),), self.size.width, ink.text)
        room = self.size.width - 2
        left, right = _fitting(review_state, self._shares, ink, room)
        # In a narrow terminal the line parts the panes: it is drawn through.
        gap = room - _length(left) - _length(right)
        between = f" {'─' * (gap - 2)} " if gap > _RULED else " " * max(0, gap)
        pieces = [(" ", ink.text), *left, (between, ink.rule), *right, (" ", ink.text)]
        return strip(pieces, self.size.width, ink.text)


def _fitting(review_state: ReviewState, shares: Shares, ink: Ink, room: int) -> tuple[list[Piece], list[Piece]]:
    """Return the layers and the progress, with as many words as there is room for; the layers stay longest."""
    layers = len(shares[0])
    every = (1, _EVERY) if layers <= _NUMBERED else (_EVERY, 2 * _EVERY)
    for numbered in every:
        for legend in (_FULL_LEGEND, _SHORT_LEGEND):
            for bar in (_BAR, _BAR // 2, 0):
                left = _layers(review_state, shares, ink, legend, numbered)
                right = _progress(review_state, ink, bar)
                if _length(left) + _length(right) < room:
                    return left, right
    for numbered in (every[-1], layers):
        left = _layers(review_state, shares, ink, _SHORT_LEGEND, numbered)
        if _length(left) <= room:
            return left, []
    return [], _progress(review_state, ink, 0)


def _layers(review_state: ReviewState, shares: Shares, ink: Ink, legend: Sequence[str], every: int) -> list[Piece]:
    """Return the layers, `every` so many numbered and the current one's number set off, with their scale."""
    here = int(review_state.overview.layer[review_state.current]) if review_state.current is not None else -1
    pieces: list[Piece] = list(zip(legend, (ink.accent, ink.faint, ink.good, ink.faint), strict=True))
    pieces = [(text, style) for text, style in pieces if text]
    for layer, (first, second) in enumerate(zip(*shares, strict=True)):
        if layer % every == 0 or layer == here:
            pieces.append((f" {layer}", ink.strong if layer == here else ink.faint))
        pieces.extend([(_block(first), ink.accent), (_block(second), ink.good)])
    return [*pieces, (SCALE, ink.faint)]


def _progress(review_state: ReviewState, ink: Ink, bar: int) -> list[Piece]:
    neurons = len(review_state.overview)
    share = (neurons - review_state.progress()["open"]) / neurons
    done = round(share * bar)
    return [
        ("reviewed ", ink.faint),
        ("━" * done, ink.good),
        ("─" * (bar - done), ink.rule),
        (f"{' ' * bool(bar)}{percent(share)}", ink.muted),
    ]


def _length(pieces: Sequence[Piece]) -> int:
    return sum(cell_len(text) for text, _ in pieces)


def _block(share: float) -> str:
    """Return a share as the height of a block: what is there at all can be seen."""
    return _BLOCKS[min(len(_BLOCKS) - 1, int(share * len(_BLOCKS)))] if share > 0 else " "
