"""What the detail pane shows of one neuron, read from the run away from the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from neurotui.store.run import Run
    from neurotui.words import Detail

_HOLDERS_KEPT = 512


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One neuron with what its candidates hold for.

    ``pooled`` is its pooled activation on each of ``pooled_texts``; ``holders[descriptor_id]`` are the ids of
    the texts for which a candidate holds, rising.
    """

    detail: Detail
    pooled: NDArray[np.float32]
    pooled_texts: NDArray[np.intp]
    holders: Mapping[int, NDArray[np.int32]]

    def holds(self, descriptor_id: int) -> NDArray[np.bool_]:
        """Return on which of the pooled texts a candidate holds: (pooled texts,)."""
        return np.isin(self.pooled_texts, self.holders[descriptor_id])


class Reader:
    """Reads sheets, one at a time, from any thread; keeps the texts of the descriptors that come up again."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._pooled_texts = np.flatnonzero(run.texts().pooled)
        self._holders: dict[int, NDArray[np.int32]] = {}

    def sheet(self, neuron_id: int) -> Sheet:
        """Read one neuron; ``Refusal`` if the run is damaged there."""
        detail = self._run.detail(neuron_id)
        ids = [match.descriptor_id for match in detail.matches]
        with np.errstate(all="ignore"):  # figures that are no numbers are drawn as such
            pooled = self._run.pooled(neuron_id)
        return Sheet(
            detail,
            pooled,
            self._pooled_texts,
            {descriptor_id: self._holds(descriptor_id) for descriptor_id in ids},
        )

    def _holds(self, descriptor_id: int) -> NDArray[np.int32]:
        if descriptor_id not in self._holders:
            if len(self._holders) >= _HOLDERS_KEPT:
                self._holders.clear()
            self._holders[descriptor_id] = self._run.holders(descriptor_id)
        return self._holders[descriptor_id]
