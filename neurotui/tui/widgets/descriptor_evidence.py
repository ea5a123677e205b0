"""The evidence for a candidate: the phrases merged into it, and its texts at which the neuron is quiet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from neurotui.tui.widgets.text_layout import LONGEST_NAME, Page, Piece, right, shown, wrapped
from neurotui.wording import figure, short

if TYPE_CHECKING:
    from neurotui.review.neuron_loader import LoadedNeuron
    from neurotui.types import Match

_PHRASES = 12
_LINES = 2
_GUTTER = 15
_SPACES = re.compile(r"\s+")


def draw(page: Page, loaded: LoadedNeuron, match: Match) -> None:
    """Add both to a page, for one match of the neuron."""
    name, ink = short(shown(match.name), LONGEST_NAME), page.ink
    phrases = loaded.phrases.get(match.descriptor_id, ())
    if phrases:
        page.heading(f"behind {name}", "phrases, and from how many texts")
        told = [f"{shown(phrase)} {texts:,}" for phrase, texts in phrases[:_PHRASES]]
        rest = [f"{len(phrases) - _PHRASES:,} more"] if len(phrases) > _PHRASES else []
        page.paragraph(" · ".join([*told, *rest]), ink.text)
        page.blank()
    quiet = loaded.quiet.get(match.descriptor_id, ())
    if not quiet:
        return
    page.heading(f"texts of {name} that leave it quiet", "pooled activation")
    for text in quiet:
        gutter: tuple[Piece, ...] = (
            (right(figure(text.pooled), 8), ink.text),
            (f" {text.split[:3]}   ", ink.faint),
        )
        rows = wrapped(_SPACES.sub(" ", shown(text.body)).strip(), max(1, page.width - _GUTTER - 1))
        if len(rows) > _LINES:
            rows = [*rows[: _LINES - 1], short(f"{rows[_LINES - 1]} …", page.width - _GUTTER)]
        for row in rows:
            page.line(*gutter, (row, ink.muted))
            gutter = ((" " * _GUTTER, ink.text),)
    page.blank()
