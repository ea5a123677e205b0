"""How near in meaning is near (≈), and which descriptor names and peak words of a run are that near to a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurotui.describe.descriptor_kinds import kind_of
from neurotui.labelling.types import NearName, Nearness
from neurotui.spelling import compared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.models.protocol import Encoder
    from neurotui.store.run import Run
    from neurotui.types import Progress

NEAR_COSINE = 0.58
"""The cosine from which a name is near: in the list, and where evaluations compare labels by meaning.

Of the demo's names, music is near to songs, band, guitar, tune and orchestra; television and school, which are
near to nearly everything, stay below.
"""

_FEWEST_EXEMPLARS = 2
_LEAST_SHARE = 0.15
_NEAREST = 3


class MeaningIndex:
    """The encoded names of one run: of its descriptors, and of the words that exemplars peak at."""

    def __init__(self, run: Run, encoder: Encoder, progress: Progress) -> None:
        self._encoder = encoder
        self._overview = run.overview()
        peaks = run.all_peaks()
        kept = (peaks.side > 0) & (peaks.exemplars >= _FEWEST_EXEMPLARS)
        words = [compared(word) for word in peaks.word[kept].tolist()]
        said = [
            compared(name) if kind_of(kind).has_meaning else ""
            for name, kind in zip(self._overview.names, self._overview.kinds, strict=True)
        ]
        self._names = sorted({*words, *said} - {""})
        place = {name: number for number, name in enumerate(self._names)}
        self._of_descriptor = np.array([*(place.get(name, -1) for name in said), -1])
        self._of_peak = np.array([place[word] for word in words], np.int64)
        self._peaking = peaks.neuron_id[kept]
        # All neurons have as many top exemplars, but for those of small data sets.
        self._share = peaks.exemplars[kept] / max(int(peaks.exemplars.max(initial=1)), 1)
        self._vectors = encoder.encode(self._names, progress)

    def near(self, word: str) -> Nearness:
        """Return what is near to a word or phrase in meaning, and how near each neuron is.

        A neuron is as near as what is said of it first, by the cosine times the score of that; or as the words
        that its top exemplars peak at, by the sum of their cosines, each times its share of the exemplars.
        Names that contain the word itself are not counted: they are found without a meaning.
        """
        wanted = compared(word)
        cosine = self._vectors @ self._encoder.encode([wanted], lambda *_: None)[0]
        other = np.array([wanted not in name for name in self._names], np.bool_)
        close = np.where(other & (cosine >= NEAR_COSINE), cosine, 0.0)
        first = self._of_descriptor[self._overview.matched[:, 0]]
        said = np.where((first >= 0) & self._overview.described, close[first] if len(close) else 0.0, 0.0)
        neurons = np.maximum(said * np.nan_to_num(self._overview.score), 0.0)
        if len(self._of_peak):
            near = close[self._of_peak] > 0
            share = self._sum(self._share * near)
            peaked = self._sum(self._share * close[self._of_peak])
            neurons = np.maximum(neurons, np.where(share >= _LEAST_SHARE, peaked, 0.0))
        order = np.argsort(-cosine, kind="stable")
        order = order[other[order]][: max(_NEAREST, np.count_nonzero(close))]
        names = [self._named(number, float(cosine[number])) for number in order.tolist()]
        told = [one for one in names if one.cosine >= NEAR_COSINE and one.neurons]
        told.sort(key=lambda one: -one.cosine * one.neurons)
        return Nearness(tuple(told), tuple(names[:_NEAREST]), np.minimum(neurons, 1.0).astype(np.float32))

    def _sum(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        sums: NDArray[np.float64] = np.bincount(self._peaking, values, len(self._overview)).astype(np.float64)
        return sums

    def _named(self, number: int, cosine: float) -> NearName:
        first = self._of_descriptor[self._overview.matched[:, 0]] == number
        peaking = np.zeros(len(self._overview), np.bool_)
        peaking[self._peaking[self._of_peak == number]] = True
        called = bool((self._of_descriptor == number).any())
        return NearName(self._names[number], cosine, int((first | peaking).sum()), called=called)
