"""Which sheets to read, and when: one at a time, the wanted one first, the next row's ahead of time."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from neurotui.review.latest import LatestOnly

if TYPE_CHECKING:
    from collections.abc import Callable

    from neurotui.review.neuron_loader import LoadedNeuron

_KEPT = 64


class NeuronCache:
    """The sheets that were read last.

    `start` begins to read one in the background; whoever does that calls ``came`` or ``failed`` once. Asking
    while one is being read replaces what was asked before, so that a held key never queues up work.
    """

    def __init__(self, start: Callable[[int], None]) -> None:
        self._reading = LatestOnly(start)
        self._kept: OrderedDict[int, LoadedNeuron] = OrderedDict()

    def ask(self, neuron_id: int, *ahead: int) -> LoadedNeuron | None:
        """Return a sheet if it is there; else read it, and then those that may be asked for next."""
        self._reading.want(*(wanted for wanted in (neuron_id, *ahead) if wanted not in self._kept))
        sheet = self._kept.get(neuron_id)
        if sheet is not None:
            self._kept.move_to_end(neuron_id)
        return sheet

    def came(self, sheet: LoadedNeuron) -> None:
        """Keep a sheet that was read, and go on to the next that is wanted."""
        self._kept[sheet.detail.neuron_id] = sheet
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        self._go_on(sheet.detail.neuron_id)

    def failed(self, neuron_id: int) -> None:
        """Give up on one, and go on to the next that is wanted."""
        self._go_on(neuron_id)

    def _go_on(self, neuron_id: int) -> None:
        self._reading.over()
        self._reading.want(*(wanted for wanted in self._reading.waiting if wanted != neuron_id))
