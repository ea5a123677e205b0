"""The candidates of a neuron as lines: name, interval on a scale from 0.5 to 1, figures of both splits."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

from neurotui.tui.triage import KEYED
from neurotui.tui.widgets.lines import LONGEST_NAME, Page, Piece, clickable, fitted, percent, right, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurotui.tui.candidate import Candidate
    from neurotui.tui.ink import Ink
    from neurotui.words import Match

_LEAD = 4
_FEWEST, _LEAST_NAME = 4, 12
_LEAST_SCALE, _MOST_SCALE = 11, 41
_GAP = 2
_FIGURE, _INTERVAL, _TOP, _CHANCE = 5, 11, 7, 7
_LEAST, _MOST = 0.5, 1.0
_BEST = 3
# What a row holds beside name and figures, the most first: least cells of the scale, interval, chance.
_CHOICES = (
    (_LEAST_SCALE, True, True),
    (_LEAST_SCALE, True, False),
    (_LEAST_SCALE, False, False),
    (0, False, False),
)


class _Columns(NamedTuple):
    """Cells for the name and the scale (none if 0), and which of the less needed figures there is room for."""

    name: int
    scale: int
    interval: bool
    chance: bool


def draw(
    page: Page, matches: Sequence[Match], candidates: Sequence[Candidate], chosen: int, room: int = KEYED
) -> None:
    """Add the candidates that are descriptors to a page; the chosen one's figures are spelled out below it.

    Those that chance would explain are counted, not drawn, but for the best and the chosen one; so are those
    without a key, and those that go beyond the `room`, which is so many lines.
    """
    by_id = {match.descriptor_id: match for match in matches}
    proposed = [(place, by_id[one.descriptor]) for place, one in enumerate(candidates) if one.descriptor >= 0]
    beyond_chance = sum(match.lower > _LEAST for match in matches)
    told = max(_BEST, min(beyond_chance, room))
    drawn = [
        (place, match)
        for number, (place, match) in enumerate(proposed)
        if place == chosen or (number < told and place < KEYED)
    ]
    columns = _columns(page.width, [match for _, match in drawn])
    page.heading("candidates", "● calibration  ━ its interval  ○ validation" if columns.scale else "")
    _header(page, columns)
    for number, match in drawn:
        row = _row(page.ink, columns, match, number, here=number == chosen)
        page.line(*clickable(row, f"do('choose', '{number + 1}')"))
        if number == chosen:
            if cell_len(shown(match.name)) > columns.name:
                page.paragraph(shown(match.name), page.ink.strong, _LEAD)
            page.paragraph(
                _spelled_out(match, columns), page.ink.muted if match.described else page.ink.faint, _LEAD
            )
    if len(drawn) < len(matches):
        why = " that chance would explain" if beyond_chance <= told else ""
        page.paragraph(f"{len(matches) - len(drawn)} more{why}", page.ink.faint, _LEAD)


def draw_fits(page: Page, candidates: Sequence[Candidate], chosen: int) -> None:
    """Add the candidates that somebody wrote, and those of which the fit is known, to compare them by it."""
    told = [
        (place, one) for place, one in enumerate(candidates) if one.fit or one.token_fit or one.descriptor < 0
    ]
    drawn = [(place, one) for place, one in told if place < KEYED or place == chosen]
    if not drawn:
        return
    longest = max(cell_len(shown(one.text)) for _, one in drawn)
    least = page.width - _LEAD - 2 * (_GAP + _FIGURE) - 1
    intervals = least - 2 * (_GAP + _INTERVAL) >= min(LONGEST_NAME, longest)
    least -= 2 * (_GAP + _INTERVAL) if intervals else 0
    name = max(_FEWEST, min(LONGEST_NAME, max(_LEAST_NAME, longest), least))
    page.heading("written, and how it fits")
    titles = "".join(_both_figures(scope, "95 %", intervals=intervals) for scope in ("topic", "word"))
    page.line((" " * (_LEAD + name) + titles, page.ink.faint))
    for number, one in drawn:
        here = number == chosen
        figures = (_fit_figures(one, intervals=intervals), page.ink.text)
        if not one.fit and not one.token_fit:
            figures = (" " * _GAP + "its fit is not known", page.ink.faint)
        row = [
            *_lead(page.ink, number, here=here),
            (fitted(shown(one.text), name), page.ink.strong if here else page.ink.text),
            figures,
        ]
        page.line(*clickable(row, f"do('choose', '{number + 1}')"))
        if here:
            if cell_len(shown(one.text)) > name:
                page.paragraph(shown(one.text), page.ink.strong, _LEAD)
            page.paragraph(f"by {shown(one.origin)}", page.ink.faint, _LEAD)
    if len(drawn) < len(told):
        page.paragraph(f"{len(told) - len(drawn)} more", page.ink.faint, _LEAD)
    page.blank()


def _lead(ink: Ink, number: int, *, here: bool) -> list[Piece]:
    """Return what a candidate's line begins with: whether it is chosen, and its key."""
    key = f"{number + 1} " if number < KEYED else "  "
    return [("▸ " if here else "  ", ink.accent), (key, ink.accent if here else ink.faint)]


