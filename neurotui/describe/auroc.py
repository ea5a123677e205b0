"""How well an activation tells the texts with a descriptor from those without: exact, for all pairs at once."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALPHA = 0.05
"""The chance that any of all the bounds of a run is wrong (Bonferroni over the pairs)."""

_FEWEST = 2  # with fewer texts on either side there is no spread to speak of


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """How well each neuron tells the texts with a descriptor from those without; all (neurons, descriptors).

    ``lower`` and ``upper`` bound ``auroc`` for all pairs of the run at once; ``error`` is its standard error.
    ``beyond_chance``: further from 1/2 than any of all pairs would be by chance.
    """

    auroc: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    error: NDArray[np.float64]
    beyond_chance: NDArray[np.bool_]


def mid_ranks(values: NDArray[np.generic]) -> NDArray[np.float64]:
    """Rank each row of `values` (neurons, texts) from 1; equal values share the mean of their ranks."""
    neurons, texts = values.shape
    order = np.argsort(values, axis=1, kind="stable")  # a radix sort for the 16-bit codes of a run
    ordered = np.take_along_axis(values, order, axis=1)
    first, last = tie_ends(ordered)
    ranks = np.empty((neurons, texts))
    np.put_along_axis(ranks, order, (first + last) / 2 + 1, axis=1)
    return ranks


def tie_ends(ordered: NDArray[np.generic]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For rows in order, return where the run of equal values around each position begins and ends."""
    neurons, texts = ordered.shape
    positions = np.broadcast_to(np.arange(texts), (neurons, texts))
    changes = np.ones((neurons, texts + 1), np.bool_)
    changes[:, 1:-1] = ordered[:, 1:] != ordered[:, :-1]
    first = np.maximum.accumulate(np.where(changes[:, :-1], positions, 0), axis=1)
    ends = np.where(changes[:, 1:], positions, texts)
    last = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1]
    return first, last


def auroc(values: NDArray[np.generic], holds: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the exact area under the ROC curve of every pair, ties counted half.

    `values` is (neurons, texts), `holds` (texts, descriptors); the result (neurons, descriptors) is
    ``(R / p - (p + 1) / 2) / (n - p)`` with R the rank sum of the p texts that hold the descriptor (Mann and
    Whitney 1947), and NaN where all texts hold it or none does.
    """
    texts = holds.shape[0]
    positives = holds.sum(axis=0, dtype=np.float64)
    sums = mid_ranks(values) @ holds.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        area: NDArray[np.float64] = (sums / positives - (positives + 1) / 2) / (texts - positives)
    return area


def standard_error(area: NDArray[np.float64], positives: NDArray[np.int64], texts: int) -> NDArray[np.float64]:
    """Return the standard error of each AUROC (neurons, descriptors): Hanley and McNeil 1982, equation 2.

    `positives` (descriptors,) counts the texts with each descriptor among `texts`. At an area of exactly 0 or 1
    their formula gives no spread, so the area is kept half a pair away from either.
    """
    p = positives.astype(np.float64)
    q = texts - p
    a = np.clip(area, 0.5 / np.maximum(p * q, 1), 1 - 0.5 / np.maximum(p * q, 1))
    both_above = a / (2 - a)
    above_both = 2 * a * a / (1 + a)
    variance = a * (1 - a) + (p - 1) * (both_above - a * a) + (q - 1) * (above_both - a * a)
    with np.errstate(divide="ignore", invalid="ignore"):
        error: NDArray[np.float64] = np.sqrt(variance / (p * q))
    return error


def score(values: NDArray[np.generic], holds: NDArray[np.bool_], pairs: int) -> Scores:
    """Score every pair of a block of neurons; `pairs` is the number of pairs of the whole run.

    The bounds are ``auroc -+ z * standard error`` with z the normal quantile at ``1 - ALPHA / pairs``, so that
    all of them hold at once. Beyond chance is what lies above 1/2 by z times the spread of the AUROC where
    texts and activations have nothing to do with each other: ``sqrt((n + 1) / (12 p q))`` for p of n texts with
    the descriptor and q without (Mann and Whitney 1947). A descriptor that too few texts hold or lack gets NaN
    and is never beyond chance.
    """
    area = auroc(values, holds)
    positives = holds.sum(axis=0)
    few = (positives < _FEWEST) | (len(holds) - positives < _FEWEST)
    area[:, few] = np.nan
    error = standard_error(area, positives, len(holds))
    z = NormalDist().inv_cdf(1 - ALPHA / max(pairs, 1))
    by_chance = np.sqrt((len(holds) + 1) / (12 * np.maximum(positives * (len(holds) - positives), 1)))
    return Scores(
        area, area - z * error, np.minimum(area + z * error, 1.0), error, area - 1 / 2 > z * by_chance
    )


def average_precision(
    values: NDArray[np.generic], holds: NDArray[np.bool_], pairs: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the average precision of some pairs: `pairs` (neurons, k) names k descriptors for each neuron.

    Texts with equal activations come in together: each positive counts the precision at the end of its tie,
    which is the sum over thresholds of precision times the gain in recall.
    """
    descending = values.max() - values
    order = np.argsort(descending, axis=1, kind="stable")
    _, last = tie_ends(np.take_along_axis(descending, order, axis=1))
    found = np.empty(pairs.shape)
    for row, descriptors in enumerate(pairs):
        held = holds[order[row]][:, descriptors]
        precision = np.cumsum(held, axis=0)[last[row]] / (last[row] + 1)[:, None]
        with np.errstate(invalid="ignore"):
            found[row] = (precision * held).sum(axis=0) / held.sum(axis=0)
    return found
