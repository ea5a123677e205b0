"""``layer:3`` and ``layer:3-5``: the neurons of one layer, or of several."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from neurotui.review.terms.protocol import TermKind, quoted

if TYPE_CHECKING:
    from neurotui.review.terms.protocol import Columns, Mask

_LAYERS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?", re.ASCII)


class Layers(NamedTuple):
    """Layers from `first` to `last`, both included."""

    first: int
    last: int

    def mask(self, columns: Columns) -> Mask:
        """Return the neurons in these layers: (neurons,)."""
        layer = columns.overview.layer
        return (layer >= self.first) & (layer <= self.last)


def filter_text(layer: int) -> str:
    """Return the filter that shows a layer."""
    return f"layer:{layer}"


def _parse(_sign: str, value: str) -> Layers | str:
    if not value:
        return "which layer? layer:3 or layer:3-5"
    found = _LAYERS.fullmatch(value)
    if not found:
        return f"{quoted(value)} is no layer: layer:3 or layer:3-5"
    first, last = int(found[1]), int(found[2] or found[1])
    return Layers(first, last) if first <= last else f"layers {first} to {last} run backwards"


TERM = TermKind(key="layer", parse=_parse, example="layer:3-5", help=("layer:3-5", "or layer:3"))
