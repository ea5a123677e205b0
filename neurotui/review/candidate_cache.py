"""A cache of each neuron's candidates: computed on first use, dropped when they may have changed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from neurotui.review.candidates import Candidate, arranged
from neurotui.review.fit_cache import Fits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from neurotui.labelling.types import Fit
    from neurotui.review.fit_cache import BothFits
    from neurotui.review.visible_labels import VisibleLabels
    from neurotui.store.run_tables import Overview
    from neurotui.types import Match, Peak, Side

_KEPT, _PLACES_KEPT = 64, 4096


class CandidateCache:
    """Candidate labels by neuron_id. ``backends[descriptor_id]`` is the backend that proposed a descriptor.

    Callers report whatever candidates depend on: new fits to ``know_fits``, a neuron that was read to ``know``,
    and one with new journal events to ``forget``.
    """

    def __init__(self, overview: Overview, labels: VisibleLabels, backends: Sequence[str]) -> None:
        self._overview = overview
        self._labels = labels
        self._backends = backends
        self._fits = Fits()
        # By neuron_id: the words at which exemplars peak, for the neurons that were read so far.
        self._peaks: dict[int, tuple[Peak, ...]] = {}
        # Likewise, what describers beside the run's own say.
        self._theirs: dict[int, tuple[Match, ...]] = {}
        self._arranged: dict[int, list[Candidate]] = {}
        # By neuron_id: the place of each candidate, by its identity, where it was seen last.
        self._places: dict[int, dict[tuple[str, int, int, str], int]] = {}
        self._own: Sequence[str] = ()

    def of(self, neuron_id: int) -> list[Candidate]:
        """Return a neuron's candidates as ``arranged`` puts them; those that were there keep their numbers.

        What comes from elsewhere, others' labels of the neuron and one's own of other neurons, comes last: whoever
        has read a number and presses it means what they have read.
        """
        found = self._arranged.get(neuron_id)
        if found is None:
            if len(self._arranged) >= _KEPT:
                self._arranged.clear()
            found = self._work_out(neuron_id)
            if places := self._places.get(neuron_id):
                found.sort(key=lambda one: places.get(one.identity, len(places)))
            elif len(self._places) >= _PLACES_KEPT:
                self._places.clear()
            self._places[neuron_id] = {one.identity: place for place, one in enumerate(found)}
            self._arranged[neuron_id] = found
        return found

    def side(self, neuron_id: int) -> Side:
        """Return the side that a typed label of this neuron is about: that of its first match."""
        return next((side for _, side in self._matched(neuron_id)), 1)

    def fit(self, neuron_id: int, label: str) -> BothFits:
        """Return the fit measured in this session for a label that is no candidate."""
        return self._fits.of(neuron_id, label)

    def know_fits(self, neuron_id: int, fits: Iterable[Fit]) -> None:
        """Record fits of a neuron's labels."""
        self._fits.keep(neuron_id, fits)
        self.forget(neuron_id)

    def know(self, neuron_id: int, peaks: tuple[Peak, ...], others: tuple[Match, ...] = ()) -> None:
        """Record what was read of a neuron: the words at which it peaks, and what other describers say of it."""
        if (self._peaks.get(neuron_id), self._theirs.get(neuron_id, ())) != (peaks, others):
            self._peaks[neuron_id] = peaks
            self._theirs[neuron_id] = others
            self.forget(neuron_id)

    def know_own(self, labels: Sequence[str]) -> None:
        """Record the annotator's own labels, newest first: candidates of every neuron."""
        if labels != self._own:
            self._own = labels
            self._arranged.clear()

    def forget(self, neuron_id: int, *, places: bool = True) -> None:
        """Drop a neuron's candidates, and their numbers unless their `places` are kept: both are found anew."""
        self._arranged.pop(neuron_id, None)
        if places:
            self._places.pop(neuron_id, None)

    def _work_out(self, neuron_id: int) -> list[Candidate]:
        overview = self._overview
        matched = [
            Candidate(overview.names[one], self._backends[one], (), one, side, overview.scopes[one])
            for one, side in self._matched(neuron_id)
        ]
        theirs = [
            Candidate(
                one.name, one.backend, (), -1, one.side, one.scope, describer=one.backend, thin=not one.described
            )
            for one in self._theirs.get(neuron_id, ())
        ]
        peaks = self._peaks.get(neuron_id, ())
        neuron = overview.neuron(neuron_id)
        if self._labels.hides_machine(neuron):
            matched, theirs, peaks = [], [], ()
        fit_of = partial(self._fits.of, neuron_id)
        return arranged(matched, peaks, self._labels.proposals(neuron), fit_of, self._own, theirs)

    def _matched(self, neuron_id: int) -> list[tuple[int, Side]]:
        """Return the descriptors matched to a neuron, best first, each with its side."""
        columns = (self._overview.matched[neuron_id].tolist(), self._overview.sides[neuron_id].tolist())
        return [(one, 1 if side > 0 else -1) for one, side in zip(*columns, strict=True) if one >= 0]
