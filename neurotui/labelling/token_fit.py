"""The fit of a label as words: how well the activation separates the places of its words from all others.

Only places of validation texts that are no exemplars of the neuron count: nobody who writes labels is shown them.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from neurotui.describe.auroc import interval
from neurotui.describe.descriptor_kinds import kind_of
from neurotui.describe.token_table import Places, tokens_of
from neurotui.describe.weighted_scores import area, correlations, held
from neurotui.labelling.label_words import FEWEST, LabelReader, LabelReading
from neurotui.labelling.types import NO_INTERVAL, AurocInterval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.store.run import Run
    from neurotui.types import Side

_NAN = float("nan")
_NO_TEXTS = np.zeros(0, np.int64)


class _ValidationPlaces(NamedTuple):
    """The sampled places of validation texts, with their weights and the text that each is of: all (places,)."""

    places: NDArray[np.int64]
    weights: NDArray[np.float32]
    text_ids: NDArray[np.int64]

    def without(self, shown: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the places that are in none of some texts, and their weights."""
        rest = ~np.isin(self.text_ids, shown)
        return self.places[rest], self.weights[rest]


class TokenFit(NamedTuple):
    """How a label fits as words: AUROC and correlation over validation places, what was read of it, why not."""

    measure: AurocInterval
    correlation: float
    reading: LabelReading
    note: str = ""


class TokenScorer:
    """Fits labels, read as words, to the neurons of one run. The token sample is read once, with the first."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @cached_property
    def _sample(self) -> tuple[_ValidationPlaces, LabelReader] | None:
        """The places of validation texts, and what reads labels; None without a token sample."""
        sample = self._run.token_sample()
        if not len(sample.text_id):
            return None
        place, descriptor = self._run.token_descriptors()
        order = np.argsort(descriptor, kind="stable")
        holding, descriptor = place[order].astype(np.int64), descriptor[order]
        own: dict[str, NDArray[np.int64]] = {}
        of_tokens = []
        for one in self._run.descriptors():
            if one.scope == "token" and one.name not in own:
                first, end = np.searchsorted(descriptor, [one.descriptor_id, one.descriptor_id + 1])
                own[one.name] = holding[first:end]
                if not kind_of(one.kind).has_meaning:
                    of_tokens.append(one.name)
        places = Places(sample.text_id, sample.position.astype(np.int32), sample.calibration, sample.weight)
        tokens = tokens_of(places, self._run.divided_texts(np.unique(sample.text_id).tolist()))
        judged = np.flatnonzero(~sample.calibration)
        validation = _ValidationPlaces(judged, sample.weight[judged], sample.text_id[judged].astype(np.int64))
        return validation, LabelReader(tokens, own, of_tokens)

    def read(self, label: str) -> LabelReading:
        """Return what a label says as words."""
        return self._sample[1].read(label) if self._sample is not None else LabelReading(np.zeros(0, np.int64))

    def score(self, neuron_id: int, label: str, side: Side = 1, shown: NDArray[np.int64] = _NO_TEXTS) -> TokenFit:
        """Return how a label fits a neuron as words; side -1 speaks of the negative of the activation.

        No place of a text that was `shown` counts, by text_id.

        The interval is that of Hanley and McNeil 1982, with the places' effective numbers. Where too few places
        hold the label, or too few do not, there is no fit, and a note says why.
        """
        reading = self.read(label)
        if self._sample is None:
            return TokenFit(NO_INTERVAL, _NAN, reading, "the run has no token sample")
        if not reading.understood:
            return TokenFit(NO_INTERVAL, _NAN, reading)
        judged, weights = self._sample[0].without(shown)
        holds = np.isin(judged, reading.places)
        holding = int(holds.sum())
        if min(holding, len(holds) - holding) < FEWEST:
            too = "few" if holding < FEWEST else "many"
            note = f"too {too} tokens to tell, {holding:,} of the {len(holds):,} held out"
            return TokenFit(NO_INTERVAL, _NAN, reading, note)
        block, where = self._run.token_block(neuron_id), held(csr_matrix(holds[:, None], dtype=float), weights)
        above = float(area(block.codes[:, judged], where)[0, 0])
        above = above if side > 0 else 1 - above
        measure = AurocInterval(above, *interval(above, where.positives[0], where.negatives[0]))
        r = side * float(correlations(block.activations()[:, judged], where).r[0, 0])
        return TokenFit(measure, r, reading)
