"""Loads what the detail pane shows of one neuron from the run, off the UI thread."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.review.candidates import PEAKS, Candidate
from neurotui.review.peak_marks import PeakMarks, peaking_at, words_at_peaks
from neurotui.store.table_faults import blaming

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from neurotui.store.run import Run
    from neurotui.types import Detail, Match, Split

_HOLDERS_KEPT = 512
_QUIET = 3


class SilentText(NamedTuple):
    """A text for which a descriptor holds but the neuron is quiet; ``pooled`` is its pooled activation."""

    pooled: float
    split: Split
    body: str


class LoadedNeuron(NamedTuple):
    """One neuron, with the texts and tokens for which its candidates hold.

    ``pooled`` (pooled texts,) is its pooled activation on each of ``pooled_texts``; ``holders[descriptor_id]`` are
    the ascending ids of the texts for which a text descriptor holds, ``phrases[descriptor_id]`` the phrases that
    were merged into it, each with its number of texts, and ``quiet[descriptor_id]`` those of its texts at which
    the neuron is quietest. ``peaking[descriptor_id]`` are the indices of the exemplars that peak where a token
    descriptor holds; ``words`` are the words before, at and after each exemplar's peak.
    """

    detail: Detail
    pooled: NDArray[np.float32]
    pooled_texts: NDArray[np.intp]
    holders: Mapping[int, NDArray[np.int32]]
    phrases: Mapping[int, tuple[tuple[str, int], ...]]
    quiet: Mapping[int, tuple[SilentText, ...]]
    peaking: Mapping[int, frozenset[int]] = MappingProxyType({})
    words: tuple[tuple[str, str, str], ...] = ()

    def match(self, candidate: Candidate) -> Match | None:
        """Return the neuron's match with a candidate's descriptor; None if the candidate has no descriptor."""
        if candidate.describer:
            named = (candidate.describer, candidate.text, candidate.side, candidate.scope)
            others = self.detail.others
            return next((one for one in others if (one.backend, one.name, one.side, one.scope) == named), None)
        wanted = (candidate.descriptor, candidate.side)
        return next((one for one in self.detail.matches if (one.descriptor_id, one.side) == wanted), None)

    def marked(self, candidate: Candidate) -> frozenset[int]:
        """Return the indices of the exemplars that a candidate holds for: their texts, or their peaks."""
        exemplars = self.detail.exemplars
        if candidate.descriptor in self.holders:
            texts = set(self.holders[candidate.descriptor].tolist())
            return frozenset(number for number, one in enumerate(exemplars) if one.text_id in texts)
        if candidate.origin == PEAKS:
            return peaking_at(candidate.text, self.words)
        return self.peaking.get(candidate.descriptor, frozenset())

    def holds(self, descriptor_id: int) -> NDArray[np.bool_]:
        """Return for which of the pooled texts a text descriptor holds: (pooled texts,)."""
        return np.isin(self.pooled_texts, self.holders[descriptor_id])


class NeuronLoader:
    """Loads neurons, one at a time, from any thread; caches the texts of recurring descriptors."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._pooled_texts = np.flatnonzero(run.texts().pooled)
        self._holders: dict[int, NDArray[np.int32]] = {}
        self._phrases: dict[int, tuple[tuple[str, int], ...]] = {}
        self._marks = PeakMarks(run)

    def load(self, neuron_id: int) -> LoadedNeuron:
        """Load one neuron; ``UserError`` if the run is damaged there."""
        with blaming(self._run.reader):
            return self._load(neuron_id)

    def _load(self, neuron_id: int) -> LoadedNeuron:
        detail = self._run.detail(neuron_id)
        ids = [match.descriptor_id for match in detail.matches if match.scope == "text"]
        words = words_at_peaks(detail.exemplars)
        with np.errstate(all="ignore"):  # NaN and infinity are drawn as such
            pooled = self._run.pooled(neuron_id)
        holders = {descriptor_id: self._holds(descriptor_id) for descriptor_id in ids}
        return LoadedNeuron(
            detail,
            pooled,
            self._pooled_texts,
            holders,
            self._phrases_behind(ids),
            self._quiet(pooled, holders),
            self._marks.of(detail.exemplars, detail.matches, words),
            words,
        )

    def _phrases_behind(self, ids: list[int]) -> dict[int, tuple[tuple[str, int], ...]]:
        unknown = [descriptor_id for descriptor_id in ids if descriptor_id not in self._phrases]
        if unknown:
            if len(self._phrases) >= _HOLDERS_KEPT:
                self._phrases.clear()
                unknown = ids
            self._phrases.update(self._run.phrases(unknown))
        return {descriptor_id: self._phrases[descriptor_id] for descriptor_id in ids}

    def _quiet(
        self, pooled: NDArray[np.float32], holders: Mapping[int, NDArray[np.int32]]
    ) -> dict[int, tuple[SilentText, ...]]:
        """Return, for each candidate's descriptor, its texts at which the neuron is quietest."""
        found: dict[int, NDArray[np.intp]] = {}
        for descriptor_id, texts in holders.items():
            places = np.flatnonzero(np.isin(self._pooled_texts, texts))
            found[descriptor_id] = places[np.argsort(pooled[places], kind="stable")[:_QUIET]]
        every = sorted({int(self._pooled_texts[place]) for places in found.values() for place in places})
        bodies = self._run.texts_of(every)
        return {
            descriptor_id: tuple(
                SilentText(float(pooled[place]), *bodies[int(self._pooled_texts[place])]) for place in places
            )
            for descriptor_id, places in found.items()
        }

    def _holds(self, descriptor_id: int) -> NDArray[np.int32]:
        if descriptor_id not in self._holders:
            if len(self._holders) >= _HOLDERS_KEPT:
                self._holders.clear()
            self._holders[descriptor_id] = self._run.holders(descriptor_id)
        return self._holders[descriptor_id]
