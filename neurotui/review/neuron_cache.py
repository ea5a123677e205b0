"""A cache of neuron details: loads the requested neuron first, then prefetches its neighbours, one at a time."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from neurotui.review.latest_only import LatestOnly

if TYPE_CHECKING:
    from collections.abc import Callable

    from neurotui.review.neuron_loader import LoadedNeuron

_KEPT = 64


class NeuronCache:
    """The neurons that were loaded last.

    `start` starts loading one in the background; the loader then calls ``came`` or ``failed`` once. A new request
    replaces those that still wait, so that a held key never queues up work.
    """

    def __init__(self, start: Callable[[int], None]) -> None:
        self._reading = LatestOnly(start)
        self._kept: OrderedDict[int, LoadedNeuron] = OrderedDict()

    def ask(self, neuron_id: int, *ahead: int) -> LoadedNeuron | None:
        """Return a loaded neuron, or None and load it; then load those `ahead`, which may be requested next."""
        self._reading.want(*(wanted for wanted in (neuron_id, *ahead) if wanted not in self._kept))
        loaded = self._kept.get(neuron_id)
        if loaded is not None:
            self._kept.move_to_end(neuron_id)
        return loaded

    def came(self, loaded: LoadedNeuron) -> None:
        """Keep a neuron that was loaded, and load the next one requested."""
        self._kept[loaded.detail.neuron_id] = loaded
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        self._go_on(loaded.detail.neuron_id)

    def failed(self, neuron_id: int) -> None:
        """Give up on a neuron, and load the next one requested."""
        self._go_on(neuron_id)

    def _go_on(self, neuron_id: int) -> None:
        self._reading.over()
        self._reading.want(*(wanted for wanted in self._reading.waiting if wanted != neuron_id))
