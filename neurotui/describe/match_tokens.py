"""Tie descriptors to neurons at the sampled tokens: which of them best predicts the activation there.

Every neuron is compared with every descriptor, of either scope, on its activation and on the negative of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binom

from neurotui.describe.auroc import ALPHA, Scores, bounded
from neurotui.describe.found import Found, chosen
from neurotui.describe.weighted import Correlations, Held, area, average_precision, correlations

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from neurotui.store.records import TokenBlock

BEST = 10
"""So many token descriptors are kept a neuron."""

PREDICTS = 0.2
"""A token descriptor is described where its correlation, less one standard error, is at least this.

``studies/tokens.md`` compares this rule, and the two numbers below, with others.
"""

_PEAKING, _NEARLY = 0.5, 0.4
"""Where so many of the top exemplars peak at one word, it is said first, if it has so much of the best r."""


@dataclass(frozen=True, slots=True, eq=False)
class TokenEvidence:
    """What neurons are tied to at tokens.

    ``calibration`` and ``validation`` say where descriptors hold among each split's places, of which
    ``learned`` (places,) marks those of calibration. The first ``texts`` descriptors are text descriptors.
    ``exact`` (descriptors,) marks words, signs and pieces. ``peaks`` says for the top exemplars of calibration,
    and for the bottom ones, at how many of a neuron's each descriptor holds at the peak: (neurons, descriptors)
    is ``peaks[side] @ holds_at_peaks``; ``peaking[side]`` (neurons,) is how many exemplars there are.
    """

    calibration: Held
    validation: Held
    learned: NDArray[np.bool_]
    texts: int
    exact: NDArray[np.bool_]
    holds_at_peaks: csr_matrix
    peaks: dict[int, csr_matrix]
    peaking: dict[int, NDArray[np.int64]]
    pairs: int


@dataclass(frozen=True, slots=True, eq=False)
class _Split:
    """One split's figures for a block of neurons, of every descriptor of both scopes."""

    correlations: Correlations
    area: NDArray[np.float64]
    codes: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class AtTokens:
    """The correlations of a block of neurons with every descriptor of both scopes, and the best for tokens.

    ``certain`` (neurons, descriptors) is the correlation on calibration, whatever its sign, less one standard
    error.
    """

    calibration: Correlations
    validation: Correlations
    certain: NDArray[np.float64]
    found: Found


def match_tokens(block: TokenBlock, evidence: TokenEvidence) -> AtTokens:
    """Compare a block of neurons with every descriptor at tokens, and choose the best token descriptors."""
    activations = block.activations()
    splits = []
    for where, mask in ((evidence.calibration, evidence.learned), (evidence.validation, ~evidence.learned)):
        codes = np.ascontiguousarray(block.codes[:, mask])
        own = correlations(np.ascontiguousarray(activations[:, mask]), where)
        splits.append(_Split(own, area(codes, where), codes))
    here, there = splits
    certain = np.abs(here.correlations.r) - here.correlations.error
    neurons = slice(block.first, block.first + len(block.codes))
    at_peaks = {
        side: np.asarray((peaks[neurons] @ evidence.holds_at_peaks).todense(), dtype=np.int64)
        for side, peaks in evidence.peaks.items()
    }
    peaking = {side: count[neurons] for side, count in evidence.peaking.items()}
    best = _best(here.correlations.r, certain, at_peaks[1], peaking[1], evidence)
    return AtTokens(
        here.correlations,
        there.correlations,
        certain,
        _judged(best, here, there, certain, at_peaks, peaking, evidence),
    )


def _best(
    r: NDArray[np.float64],
    certain: NDArray[np.float64],
    at_peaks: NDArray[np.int64],
    peaking: NDArray[np.int64],
    evidence: TokenEvidence,
) -> NDArray[np.int64]:
    """Return each neuron's best token descriptors: (neurons, k), -1 where there are fewer.

    The most certain come first; but where half of the top exemplars peak at one word, that word leads, unless
    its correlation is much weaker.
    """
    own = certain.copy()
    own[:, : evidence.texts] = -np.inf
    k = min(BEST, own.shape[1] - evidence.texts)
    if k <= 0:
        return np.full((len(own), 0), -1)
    best = np.argpartition(-own, k - 1, axis=1)[:, :k]
    best = np.take_along_axis(
        best, np.argsort(-np.take_along_axis(own, best, axis=1), axis=1, kind="stable"), axis=1
    )
    strongest = np.abs(np.take_along_axis(r, best[:, :1], axis=1))
    word = (
        evidence.exact & (at_peaks >= np.maximum(_PEAKING * peaking[:, None], 1)) & (r >= _NEARLY * strongest)
    )
    worth = np.where(word, at_peaks + np.clip(r, 0, 1) / 2, 0)
    leading = worth.argmax(axis=1)
    for row in np.flatnonzero(worth.max(axis=1) > 0).tolist():
        rest = best[row][best[row] != leading[row]]
        best[row] = np.concatenate([leading[row : row + 1], rest])[:k]
    return np.where(np.isfinite(np.take_along_axis(own, best, axis=1)), best, -1)


def _judged(
    best: NDArray[np.int64],
    here: _Split,
    there: _Split,
    certain: NDArray[np.float64],
    at_peaks: dict[int, NDArray[np.int64]],
    peaking: dict[int, NDArray[np.int64]],
    evidence: TokenEvidence,
) -> Found:
    """Return the figures of the chosen pairs, each on the side that its correlation has."""
    side = np.where(chosen(here.correlations.r, best) < 0, -1, 1).astype(np.int8)
    learned = _sided(here, evidence.calibration, best, side, evidence.pairs)
    judged = _sided(there, evidence.validation, best, side, evidence.pairs)
    top_with = np.where(side > 0, chosen(at_peaks[1], best), chosen(at_peaks[-1], best))
    top_of = np.where(side > 0, peaking[1][:, None], peaking[-1][:, None])
    share = evidence.calibration.share[np.maximum(best, 0)]
    # The chance of so many peaks at what holds at this share of the tokens, for any of all pairs.
    lifted = binom.sf(top_with - 1, top_of, share) * evidence.pairs < ALPHA
    r_there = side * chosen(there.correlations.r, best)
    error_there = chosen(there.correlations.error, best)
    sure = chosen(certain, best)
    return Found(
        best,
        side,
        sure,
        learned.auroc,
        learned.lower,
        learned.upper,
        judged.auroc,
        average_precision(there.codes, evidence.validation, best, side),
        np.abs(chosen(here.correlations.r, best)),
        r_there,
        top_with,
        top_of,
        (sure >= PREDICTS) & (learned.beyond_chance | lifted),
        (r_there - error_there >= PREDICTS) & judged.beyond_chance,
    )


def _sided(split: _Split, where: Held, best: NDArray[np.int64], side: NDArray[np.int8], pairs: int) -> Scores:
    """Return the AUROCs of the chosen pairs with their bounds, of the negative for side -1: (neurons, k)."""
    own = chosen(split.area, best)
    own = np.where(side > 0, own, 1 - own)
    place = np.maximum(best, 0)
    return bounded(own, where.positives[place], where.negatives[place], pairs)
