"""The columns of the list of neurons, in one table: title, orders told there, room, and the cells of a row.

How the columns share a row is decided for all of them at once, by ``shared_widths``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from neurotui.cell_widths import cell_len
from neurotui.tui.styles import MARKS, grounds_style, state_style
from neurotui.tui.widgets.text_layout import Piece, right, shown
from neurotui.wording import fitted, percent, short

if TYPE_CHECKING:
    from rich.style import Style

    from neurotui.review.description import Description
    from neurotui.review.orders import Sort
    from neurotui.store.run_tables import Overview
    from neurotui.tui.styles import Ink
    from neurotui.types import State

LEAST_NEURON = len("neuron ▾")
"""The least room for a neuron's name, in cells."""

_BAR = 8
_NUMBER = len("0.00")
_FIRES = 6
_WITH_FIRES = 50
_LEAST_SCORE = len("score r ▾")
_LEAST_BAR, _LEAST_LABEL = 4, 16
_NEAR = "≈ "
# A peak word that is cut shorter says nothing.
_LEAST_PEAK = 8


class Widths(NamedTuple):
    """How the columns share a row, in cells.

    ``bar`` is the part of ``score`` that is drawn as a line, or 0; ``fires`` is 0 where the column has no room.
    """

    neuron: int
    label: int
    score: int
    bar: int
    fires: int


class Row(NamedTuple):
    """A neuron of a run as the list shows it: what every column draws from.

    ``near``: it was found by its meaning alone. ``here``: the cursor is on it.
    """

    overview: Overview
    neuron_id: int
    state: State
    said: Description
    near: bool
    here: bool


class Column(NamedTuple):
    """A column of the list.

    ``sorts`` are the orders that are told at its ``title``, of which a click there chooses the last. ``room`` is
    how many cells the title has, 0 for no column, and ``gap`` how many blanks follow it. ``cells`` are those of a
    row, as wide as both.
    """

    title: str
    sorts: tuple[Sort, ...]
    room: Callable[[Widths], int]
    cells: Callable[[Row, Widths, Ink], list[Piece]]
    gap: int = 0
    at_right: Callable[[Widths], bool] = lambda _: False


def shared_widths(width: int, neuron: int) -> Widths:
    """Return how the columns share a list of this width, where the widest neuron's name takes `neuron` cells."""
    fires = _FIRES + 2 if width >= _WITH_FIRES else 0
    taken = 4 + neuron + 2 + 2 + fires + 1
    bar = min(_BAR, width - taken - _NUMBER - 1 - _LEAST_LABEL)
    bar = bar if bar >= _LEAST_BAR else 0
    score = _NUMBER + 1 + bar if bar else _LEAST_SCORE
    return Widths(neuron, max(4, width - taken - score), score, bar, fires)


def _state(row: Row, _: Widths, ink: Ink) -> list[Piece]:
    return [(f"{MARKS[row.state]} ", state_style(ink, row.state))]


def _neuron(row: Row, widths: Widths, ink: Ink) -> list[Piece]:
    name = fitted(str(row.overview.neuron(row.neuron_id)), widths.neuron + 2)
    return [(name, ink.strong if row.here else ink.muted)]


def _label(row: Row, widths: Widths, ink: Ink) -> list[Piece]:
    """Return what is said of a neuron, and in grey the word at which most of its top exemplars peak.

    A sign before it tells what was found by its meaning alone.
    """
    style = ink.faint if row.state == "rejected" else grounds_style(ink, row.said.grounds)
    room = widths.label + 2
    if row.near:
        return [(_NEAR, ink.faint), *_said(row, room - cell_len(_NEAR), style, ink)]
    return _said(row, room, style, ink)


def _said(row: Row, room: int, style: Style, ink: Ink) -> list[Piece]:
    text = short(shown(row.said.short) or "—", room - 2)
    word, peaks = row.overview.peak_word(row.neuron_id), int(row.overview.peak_count[row.neuron_id])
    rest = room - cell_len(text)
    if not word or row.said.side < 0 or rest < _LEAST_PEAK:
        return [(fitted(text, room), style)]
    # A sign's name ends in the sign, a word's is the word: neither is told twice.
    same = shown(word).casefold() == text.casefold().rpartition(" ")[2]
    peak = f" · {peaks}" if same else f" · {shown(word)} {peaks}"
    return [(text, style), (fitted(short(peak, rest - 2), rest), ink.faint)]


def _score(row: Row, widths: Widths, ink: Ink) -> list[Piece]:
    """Return the correlation as a number and, on a scale from 0 to 1, as a line."""
    score = float(row.overview.score[row.neuron_id])
    if not math.isfinite(score):
        return [(fitted(right("—", _NUMBER if widths.bar else widths.score), widths.score), ink.faint)]
    described = bool(row.overview.described[row.neuron_id])
    number = (f"{score:.2f}", ink.text if described else ink.faint)
    if not widths.bar:
        return [(right(number[0], widths.score), number[1])]
    halves = round(max(0.0, min(1.0, score)) * 2 * widths.bar)
    line = "━" * (halves // 2) + "╸" * (halves % 2)
    return [number, (" ", ink.text), (fitted(line, widths.bar), ink.accent if described else ink.faint)]


def _fires(row: Row, widths: Widths, ink: Ink) -> list[Piece]:
    rate = percent(float(row.overview.firing_rate[row.neuron_id]))
    return [(right(rate, widths.fires)[: widths.fires], ink.muted)]


STATE = Column("", ("state",), lambda _: 2, _state)
LABEL = Column("responds to · peak", ("queue", "label"), lambda widths: widths.label, _label, gap=2)

COLUMNS = (
    STATE,
    Column("neuron", ("layer",), lambda widths: widths.neuron + 2, _neuron),
    LABEL,
    Column("score r", ("score",), lambda widths: widths.score, _score, at_right=lambda widths: not widths.bar),
    Column("fires", ("fires",), lambda widths: widths.fires, _fires, at_right=lambda _: True),
)
"""The columns from left to right. An order without room, or without a column of its own, is told at ``LABEL``."""
