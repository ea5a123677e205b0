"""Exemplars as heat-mapped lines: each token's activation is shown as its background colour.

Whole texts or one line each (``w``) is ``Look.centred``; ``token_rows.centred`` cuts the line around the peak.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

from rich.style import Style

from neurotui.cell_widths import cell_len
from neurotui.exemplar_kinds import KINDS
from neurotui.tui import colormap
from neurotui.tui.widgets.text_layout import LONGEST_NAME, Page, Piece, right, shown
from neurotui.tui.widgets.token_rows import centred, rows
from neurotui.wording import figure, place_among, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurotui.review.neuron_loader import LoadedNeuron
    from neurotui.tui.styles import Ink
    from neurotui.types import Exemplar, Kind

# A name that is cut shorter says nothing.
_LEAST_ASIDE, _AROUND = 24, 9
_GUTTER, _PLACE = 15, 8
PEAK = Style(bold=True, underline=True)
HERE = Style(reverse=True)
_NO_BAND = Style()
_NOWHERE = -2
# The neurons around the cursor, and the one before.
_LAID_OUT = 512
# Between the pieces of one word, where pieces are shown apart.
_SEAM = "\N{MIDDLE DOT}"
# A line end in a text is no line end here.
_SPACES = re.compile(r"\s+")
_LINE_END = re.compile("[\n\r\x0b\x0c\x85\u2028\u2029]")


class Look(NamedTuple):
    """How exemplars are looked at: one kind or all (None), and with the pieces of words joined or apart.

    In one line each with the peak in the middle (``centred``), or whole.
    """

    kind: Kind | None = None
    centred: bool = True
    apart: bool = False


_PLAIN = Look()


class Spot(NamedTuple):
    """One token: `exemplar` counts among those of the neuron's ``Detail``, `position` within its window."""

    exemplar: int
    position: int


class Marks(NamedTuple):
    """Which exemplars carry a mark, by number, because `name` holds for them."""

    name: str
    exemplars: frozenset[int]


def _aside(page: Page, title: str, marks: Marks) -> str:
    """Return what the marks stand for as an aside beside a title: cut to the room, or nothing where less is."""
    room = page.width - cell_len(title) - _AROUND
    return f"◆ {short(marks.name, min(LONGEST_NAME, room))}" if room >= _LEAST_ASIDE else ""


def draw(
    page: Page,
    loaded: LoadedNeuron,
    marks: Marks | None,
    kinds: Sequence[Kind],
    look: Look = _PLAIN,
    spot: Spot | None = None,
) -> list[tuple[int, int]]:
    """Add exemplars of some kinds to a page, in that order; some carry the mark of the chosen candidate.

    At `spot`, the token is marked and the gutter shows the activation there. Return the first line and the
    number of each exemplar that was drawn.
    """
    detail = loaded.detail
    if "top" in kinds and not detail.exemplars:
        page.heading("exemplars")
        page.line((" the run keeps none for this neuron", page.ink.faint))
        page.blank()
    held = marks.exemplars if marks else frozenset()
    places: list[tuple[int, int]] = []
    for place, kind in enumerate(kinds):
        group = [(number, exemplar) for number, exemplar in enumerate(detail.exemplars) if exemplar.kind == kind]
        if not group:
            continue
        title = KINDS[kind].title
        page.heading(title, _aside(page, title, marks) if marks and not place else "")
        for row, (number, exemplar) in enumerate(group):
            if not look.centred and number != group[0][0]:
                page.blank()
            places.append((len(page), number))
            here = spot.position if spot is not None and spot.exemplar == number else None
            banded = look.centred and row % 2 == 1
            _draw_one(page, exemplar, loaded, look, here, holds=number in held, banded=banded)
        page.blank()
    return places


def _draw_one(
    page: Page,
    exemplar: Exemplar,
    loaded: LoadedNeuron,
    look: Look,
    here: int | None,
    *,
    holds: bool,
    banded: bool,
) -> None:
    """Add an exemplar, `banded` on a faint ground."""
    ink = page.ink
    band = ink.band if banded else _NO_BAND
    value, style = exemplar.value, ink.strong if exemplar.kind == "top" else ink.text
    if here is not None:
        value, style = exemplar.activation(here), ink.accent
    window = exemplar.window
    where = "" if window is None else f"{place_among(window.number, window.total, _PLACE - 1):<{_PLACE}}"
    gutter: tuple[Piece, ...] = (
        (right(figure(value), 8), style + band),
        (f" {exemplar.split[:3]} ", ink.faint + band),
        ("◆ " if holds else "  ", ink.accent + band),
        (where, ink.faint + band),
    )
    plain = ink.text + band
    heat = Heat(exemplar, loaded, ink, here, plain)
    for indent, row in _laid_out(exemplar, page.width, look):
        rest = (" " * (page.width - _gutter(exemplar) - indent if banded else 0), plain)
        page.line_of(partial(_drawn_row, (*gutter, (" " * indent, plain)), row, heat, rest))
        gutter = ((" " * _gutter(exemplar), plain),)


def _gutter(exemplar: Exemplar) -> int:
    """Return how many cells stand left of an exemplar's text: with its place in the document where it has one."""
    return _GUTTER + (_PLACE if exemplar.window is not None else 0)


