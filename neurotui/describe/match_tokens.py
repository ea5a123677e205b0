"""Match descriptors to neurons at the sampled tokens, by how well they predict the activation there.

Every neuron is compared with every descriptor, of either scope, on its activation and on the negative of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import binom

from neurotui.describe.auroc import ALPHA, Scores, bounded
from neurotui.describe.best_matches import PREDICTS, BestMatches, chosen
from neurotui.describe.weighted import Correlations, Held, area, average_precision, correlations

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from neurotui.store.records import TokenBlock
    from neurotui.types import Side

BEST_TOKENS = 8
"""So many token descriptors are kept a neuron."""

COVERED = 0.4
"""So many of the exemplars must peak where a descriptor holds for it to speak of the peaks."""

_NEARLY = 0.95
"""A descriptor that speaks of the peaks is said before the most certain one, if it is so nearly as certain."""

_BARE, _NEARLY_IF_BARE, _COVERED_IF_BARE = 0.1, 0.75, 0.2
"""Where fewer of the exemplars peak at what is most certain, one less certain and of fewer peaks will do."""

_BEYOND_PEAKS, _AT_NO_PEAK, _FEW = 0.02, 0.1, 4
"""So much more certain what is described must be where it does not speak of the peaks, or holds at none.

The second is not asked where the exemplars are too few to tell.
"""

_PEAKING, _PEAKING_R, _EASED = 0.5, 0.45, 0.8
"""Where so many of the top exemplars peak at one word, it is said first, if it has so much of the best r.

The more of them peak at it, the less is asked, by ``_EASED`` times what they are more: .05 where all do.
``studies/tokens.md`` compares this rule with others.
"""


class Splits(NamedTuple):
    """Where some descriptors hold among the places of either split."""

    calibration: Held
    validation: Held


@dataclass(frozen=True, slots=True, eq=False)
class TokenEvidence:
    """What neurons are tied to at the places of the token sample; ``learned`` marks those of calibration.

    ``tokens`` are the token descriptors, whose ids begin at ``first_id``; ``texts`` the text descriptors, each
    of which holds at all tokens of a text. Of the token descriptors ``exact`` (descriptors,) marks words, signs
    and pieces, and ``unsure`` (descriptors,) says how much of the standard error is taken off a correlation.
    ``peaks[side]`` (neurons, tokens) says where the exemplars of calibration peak, the top ones for side 1 and
    the bottom ones for -1, none for a neuron that is merely quiet on that side, ``holds_at_peaks`` (tokens,
    descriptors) what holds there. ``pairs`` is the number of pairs of all neurons and token descriptors.
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
    """A block of neurons at tokens: the correlations with text descriptors, and the best token descriptors."""

    calibration: Correlations
    validation: Correlations
    found: BestMatches


class _Split(NamedTuple):
    """A split of a block of neurons: codes (neurons, places), and the figures of every token descriptor."""

    codes: NDArray[np.uint8]
    where: Held
    correlations: Correlations
    area: NDArray[np.float64]


class _AtPeaks(NamedTuple):
    """At how many exemplars' peaks each descriptor holds, (neurons, descriptors), of how many, (neurons,)."""

    held: NDArray[np.int64]
    of: NDArray[np.int64]

    @property
    def share(self) -> NDArray[np.float64]:
        """The share of the exemplars at whose peaks each descriptor holds; 0 where there are none."""
        return self.held / np.maximum(self.of, 1)[:, None]


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
    best = _best(here.correlations, at_peaks, here.where.share, evidence.exact, evidence.unsure)
    return TokenMatches(of_texts[0], of_texts[1], _judged(best, here, there, at_peaks, evidence))


def _at_peaks(peaks: csr_matrix, evidence: TokenEvidence) -> _AtPeaks:
    held = (peaks @ evidence.holds_at_peaks).toarray()
    return _AtPeaks(held.astype(np.int64), np.asarray(peaks.sum(axis=1), np.int64).ravel())


