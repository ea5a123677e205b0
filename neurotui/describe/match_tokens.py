"""Match descriptors to neurons at the sampled tokens, by how well they predict the activation there.

Every neuron is compared with every descriptor, of either scope, on its activation and on the negative of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.describe.auroc import Scores, bounded
from neurotui.describe.best_matches import BestMatches, chosen
from neurotui.describe.described_rule import (
    AtPeaks,
    Peaking,
    certainty,
    contradicts,
    leading,
    peaking,
    token_described,
    token_holds_up,
)
from neurotui.describe.weighted_scores import Correlations, Held, area, average_precision, correlations

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from neurotui.store.run_tables import TokenBlock
    from neurotui.types import Side

BEST_TOKENS = 8
"""How many token descriptors are kept for each neuron."""


class Splits(NamedTuple):
    """Where some descriptors hold among the sampled tokens, for each split."""

    calibration: Held
    validation: Held


@dataclass(frozen=True, slots=True, eq=False)
class TokenEvidence:
    """Everything that neurons are compared with at the sampled tokens.

    ``learned`` (tokens of the sample,) marks the tokens of the calibration split. ``tokens`` are the token
    descriptors, whose ids begin at ``first_id``; ``texts`` are the text descriptors, each of which holds at all
    tokens of its texts. ``exact`` (token descriptors,) marks single words, signs and pieces, and ``unsure`` (token
    descriptors,) is how many of its standard errors are taken off a correlation.

    ``peaks[side]`` (neurons, peak tokens) marks where the calibration exemplars peak: the top ones for side 1, the
    bottom ones for side -1, and none for a neuron that is merely quiet on that side. ``holds_at_peaks`` (peak
    tokens, token descriptors) marks the descriptors that hold there. ``pairs`` is the number of all pairs of a
    neuron and a token descriptor.
    """

    learned: NDArray[np.bool_]
    tokens: Splits
    texts: Splits
    first_id: int
    exact: NDArray[np.bool_]
    unsure: NDArray[np.float64]
    peaks: dict[Side, csr_matrix]
    holds_at_peaks: csr_matrix
    pairs: int


class TokenMatches(NamedTuple):
    """The matches of a block of neurons at tokens.

    ``calibration`` and ``validation`` are the correlations with the text descriptors on each split, ``found`` the
    best token descriptors.
    """

    calibration: Correlations
    validation: Correlations
    found: BestMatches


class _Split(NamedTuple):
    """One split of a block of neurons: activation codes (neurons, tokens), and the figures of all descriptors."""

    codes: NDArray[np.uint8]
    where: Held
    correlations: Correlations
    area: NDArray[np.float64]


def match_tokens(block: TokenBlock, evidence: TokenEvidence) -> TokenMatches:
    """Compare a block of neurons with every descriptor at tokens, and choose the best token descriptors."""
    activations = block.activations()
    splits, of_texts = [], []
    for number, mask in enumerate((evidence.learned, ~evidence.learned)):
        own, where = np.ascontiguousarray(activations[:, mask]), evidence.tokens[number]
        codes = np.ascontiguousarray(block.codes[:, mask])
        splits.append(_Split(codes, where, correlations(own, where), area(codes, where)))
        of_texts.append(correlations(own, evidence.texts[number]))
    here, there = splits
    neurons = slice(block.first, block.first + len(block.codes))
    at_peaks = {side: _at_peaks(peaks[neurons], evidence) for side, peaks in evidence.peaks.items()}
    peaks = peaking(here.correlations.r, at_peaks, here.where.share)
    best = _best(here.correlations, at_peaks, peaks, evidence.exact, evidence.unsure)
    return TokenMatches(of_texts[0], of_texts[1], _judged(best, here, there, at_peaks, peaks, evidence))


def _at_peaks(peaks: csr_matrix, evidence: TokenEvidence) -> AtPeaks:
    held = (peaks @ evidence.holds_at_peaks).toarray()
    return AtPeaks(held.astype(np.int64), np.asarray(peaks.sum(axis=1), np.int64).ravel())


def _best(
    found: Correlations,
    at_peaks: dict[Side, AtPeaks],
    peaks: Peaking,
    exact: NDArray[np.bool_],
    unsure: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return each neuron's best token descriptors: (neurons, k), the leading one first, then by certainty."""
    certain = certainty(np.abs(found.r), found.error, unsure)
    certain[contradicts(found.r, at_peaks)] = 0
    k = min(BEST_TOKENS, certain.shape[1])
    if not k:
        return np.empty((len(certain), 0), np.int64)
    best = np.argpartition(-certain, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(certain, best, axis=1), axis=1, kind="stable")
    best = np.take_along_axis(best, order, axis=1)
    for row, first in enumerate(leading(found, certain, at_peaks, peaks, exact).tolist()):
        best[row] = np.concatenate([[first], best[row][best[row] != first]])[:k]
    return best


def _judged(
    best: NDArray[np.int64],
    here: _Split,
    there: _Split,
    at_peaks: dict[Side, AtPeaks],
    peaks: Peaking,
    evidence: TokenEvidence,
) -> BestMatches:
    """Return the figures of the chosen pairs, each on the side that its correlation has."""
    r = chosen(here.correlations.r, best)
    side = np.where(r < 0, -1, 1).astype(np.int8)
    learned, judged = (_scores(split, best, side, evidence.pairs) for split in (here, there))
    unsure = evidence.unsure[best]
    certain = certainty(np.abs(r), chosen(here.correlations.error, best), unsure)
    peaks = Peaking(*(chosen(values, best) for values in peaks))
    contradicting = chosen(contradicts(here.correlations.r, at_peaks), best)
    r_there = side * chosen(there.correlations.r, best)
    return BestMatches(
        evidence.first_id + best,
        side,
        certain,
        learned.auroc,
        learned.lower,
        learned.upper,
        judged.auroc,
        average_precision(there.codes, there.where, best, side),
        np.abs(r),
        r_there,
        peaks.held,
        peaks.of,
        token_described(certain, learned, peaks, evidence.pairs, contradicting),
        token_holds_up(certainty(r_there, chosen(there.correlations.error, best), unsure), judged),
    )


def _scores(split: _Split, best: NDArray[np.int64], side: NDArray[np.int8], pairs: int) -> Scores:
    """Return the AUROCs of the chosen pairs with their bounds, of the negative for side -1: (neurons, k)."""
    own = chosen(split.area, best)
    return bounded(
        np.where(side > 0, own, 1 - own), split.where.positives[best], split.where.negatives[best], pairs
    )
