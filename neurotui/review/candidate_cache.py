"""The candidates of each neuron: worked out when they are first asked for, and kept until they may change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.review.candidates import Candidate, arranged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from neurotui.review.candidates import BothFits
    from neurotui.store.labels import Labels
    from neurotui.store.records import Overview
    from neurotui.types import Peak, Side

_KEPT = 64


class CandidateCache:
    """What each neuron can be labelled with, by neuron_id. ``backends[descriptor_id]`` proposed a descriptor.

    Whoever learns something that candidates depend on says so: ``know_fits``, ``know_peaks``, or ``forget``
    where the journal has more of a neuron.
    """

    def __init__(self, overview: Overview, labels: Labels, backends: Sequence[str]) -> None:
        self._overview = overview
        self._labels = labels
        self._backends = backends
        # By neuron_id and label; what the journal knows of them already need not be here.
        self._fits: dict[int, dict[str, BothFits]] = {}
        # By neuron_id: the words at which exemplars peak, of the neurons that were read.
        self._peaks: dict[int, tuple[Peak, ...]] = {}
        self._arranged: dict[int, list[Candidate]] = {}

    def of(self, neuron_id: int) -> list[Candidate]:
        """Return a neuron's candidates as ``arranged`` puts them."""
        found = self._arranged.get(neuron_id)
        if found is None:
            if len(self._arranged) >= _KEPT:
                self._arranged.clear()
            found = self._arranged[neuron_id] = self._work_out(neuron_id)
        return found

    def side(self, neuron_id: int) -> Side:
        """Return which side of a neuron a person speaks of: that of what is said of it first."""
        return next((side for _, side in self._matched(neuron_id)), 1)

    def fits(self, neuron_id: int) -> Mapping[str, BothFits]:
        """Return how labels fit a neuron, of those that were measured in this sitting."""
        return self._fits.get(neuron_id, {})

    def know_fits(self, neuron_id: int, fits: Mapping[str, BothFits]) -> None:
        """Take in how labels fit a neuron."""
        self._fits.setdefault(neuron_id, {}).update(fits)
        self.forget(neuron_id)

    def know_peaks(self, neuron_id: int, peaks: tuple[Peak, ...]) -> None:
        """Take in the words at which a neuron's exemplars peak."""
        if self._peaks.get(neuron_id) != peaks:
            self._peaks[neuron_id] = peaks
            self.forget(neuron_id)

    def forget(self, neuron_id: int) -> None:
        """Work a neuron's candidates out anew when they are next asked for."""
        self._arranged.pop(neuron_id, None)

    def _work_out(self, neuron_id: int) -> list[Candidate]:
        overview = self._overview
        matched = [
            Candidate(overview.names[one], self._backends[one], (), one, side, overview.scopes[one])
            for one, side in self._matched(neuron_id)
        ]
        proposals = self._labels.proposals(overview.neuron(neuron_id))
        return arranged(matched, self._peaks.get(neuron_id, ()), proposals, self.fits(neuron_id))

    def _matched(self, neuron_id: int) -> list[tuple[int, Side]]:
        """Return the descriptors that a neuron was tied to, best first, each with its side."""
        columns = (self._overview.matched[neuron_id].tolist(), self._overview.sides[neuron_id].tolist())
        return [(one, 1 if side > 0 else -1) for one, side in zip(*columns, strict=True) if one >= 0]
