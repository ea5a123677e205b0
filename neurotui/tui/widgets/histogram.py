"""Pooled activation over texts, those with the chosen candidate and those without: the AUROC's picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.style import Style

from neurotui.tui.widgets.text_layout import LONGEST_NAME, Page, Piece, right, shown
from neurotui.wording import counted, figure, fitted, short

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.review.neuron_loader import LoadedNeuron
    from neurotui.tui.styles import Ink
    from neurotui.types import Match

BINS = 32
_BLOCKS = " ▁▂▃▄▅▆▇█"
_EIGHTHS = 8
_MARGIN = 2


def draw(page: Page, loaded: LoadedNeuron, match: Match | None, rows: int = 5) -> None:
    """Add the histogram to a page, with an axis and what the colours mean; without a `match` all are one."""
    statistics = loaded.detail.statistics
    held = np.zeros(len(loaded.pooled), np.bool_)
    if match:
        held = loaded.holds(match.descriptor_id)
    ends = (statistics.pooled_lowest, statistics.pooled_highest)
    apart_heights, held_heights = heights(loaded.pooled, held, ends, rows)
    cells = max(1, min(3, (page.width - 2 * _MARGIN) // BINS))
    page.heading("pooled activation", "each as a share of its own texts" if match else "")
    for row in range(rows):
        base = (rows - 1 - row) * _EIGHTHS
        pieces: list[Piece] = [(" " * _MARGIN, page.ink.text)]
        for apart, with_it in zip(apart_heights, held_heights, strict=True):
            character, style = _block(apart - base, with_it - base, page.ink)
            pieces.append((character * cells, style))
        page.line(*pieces)
    width = BINS * cells
    lowest, middle, highest = (figure(value) for value in (ends[0], sum(ends) / 2, ends[1]))
    half = (width - len(middle)) // 2
    axis = fitted(lowest, half) + middle
    page.line((" " * _MARGIN + axis + right(highest, width - len(axis)), page.ink.faint))
    _legend(page, loaded, match, int(held.sum()))


def heights(
    pooled: NDArray[np.float32], held: NDArray[np.bool_], ends: tuple[float, float], rows: int
) -> tuple[list[int], list[int]]:
    """Return how high the texts without and with a descriptor stand in each bin, in eighths of a row.

    Each group is a share of itself, on one common scale; what is there at all is at least an eighth high. What
    is no number stands nowhere; where the ends are none, all stands in the first bin.
    """
    span = ends[1] - ends[0]
    with np.errstate(all="ignore"):
        places = (pooled - ends[0]) / span if span > 0 else np.zeros(len(pooled))
    shares = []
    for group in (~held, held):
        there = places[group & np.isfinite(places)]
        counts, _ = np.histogram(np.clip(there, 0, 1), BINS, (0, 1))
        shares.append(counts / max(1, int(group.sum())))
    highest = max(float(share.max()) for share in shares) or 1.0
    apart, with_it = (
        np.where(share > 0, np.maximum(1, np.rint(share / highest * rows * _EIGHTHS)), 0).astype(int).tolist()
        for share in shares
    )
    return apart, with_it


def _block(apart: int, held: int, ink: Ink) -> tuple[str, Style]:
    """Return one cell, given how far above its foot each group reaches, in eighths."""
    low, high = (max(0, min(_EIGHTHS, value)) for value in sorted((apart, held)))
    upper = ink.held if held > apart else ink.apart
    if low == _EIGHTHS:
        return _BLOCKS[_EIGHTHS], ink.both
    if high == _EIGHTHS and low:
        return _BLOCKS[low], Style.from_color(ink.both.color, upper.color)
    if apart == held:
        return _BLOCKS[high], ink.both
    return _BLOCKS[high], upper


def _legend(page: Page, loaded: LoadedNeuron, match: Match | None, held: int) -> None:
    ink = page.ink
    if match is None:
        page.line(("  █", ink.apart), (f" {counted(len(loaded.pooled), 'text')}", ink.muted))
        return
    rest = len(loaded.pooled) - held
    name = short(shown(match.name), LONGEST_NAME)
    page.line(
        ("  █", ink.held),
        (f" {counted(held, 'text')} with {name}   ", ink.muted),
        ("█", ink.apart),
        (f" {rest:,} without", ink.muted),
    )
