"""``best:tune``: the neurons whose best descriptor has exactly this name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.review.terms.protocol import TermKind
from neurotui.spelling import compared

if TYPE_CHECKING:
    from neurotui.review.terms.protocol import Columns, Mask


class BestIs(NamedTuple):
    """Neurons whose best descriptor has just this name, as texts are compared."""

    name: str

    def mask(self, columns: Columns) -> Mask:
        """Return which neurons these are: (neurons,)."""
        overview = columns.overview
        same = np.array([*(compared(name) == self.name for name in overview.names), False])
        found: Mask = same[overview.matched[:, 0]]
        return found


def filter_text(name: str, *, quotes: bool = True) -> str:
    """Return the filter for a best descriptor's name, or for all its parts between quotes if it has any.

    Without `quotes`, the name must be one word.
    """
    if not quotes:
        return f"best:{name}"
    if '"' not in name and name:
        return f'best:"{name}"'
    return " ".join(f'"{part}"' for part in name.split('"') if part.strip())


def _parse(_sign: str, value: str) -> BestIs | str:
    return BestIs(compared(value)) if value else 'which descriptor? best:"night sky"'


TERM = TermKind(
    key="best",
    parse=_parse,
    example='best:"night sky"',
    help=("best:tune", 'the best descriptor, or best:"night sky"'),
)
