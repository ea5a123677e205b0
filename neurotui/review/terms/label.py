"""``label:music``: the neurons whose accepted label is just this."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.review.terms.protocol import TermKind
from neurotui.spelling import compared

if TYPE_CHECKING:
    from neurotui.review.terms.protocol import Columns, Mask


class LabelIs(NamedTuple):
    """Neurons whose accepted label is just this, as texts are compared."""

    text: str

    def mask(self, columns: Columns) -> Mask:
        """Return which neurons these are: (neurons,)."""
        found: Mask = np.zeros(len(columns.overview), np.bool_)
        found[[row for row, label in columns.labels.items() if compared(label) == self.text]] = True
        return found


def filter_text(label: str) -> str:
    """Return the filter for a label; "" for one that no filter can name."""
    return f'label:"{label}"' if label and '"' not in label else ""


def _parse(_sign: str, value: str) -> LabelIs | str:
    return LabelIs(compared(value)) if value else "which label? label:music"


TERM = TermKind(
    key="label",
    parse=_parse,
    example="label:music",
    help=("label:music", 'what was accepted for it, or label:"night sky"'),
)
