"""Texts of a web page: made visible and escaped, and exemplars as lines of marked tokens."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from neurotui.firing import heat
from neurotui.sanitize import visible, visible_lines
from neurotui.wording import figure, short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neurotui.types import Exemplar, Statistics

STEPS = 8
"""How many strengths of heat the page's style sheet has."""

AROUND = 90
"""How many characters of an exemplar are kept on either side of its peak."""

_LONGEST = 2_000
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def text(value: object, longest: int = _LONGEST) -> str:
    """Return any text as HTML that shows it: no tag, no control and no reordering comes from it."""
    return escape(visible(short(str(value), longest)))


def lines(value: str, longest: int = _LONGEST) -> str:
    """Return a text of several lines as `text` does, with its line ends."""
    return escape(visible_lines(value if len(value) <= longest else value[: longest - 1] + _ELLIPSIS))


def exemplar_line(exemplar: Exemplar, statistics: Statistics) -> str:
    """Return an exemplar as an item of a list: the activation at its peak, and its tokens around the peak."""
    first, end = _window(exemplar)
    cut_before, cut_after = exemplar.cut_before or first > 0, exemplar.cut_after or end < len(exemplar.pieces)
    shown = [
        _ELLIPSIS if cut_before else "",
        *_marked(exemplar, statistics, first, end),
        _ELLIPSIS if cut_after else "",
    ]
    return (
        f'<li{_place(exemplar)}><span class="value">{figure(exemplar.value)}</span>'
        f'<span class="text" dir="auto">{"".join(shown)}</span></li>\n'
    )


def _place(exemplar: Exemplar) -> str:
    """Return where a window stands in its document, as the title of an element; nothing for a whole text."""
    window = exemplar.window
    return "" if window is None else f' title="{text(window.of(exemplar.source_id))}"'


def _window(exemplar: Exemplar) -> tuple[int, int]:
    """Return the first and the last token of which about `AROUND` characters lie on either side of the peak."""
    first, end = exemplar.peak, exemplar.peak + 1
    room = AROUND
    while first > 0 and (room := room - len(exemplar.pieces[first - 1])) >= 0:
        first -= 1
    room = AROUND
    while end < len(exemplar.pieces) and (room := room - len(exemplar.pieces[end])) >= 0:
        end += 1
    return first, end


def _marked(exemplar: Exemplar, statistics: Statistics, first: int, end: int) -> Iterator[str]:
    """Yield tokens: plain where the neuron is quiet, else marked by how active it is; equal ones together."""
    waiting, before = "", ""
    for position in range(first, end):
        styled = _style(exemplar.activation(position), statistics)
        if position == exemplar.peak:
            styled = f"{styled} peak".strip()
        if styled != before:
            yield _mark(waiting, before)
            waiting = ""
        piece = exemplar.pieces[position]
        waiting += piece if len(piece) <= AROUND else short(piece, AROUND)
        before = styled
    yield _mark(waiting, before)


def _mark(words: str, style: str) -> str:
    shown = escape(visible(words))
    if not style:
        return shown
    # The blank before a word is not part of what is marked.
    word = shown.lstrip(" ")
    return f'{shown[: len(shown) - len(word)]}<mark class="{style}">{word}</mark>'


def _style(value: float, statistics: Statistics) -> str:
    """Return the class of an activation: ``h1`` to ``h8``, ``cold`` below 0; "" where the neuron is not active."""
    scale = max(abs(statistics.minimum), abs(statistics.maximum))
    step = heat(abs(value), scale, STEPS)
    if not step:
        return ""
    return f"h{step}" if value >= 0 else f"h{step} cold"
