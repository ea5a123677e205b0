"""The candidates that somebody wrote, as lines: those of a neuron with their fits, and one's own of elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.cell_widths import cell_len
from neurotui.review.candidates import KEYED, PEAKS, YOURS
from neurotui.tui.widgets.text_layout import LONGEST_NAME, Page, Piece, clickable, right, shown
from neurotui.wording import fitted, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurotui.review.candidates import Candidate
    from neurotui.tui.styles import Ink

LEAD = 4
"""The cells before what a candidate says: whether it is chosen, and its key."""

_FEWEST, _LEAST_NAME = 4, 12
_GAP = 2
_FIGURE, _INTERVAL = 5, 11
_YOURS = " yours elsewhere: "


def is_written(candidate: Candidate) -> bool:
    """Return whether a generator or a person wrote a candidate for its neuron."""
    return candidate.descriptor < 0 and not candidate.describer and candidate.origin not in {PEAKS, YOURS}


def in_brief(candidates: Sequence[Candidate], chosen: int) -> list[tuple[int, str]]:
    """Return the places and the words, each with its fit, of the candidates that somebody wrote."""
    written = []
    for place, one in enumerate(candidates[:KEYED]):
        if place != chosen and (is_written(one) or one.origin == YOURS):
            fit = f" {one.fits.best:.2f}" if one.fits.best else ""
            whose = "yours elsewhere: " if one.origin == YOURS else ""
            written.append((place, f"{whose}{shown(one.text)}{fit}"))
    return written


def draw_yours(page: Page, candidates: Sequence[Candidate], chosen: int) -> None:
    """Add a line with one's own latest labels of other neurons, as many as fit, each with its key."""
    ink, pieces, used = page.ink, [(_YOURS, page.ink.faint)], len(_YOURS)
    for place, one in enumerate(candidates[:KEYED]):
        if one.origin != YOURS:
            continue
        here, text = place == chosen, short(shown(one.text), LONGEST_NAME)
        key = f"{'   ' if len(pieces) > 1 else ''}{'▸ ' if here else ''}{place + 1} "
        if len(pieces) > 1 and used + cell_len(key + text) >= page.width:
            break
        told = [(key, ink.accent if here else ink.faint), (text, ink.strong if here else ink.muted)]
        pieces += clickable(told, f"do('choose', '{place + 1}')")
        used += cell_len(key + text)
    if len(pieces) > 1:
        page.line(*pieces)


def draw_fits(page: Page, candidates: Sequence[Candidate], chosen: int) -> None:
    """Add the written candidates, and those whose fit is known, to compare them by fit."""
    told = [(place, one) for place, one in enumerate(candidates) if one.fit or one.token_fit or is_written(one)]
    drawn = [(place, one) for place, one in told if place < KEYED or place == chosen]
    if not drawn:
        return
    longest = max(cell_len(shown(one.text)) for _, one in drawn)
    least = page.width - LEAD - 2 * (_GAP + _FIGURE) - 1
    intervals = least - 2 * (_GAP + _INTERVAL) >= min(LONGEST_NAME, longest)
    least -= 2 * (_GAP + _INTERVAL) if intervals else 0
    name = max(_FEWEST, min(LONGEST_NAME, max(_LEAST_NAME, longest), least))
    page.heading("written, and how it fits")
    titles = "".join(_both_figures(scope, "95 %", intervals=intervals) for scope in ("topic", "word"))
    page.line((" " * (LEAD + name) + titles, page.ink.faint))
    for number, one in drawn:
        here = number == chosen
        figures = (_fit_figures(one, intervals=intervals), page.ink.text)
        if not one.fit and not one.token_fit:
            figures = (" " * _GAP + "its fit is not known", page.ink.faint)
        row = [
            *lead(page.ink, number, here=here),
            (fitted(shown(one.text), name), page.ink.strong if here else page.ink.text),
            figures,
        ]
        page.line(*clickable(row, f"do('choose', '{number + 1}')"))
        if here:
            if cell_len(shown(one.text)) > name:
                page.paragraph(shown(one.text), page.ink.strong, LEAD)
            page.paragraph(f"by {shown(one.origin)}", page.ink.faint, LEAD)
    if len(drawn) < len(told):
        page.paragraph(f"{len(told) - len(drawn)} more", page.ink.faint, LEAD)
    page.blank()


def draw_chosen_fit(page: Page, candidates: Sequence[Candidate], chosen: int) -> None:
    """Add a line for a written candidate that is chosen: what it says, and its fits."""
    one = candidates[chosen]
    fits = [f"{scope} {fit[0]:.2f}" for scope, fit in (("topic", one.fit), ("word", one.token_fit)) if fit]
    told = " · ".join(fits) or "its fit is not known"
    name = max(_FEWEST, min(cell_len(shown(one.text)), page.width - LEAD - _GAP - cell_len(told) - 1))
    row: list[Piece] = [
        *lead(page.ink, chosen, here=True),
        (fitted(shown(one.text), name), page.ink.strong),
        (" " * _GAP + told, page.ink.text),
    ]
    page.line(*clickable(row, f"do('choose', '{chosen + 1}')"))


def lead(ink: Ink, number: int, *, here: bool) -> list[Piece]:
    """Return the start of a candidate's line: whether it is selected, and its key."""
    key = f"{number + 1} " if number < KEYED else "  "
    return [("▸ " if here else "  ", ink.accent), (key, ink.accent if here else ink.faint)]


def _fit_figures(candidate: Candidate, *, intervals: bool) -> str:
    """Return a candidate's fit as a topic and as a word; a dash if unknown."""
    told = ""
    for fit in (candidate.fit, candidate.token_fit):
        figure = f"{fit[0]:.2f}" if fit else "—"
        told += _both_figures(figure, f"{fit[1]:.2f}-{fit[2]:.2f}" if fit else "", intervals=intervals)
    return told


def _both_figures(figure: str, interval: str, *, intervals: bool) -> str:
    gap = " " * _GAP
    return f"{gap}{right(figure, _FIGURE)}" + (f"{gap}{right(interval, _INTERVAL)}" if intervals else "")
