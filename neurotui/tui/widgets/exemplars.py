"""Exemplars as heat-mapped lines: the texts themselves, with the activation as the ground of each token."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from rich.cells import cell_len
from rich.style import Style

from neurotui.tui import ramp
from neurotui.tui.widgets.lines import LONGEST_NAME, Page, Piece, chopped, figure, right, short, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurotui.tui.ink import Ink
    from neurotui.tui.reading import Sheet
    from neurotui.words import Exemplar, Kind

_TITLES = {
    "top": "top exemplars",
    "bottom": "bottom: the most negative",
    "quantile": "over the range",
    "random": "at random",
}
_GUTTER = 15
_PEAK = Style(bold=True, underline=True)
# A line end in a text is no line end here.
_SPACES = re.compile(r"\s+")
_LINE_END = re.compile("[\n\r\x0b\x0c\x85\u2028\u2029]")


def draw(page: Page, sheet: Sheet, chosen: int, kinds: Sequence[Kind]) -> None:
    """Add exemplars of some kinds to a page; those that hold the chosen candidate carry a mark."""
    detail = sheet.detail
    match = detail.matches[chosen] if detail.matches else None
    holders = sheet.holders[match.descriptor_id] if match else np.empty(0, np.int32)
    held = set(np.intersect1d([exemplar.text_id for exemplar in detail.exemplars], holders).tolist())
    if "top" in kinds and not detail.exemplars:
        page.heading("exemplars")
        page.line((" the run keeps none for this neuron", page.ink.faint))
        page.blank()
    for kind, group in groupby(
        (e for e in detail.exemplars if e.kind in kinds), key=lambda exemplar: exemplar.kind
    ):
        page.heading(
            _TITLES[kind], f"◆ {short(shown(match.name), LONGEST_NAME)}" if match and kind == "top" else ""
        )
        for exemplar in group:
            _draw_one(page, exemplar, sheet, holds=exemplar.text_id in held)
        page.blank()


def _draw_one(page: Page, exemplar: Exemplar, sheet: Sheet, *, holds: bool) -> None:
    ink = page.ink
    gutter: tuple[Piece, ...] = (
        (right(figure(exemplar.value), 8), ink.strong if exemplar.kind == "top" else ink.text),
        (f" {exemplar.split[:3]} ", ink.faint),
        ("◆ " if holds else "  ", ink.accent),
    )
    for row in rows(tokens(exemplar, sheet, ink), page.width - _GUTTER - 1):
        page.line(*gutter, *row)
        gutter = ((" " * _GUTTER, ink.text),)


def tokens(exemplar: Exemplar, sheet: Sheet, ink: Ink) -> list[Piece]:
    """Return the window's tokens with their heat; where the text is known to go on, an ellipsis says so."""
    statistics = sheet.detail.statistics
    scale = max(abs(statistics.maximum), abs(statistics.minimum))
    cold_scale = abs(statistics.minimum) if exemplar.kind == "bottom" else scale
    pieces: list[Piece] = []
    if exemplar.cut_before:
        pieces.append(("…", ink.faint))
    for position, piece in enumerate(exemplar.pieces):
        value = exemplar.activation(position)
        cold = value < 0
        style = ink.cold[ramp.level(-value, cold_scale)] if cold else ink.hot[ramp.level(value, scale)]
        pieces.extend(_marked(piece, style) if position == exemplar.peak else [(_drawn(piece), style)])
    if exemplar.cut_after:
        pieces.append(("…", ink.faint))
    return pieces


def rows(pieces: list[Piece], width: int) -> list[list[Piece]]:
    """Lay tokens out in rows of at most `width` cells, broken before words where that is possible."""
    done: list[list[Piece]] = []
    row: list[Piece] = []
    used = 0
    for word in _words(pieces):
        length = sum(cell_len(text) for text, _ in word)
        if row and used + length > width:
            done.append(row)
            row, used = [], 0
        for text, style in word:
            begins = text[1:] if not row and text.startswith(" ") else text
            # A token of nothing but space keeps its cell: there is its heat.
            for part in chopped(begins if begins or len(word) > 1 else text, width):
                if row and used + cell_len(part) > width:
                    done.append(row)
                    row, used = [], 0
                if part:
                    row.append((part, style))
                    used += cell_len(part)
    return [*done, row] if row or not done else done


def _words(pieces: list[Piece]) -> list[list[Piece]]:
    """Group tokens into words: one begins with every token that begins with a space."""
    words: list[list[Piece]] = []
    for piece in pieces:
        if words and not piece[0].startswith(" "):
            words[-1].append(piece)
        else:
            words.append([piece])
    return words


def _drawn(piece: str) -> str:
    return shown(_SPACES.sub(" ", piece))


def _marked(piece: str, style: Style) -> list[Piece]:
    """Mark the peak by more than its colour, without the space before a word; space alone gets a sign."""
    if piece.isspace():
        return [("↵" if _LINE_END.search(piece) else "␣", style + _PEAK)]
    text = _drawn(piece)
    word = text.removeprefix(" ")
    return [*([(" ", style)] if word != text else []), (word, style + _PEAK)]
