"""The candidates of a neuron as lines: name, interval on a scale from 0.5 to 1, figures of both splits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from neurotui.tui.widgets.lines import Page, Piece, fitted, percent, right
from neurotui.visible import visible

if TYPE_CHECKING:
    from neurotui.tui.ink import Ink
    from neurotui.words import Match

_LEAD = 4
_LEAST_NAME, _MOST_NAME = 12, 32
_LEAST_SCALE, _MOST_SCALE = 11, 41
_GAP = 2
_FIGURE, _INTERVAL, _TOP, _CHANCE = 5, 11, 7, 7
_LEAST, _MOST = 0.5, 1.0


@dataclass(frozen=True, slots=True)
class _Columns:
    """Cells for the name and the scale, and which of the less needed figures there is room for."""

    name: int
    scale: int
    interval: bool
    chance: bool


def draw(page: Page, matches: tuple[Match, ...], chosen: int) -> None:
    """Add the candidates to a page; what the chosen one's figures do not say stands below its line."""
    columns = _columns(page.width, matches)
    page.heading("candidates", "● calibration  ━ its interval  ○ validation")
    _header(page, columns)
    for number, match in enumerate(matches):
        page.line(*_row(page.ink, columns, match, number, here=number == chosen))
        if number == chosen:
            page.paragraph(_spelled_out(match), page.ink.muted if match.described else page.ink.faint, _LEAD)


def scale(match: Match, width: int, ink: Ink) -> list[Piece]:
    """Return the interval bar: `width` cells from 0.5 to 1.0."""
    full, line = (ink.accent, ink.soft) if match.described else (ink.muted, ink.faint)
    point, other = _cell(match.auroc_calibration, width), _cell(match.auroc_validation, width)
    first, last = _cell(match.lower, width), _cell(match.upper, width)
    pieces: list[Piece] = []
    for cell in range(width):
        if cell == point:
            pieces.append(("●", full))
        elif cell == other:
            pieces.append(("○", ink.text if match.described else ink.muted))
        elif first <= cell <= last:
            pieces.append(("━", line))
        else:
            pieces.append(("─", ink.rule))
    return pieces


def _columns(width: int, matches: tuple[Match, ...]) -> _Columns:
    """Give names what they need and the scale what is left; figures that do not fit beside both go."""
    longest = max(cell_len(visible(match.name)) for match in matches)
    wanted = max(_LEAST_NAME, min(_MOST_NAME, longest))
    for interval, chance in ((True, True), (True, False), (False, False)):
        figures = 3 * _GAP + 2 * _FIGURE + _TOP + 1
        figures += (_GAP + _INTERVAL) * interval + _CHANCE * chance
        room = width - _LEAD - _GAP - figures
        if room >= wanted + _LEAST_SCALE or not interval:
            break
    bar = max(_LEAST_SCALE, min(_MOST_SCALE, room - wanted))
    return _Columns(max(4, min(room - bar, wanted)), bar, interval, chance)


def _header(page: Page, columns: _Columns) -> None:
    page.line(
        (
            " " * (_LEAD + columns.name + _GAP)
            + fitted("0.5", columns.scale - 3)
            + "1.0"
            + _figures(columns, "AUROC", "interval", "valid", "top", "chance"),
            page.ink.faint,
        )
    )


def _row(ink: Ink, columns: _Columns, match: Match, number: int, *, here: bool) -> list[Piece]:
    text = ink.text if match.described else ink.faint
    name = visible(match.name)
    figures = _figures(
        columns,
        f"{match.auroc_calibration:.2f}",
        f"{match.lower:.2f}-{match.upper:.2f}",
        f"{match.auroc_validation:.2f}",
        f"{match.top_with}/{match.top_of}",
        percent(match.prevalence),
    )
    return [
        ("▸ " if here else "  ", ink.accent),
        (f"{number + 1} ", ink.accent if here else ink.faint),
        (fitted(name, columns.name) + " " * _GAP, ink.strong if here and match.described else text),
        *scale(match, columns.scale, ink),
        (figures, text),
    ]


def _figures(columns: _Columns, auroc: str, interval: str, valid: str, top: str, chance: str) -> str:
    """Return the figures, or their titles, each at the right of its column."""
    gap = " " * _GAP
    return (
        f"{gap}{right(auroc, _FIGURE)}"
        + (f"{gap}{right(interval, _INTERVAL)}" if columns.interval else "")
        + f"{gap}{right(valid, _FIGURE)}{right(top, _TOP)}"
        + (right(chance, _CHANCE) if columns.chance else "")
    )


def _spelled_out(match: Match) -> str:
    """Say in words what the figures do not."""
    parts = [
        f"{match.top_with} of {match.top_of} top exemplars, {percent(match.prevalence)} by chance",
        f"average precision {match.average_precision:.2f}",
        f"by {visible(match.backend)}",
    ]
    if not match.described:
        parts.insert(0, "thin evidence")
    return " · ".join(parts)


def _cell(figure: float, width: int) -> int:
    """Return the cell in which a figure falls; what lies off the scale falls at its end."""
    share = (figure - _LEAST) / (_MOST - _LEAST)
    return max(0, min(width - 1, int(share * width)))
