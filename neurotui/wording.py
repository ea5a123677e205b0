"""Numbers and texts as people read them, in lists and in sentences."""

from __future__ import annotations

import math

from rich.cells import cell_len, set_cell_size


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
    """Return a number with two decimals, or where that would be long as a power of ten: 8 cells at most."""
    return f"{value:.2f}" if abs(value) < 9999 else f"{value:.1e}"  # noqa: PLR2004 - "-9999.00" is 8 cells


def counted(number: int, thing: str) -> str:
    """Return a number of things as people say it: ``1 neuron``, ``2,000 neurons``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def percent(share: float) -> str:
    """Return a share as people say it, three figures at most; a dash for what is no number."""
    value = 100 * share
    if math.isnan(value):
        return "—"
    if value and value < 0.1:  # noqa: PLR2004 - below what is shown
        return "<0.1%"
    return f"{value:.1f}%" if value < 99.95 else "100%"  # noqa: PLR2004 - what rounds to it