def _best(
    found: Correlations,
    at_peaks: dict[Side, _AtPeaks],
    share: NDArray[np.float64],
    exact: NDArray[np.bool_],
    unsure: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return each neuron's best token descriptors: (neurons, k).

    The most certain come first, but for the first of all: of those that are nearly as certain as the best and
    hold where enough of the exemplars peak, the one whose certainty times the share of the peaks is highest for
    the share of the tokens at which it holds. And where half of the top exemplars peak at one word, that word
    leads, unless its correlation is much weaker for how many peak there.
    """
    certain = np.abs(found.r) - unsure * found.error
    certain[_contradicts(found.r, at_peaks)] = 0
    k = min(BEST_TOKENS, certain.shape[1])
    if not k:
        return np.empty((len(certain), 0), np.int64)
    best = np.argpartition(-certain, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(certain, best, axis=1), axis=1, kind="stable")
    best, rows = np.take_along_axis(best, order, axis=1), np.arange(len(best))
    covered = np.where(found.r > 0, at_peaks[1].share, at_peaks[-1].share)
    surest, bare = certain[rows, best[:, 0]][:, None], covered[rows, best[:, 0]][:, None] < _BARE
    near = (certain > 0) & (certain >= np.where(bare, _NEARLY_IF_BARE, _NEARLY) * surest)
    near &= covered >= np.where(bare, _COVERED_IF_BARE, COVERED)
    # What holds at half of the tokens holds at half of any peaks: by the root of its share it pays for that.
    worth = np.where(near, certain * covered / np.sqrt(np.maximum(share, np.finfo(float).tiny)), -np.inf)
    leading = np.where(near.any(axis=1), worth.argmax(axis=1), best[:, 0])
    strongest = np.abs(found.r[rows, best[:, 0]])[:, None]
    asked = _PEAKING_R - _EASED * (at_peaks[1].share - _PEAKING)
    word = exact & (at_peaks[1].share >= _PEAKING) & (found.r >= asked * strongest)
    peaking = np.where(word, at_peaks[1].held + found.r / 2, 0)
    leading = np.where(peaking.max(axis=1) > 0, peaking.argmax(axis=1), leading)
    for row, first in enumerate(leading.tolist()):
        best[row] = np.concatenate([[first], best[row][best[row] != first]])[:k]
    return best


def _contradicts(r: NDArray[np.float64], at_peaks: dict[Side, _AtPeaks]) -> NDArray[np.bool_]:
    """Return which pairs would call a neuron negative, or silent, where its top exemplars peak.

    That may be so on average; who sees the exemplars would not believe it.
    """
    contradicts: NDArray[np.bool_] = (r < 0) & (at_peaks[1].share >= COVERED)
    return contradicts


def _judged(
    best: NDArray[np.int64],
    here: _Split,
    there: _Split,
    at_peaks: dict[Side, _AtPeaks],
    evidence: TokenEvidence,
) -> BestMatches:
    """Return the figures of the chosen pairs, each on the side that its correlation has."""
    r = chosen(here.correlations.r, best)
    side = np.where(r < 0, -1, 1).astype(np.int8)
    learned, judged = (_scores(split, best, side, evidence.pairs) for split in (here, there))
    top_with = np.where(side > 0, chosen(at_peaks[1].held, best), chosen(at_peaks[-1].held, best))
    top_of = np.where(side > 0, at_peaks[1].of[:, None], at_peaks[-1].of[:, None])
    # The chance that so many exemplars peak at what holds at this share of the tokens, for any of all pairs.
    lifted = binom.sf(top_with - 1, top_of, here.where.share[best]) * evidence.pairs < ALPHA
    unsure = evidence.unsure[best]
    certain = np.abs(r) - unsure * chosen(here.correlations.error, best)
    at_none = (top_with == 0) & (top_of >= _FEW)
    speaks = (top_with > 0) & (top_with >= COVERED * top_of)
    asked = np.where(at_none, _AT_NO_PEAK, np.where(speaks, 0, _BEYOND_PEAKS))
    sure = certain >= PREDICTS + asked
    sure &= ~chosen(_contradicts(here.correlations.r, at_peaks), best)
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
        top_with,
        top_of,
        sure & (learned.beyond_chance | lifted),
        (r_there - unsure * chosen(there.correlations.error, best) >= PREDICTS) & judged.beyond_chance,
    )


def _scores(split: _Split, best: NDArray[np.int64], side: NDArray[np.int8], pairs: int) -> Scores:
    """Return the AUROCs of the chosen pairs with their bounds, of the negative for side -1: (neurons, k)."""
    own = chosen(split.area, best)
    return bounded(
        np.where(side > 0, own, 1 - own), split.where.positives[best], split.where.negatives[best], pairs
    )