def _drawn_row(gutter: tuple[Piece, ...], row: list[tuple[str, int]], heat: Heat, rest: Piece) -> list[Piece]:
    """Return a row's pieces; the `rest` is for the page to cut."""
    return [*gutter, *_merged([(text, heat.style(place)) for text, place in row]), rest]


def position_at(exemplar: Exemplar, look: Look, width: int, row: int, column: int) -> int | None:
    """Return which token stands in a cell of an exemplar on a page of `width`; None where none does."""
    laid_out = _laid_out(exemplar, width, look)
    if row >= len(laid_out):
        return None
    indent, parts = laid_out[row]
    end = _gutter(exemplar) + indent
    for text, place in parts:
        begin, end = end, end + cell_len(text)
        if begin <= column < end:
            return place // 2 if place >= 0 else None
    return None


def tokens(exemplar: Exemplar, loaded: LoadedNeuron, ink: Ink) -> list[Piece]:
    """Return the window's tokens with their heat; where the text is known to go on, an ellipsis says so."""
    heat = Heat(exemplar, loaded, ink)
    return [(text, heat.style(place)) for text, place in _parts(exemplar, _PLAIN)]


def heat(value: float, ink: Ink, scale: float, cold_scale: float) -> Style:
    """Return the style of an activation on ramps that are full at `scale`, and below 0 at ``-cold_scale``."""
    return ink.cold[colormap.level(-value, cold_scale)] if value < 0 else ink.hot[colormap.level(value, scale)]


class Heat:
    """The styles of an exemplar's tokens: `here` is the position of one that is set off, `plain` has no heat."""

    def __init__(
        self,
        exemplar: Exemplar,
        loaded: LoadedNeuron,
        ink: Ink,
        here: int | None = None,
        plain: Style | None = None,
    ) -> None:
        statistics = loaded.detail.statistics
        self._exemplar = exemplar
        self._ink = ink
        self._here = here
        # What has no heat is drawn in this: one style each, by which neighbouring parts are joined.
        self._plain = plain or ink.text
        self._faint = ink.faint + Style(bgcolor=self._plain.bgcolor)
        self._scale = max(abs(statistics.maximum), abs(statistics.minimum))
        self._cold_scale = abs(statistics.minimum) if exemplar.kind == "bottom" else self._scale

    def style(self, place: int) -> Style:
        """Return the style of a part of a line."""
        position, marked = divmod(place, 2)
        if place < 0:
            return self._faint
        value = self._exemplar.activation(position)
        style = heat(value, self._ink, self._scale, self._cold_scale)
        if style is self._ink.hot[0] or style is self._ink.cold[0]:
            style = self._plain
        if position == self._here:
            style += HERE
        return style + PEAK if marked else style


def _parts(exemplar: Exemplar, look: Look) -> list[tuple[str, int]]:
    """Return the window's tokens as they are drawn, in parts, and where each belongs.

    That is twice the token's position, and one more where the part carries the peak's mark: a number, because
    there are thousands, and Python's collector passes over pairs of text and number. Below 0 is no token.
    """
    parts: list[tuple[str, int]] = []
    if exemplar.cut_before:
        parts.append(("…", _NOWHERE))
    for position, piece in enumerate(exemplar.pieces):
        if look.apart and position and not piece[:1].isspace():
            parts.append((_SEAM, 2 * position))
        drawn = parts_of(piece, peak=position == exemplar.peak)
        parts.extend([(text, 2 * position + marked) for text, marked in drawn])
    if exemplar.cut_after:
        parts.append(("…", _NOWHERE))
    return parts


def prepare(loaded: LoadedNeuron, width: int, look: Look) -> None:
    """Lay out a neuron's exemplars for a page of `width` ahead of time, in any thread."""
    for exemplar in loaded.detail.exemplars:
        _laid_out(exemplar, width, look)


@lru_cache(maxsize=_LAID_OUT)
def _laid_out(exemplar: Exemplar, width: int, look: Look) -> list[tuple[int, list[tuple[str, int]]]]:
    """Lay an exemplar out beside the gutter of a page: rows of parts, each with the empty cells before it."""
    room = max(1, width - _gutter(exemplar) - 1)
    parts = _parts(exemplar, look)
    if not look.centred:
        return [(0, row) for row in rows(parts, room)]
    middle = next((n for n, (_, place) in enumerate(parts) if place // 2 == exemplar.peak), 0)
    return [centred(parts, middle, room)]


def _merged(row: list[Piece]) -> list[Piece]:
    """Join neighbouring parts of the same style, which halves the number to draw."""
    merged: list[Piece] = []
    for text, style in row:
        if merged and merged[-1][1] is style:
            merged[-1] = (merged[-1][0] + text, style)
        else:
            merged.append((text, style))
    return merged


@lru_cache(maxsize=1 << 16)
def _drawn(piece: str) -> str:
    return shown(_SPACES.sub(" ", piece))


def parts_of(piece: str, *, peak: bool) -> list[tuple[str, bool]]:
    """Return a token as it is drawn, in parts, each with whether it carries the peak's mark.

    The peak is marked by more than its colour, without the space before a word; space alone gets a sign.
    """
    if not peak:
        return [(_drawn(piece), False)]
    if piece.isspace():
        return [("↵" if _LINE_END.search(piece) else "␣", True)]
    text = _drawn(piece)
    word = text.removeprefix(" ")
    return [*([(" ", False)] if word != text else []), (word, True)]
