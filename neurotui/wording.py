"""Format numbers and texts for lists and sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from neurotui.cell_widths import cell_len, set_cell_size

if TYPE_CHECKING:
    from collections.abc import Sequence

_LISTED = 5


def fitted(text: str, width: int) -> str:
    """Return `text` in exactly `width` cells: filled with spaces, or cut with an ellipsis."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + "…"


def short(text: str, width: int) -> str:
    """Return `text` as it is if it has at most `width` cells, else cut with an ellipsis."""
    return text if cell_len(text) <= width else fitted(text, width)


def figure(value: float) -> str:
    """Return a number with two decimals, or with an exponent if that would be too long: at most 8 cells."""
    return f"{value:.2f}" if abs(value) < 9999 else f"{value:.1e}"  # noqa: PLR2004 - "-9999.00" is 8 cells


def with_interval(
    value: float | None, lower: float | None = None, upper: float | None = None, places: int = 2
) -> str:
    """Return a figure with its interval where that is known, as in ``0.71 (0.65 to 0.78)``; "" for None."""
    if value is None:
        return ""
    known = lower is not None and upper is not None
    return f"{value:.{places}f}" + (f" ({lower:.{places}f} to {upper:.{places}f})" if known else "")


def counted(number: int, thing: str) -> str:
    """Return a count with its noun: ``1 neuron``, ``2,000 neurons``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def listed(thing: str, numbers: Sequence[int]) -> str:
    """Return some numbers of a thing: ``line 3``, ``lines 3, 5 and 7``, ``lines 1, 2, 3, 4, 5 and 7 more``."""
    shown = [f"{number:,}" for number in numbers[:_LISTED]]
    if len(numbers) > _LISTED:
        shown.append(f"{len(numbers) - _LISTED:,} more")
    *first, last = shown
    return f"{thing}s {', '.join(first)} and {last}" if first else f"{thing} {last}"


def place_among(number: int, total: int, width: int) -> str:
    """Return which of how many, counted from 0: ``3/12``, or ``17%`` where that is wider than `width`."""
    said = f"{number + 1}/{total}"
    return said if len(said) <= width else percent(number / total)


def together(names: Sequence[str]) -> str:
    """Return names in words: ``ada, bob and eve``."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def percent(share: float) -> str:
    """Return a share as a percentage with at most three digits; a dash for NaN."""
    value = 100 * share
    if math.isnan(value):
        return "—"
    if value and value < 0.1:  # noqa: PLR2004 - the smallest share that one decimal can show
        return "<0.1%"
    return f"{value:.1f}%" if value < 99.95 else "100%"  # noqa: PLR2004 - what rounds to it
