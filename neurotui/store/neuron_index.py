"""Which row of a run's columns is which neuron's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.types import Neuron

_UNIT_BITS = 32


class NeuronIndex:
    """Finds neurons among columns of `layer` and `unit`, both (neurons,), in any order.

    ``positions`` (neurons,) holds layer and unit in one number, by which neurons are in the order of their names;
    ``by_name`` (neurons,) lists the rows in that order.
    """

    def __init__(self, layer: NDArray[np.int16], unit: NDArray[np.int32]) -> None:
        self.positions: NDArray[np.int64] = (layer.astype(np.int64) << _UNIT_BITS) | unit
        self.by_name: NDArray[np.intp] = np.argsort(self.positions, kind="stable")

    def find(self, neuron: Neuron) -> int | None:
        """Return a neuron's row, or None if it is not there."""
        key = (neuron.layer << _UNIT_BITS) | neuron.unit
        place = int(np.searchsorted(self.positions, key, sorter=self.by_name))
        if place == len(self.positions):
            return None
        row = int(self.by_name[place])
        return row if self.positions[row] == key else None