def _fit_figures(candidate: Candidate, *, intervals: bool) -> str:
    """Return how a candidate fits as a topic and as a word; a dash where that is not known."""
    told = ""
    for fit in (candidate.fit, candidate.token_fit):
        figure = f"{fit[0]:.2f}" if fit else "—"
        told += _both_figures(figure, f"{fit[1]:.2f}-{fit[2]:.2f}" if fit else "", intervals=intervals)
    return told


def _both_figures(figure: str, interval: str, *, intervals: bool) -> str:
    gap = " " * _GAP
    return f"{gap}{right(figure, _FIGURE)}" + (f"{gap}{right(interval, _INTERVAL)}" if intervals else "")


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


def _columns(width: int, matches: Sequence[Match]) -> _Columns:
    """Give names what they need and the scale what is left; what does not fit goes, the scale last."""
    longest = max(cell_len(shown(match.name)) for match in matches)
    wanted = max(_LEAST_NAME, min(LONGEST_NAME, longest))
    for least, interval, chance in _CHOICES:
        figures = 3 * _GAP + 2 * _FIGURE + _TOP + 1
        figures += (_GAP + _INTERVAL) * interval + _CHANCE * chance
        room = width - _LEAD - figures - (_GAP if least else 0)
        if room >= wanted + least:
            break
    bar = max(least, min(_MOST_SCALE, room - wanted)) if least else 0
    return _Columns(max(_FEWEST, min(room - bar, wanted)), bar, interval, chance)


def _header(page: Page, columns: _Columns) -> None:
    ends = " " * _GAP + fitted("0.5", columns.scale - 3) + "1.0" if columns.scale else ""
    figures = _figures(columns, "AUROC", "interval", "valid", "top", "chance")
    page.line((" " * (_LEAD + columns.name) + ends + figures, page.ink.faint))


def _row(ink: Ink, columns: _Columns, match: Match, number: int, *, here: bool) -> list[Piece]:
    text = ink.text if match.described else ink.faint
    name = shown(match.name) or "—"
    figures = _figures(
        columns,
        f"{match.auroc_calibration:.2f}",
        f"{match.lower:.2f}-{match.upper:.2f}",
        f"{match.auroc_validation:.2f}",
        f"{match.top_with}/{match.top_of}",
        percent(match.prevalence),
    )
    return [
        *_lead(ink, number, here=here),
        (fitted(name, columns.name), ink.strong if here and match.described else text),
        *([(" " * _GAP, ink.text), *scale(match, columns.scale, ink)] if columns.scale else []),
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


def _spelled_out(match: Match, columns: _Columns) -> str:
    """Say in words what the figures do not."""
    parts = [] if match.described else ["thin evidence"]
    if not columns.chance:
        parts.append(f"{match.top_with} of {match.top_of} top exemplars, {percent(match.prevalence)} by chance")
    parts.append(f"average precision {match.average_precision:.2f}")
    return " · ".join([*parts, f"by {shown(match.backend)}"])


def _cell(figure: float, width: int) -> int:
    """Return the cell in which a figure falls: an end one if it lies off the scale, the first if it is none."""
    share = (figure - _LEAST) / (_MOST - _LEAST)
    return min(width - 1, int(max(0.0, min(share, 1.0)) * width))
