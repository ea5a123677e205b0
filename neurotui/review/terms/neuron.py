"""``L3.797`` and ``L3``: one neuron by its name, or its whole layer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from neurotui.review.terms.layer import Layers
from neurotui.review.terms.protocol import BareKind

if TYPE_CHECKING:
    from neurotui.review.terms.protocol import Columns, Mask

_NEURON = re.compile(r"[lL](\d{1,5})(?:\.(\d{0,9}))?", re.ASCII)


class NeuronNamed(NamedTuple):
    """One neuron by its name."""

    layer: int
    unit: int

    def mask(self, columns: Columns) -> Mask:
        """Return a mask with at most one neuron set: (neurons,)."""
        found: Mask = (columns.overview.layer == self.layer) & (columns.overview.unit == self.unit)
        return found


def _parse(text: str) -> NeuronNamed | Layers | None:
    name = _NEURON.fullmatch(text)
    if name is None:
        return None
    layer = int(name[1])
    return NeuronNamed(layer, int(name[2])) if name[2] else Layers(layer, layer)


TERM = BareKind(parse=_parse, help=("L3.797", "that neuron; L3 is its layer"))
