"""How well an activation tells the texts with a descriptor from those without: exact, for all pairs at once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.describe.ranks import Ranks

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


def auroc(found: Ranks, holds: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the exact area under the ROC curve of every pair, ties counted half.

    `found` ranks (neurons, texts), `holds` is (texts, descriptors); the result (neurons, descriptors) is
    ``(R / p - (p + 1) / 2) / (n - p)`` with R the rank sum of the p texts that hold the descriptor (Mann and
    Whitney 1947), and NaN where all texts hold it or none does.
    """
    texts = holds.shape[0]
    positives = holds.sum(axis=0, dtype=np.float64)
    sums = found.middle @ holds.astype(np.float64)
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


def score(found: Ranks, holds: NDArray[np.bool_], pairs: int) -> Scores:
    """Score every pair of a block of neurons; `pairs` is the number of pairs of the whole run.

    The bounds are ``auroc -+ z * standard error`` with z the normal quantile at ``1 - ALPHA / (2 * pairs)``, so
    that all of them hold at once. Beyond chance is what lies above 1/2 by the quantile at ``1 - ALPHA / pairs``
    times the spread of the AUROC where texts and activations have nothing to do with each other, which is
    ``sqrt((n + 1) / (12 p q))`` for p of n texts with the descriptor and q without (Mann and Whitney 1947). A
    descriptor that too few texts hold or lack gets NaN and is never beyond chance.
    """
    area = auroc(found, holds)
    positives = holds.sum(axis=0)
    few = (positives < _FEWEST) | (len(holds) - positives < _FEWEST)
    area[:, few] = np.nan
    error = standard_error(area, positives, len(holds))
    one_sided, two_sided = (NormalDist().inv_cdf(1 - ALPHA / (sides * max(pairs, 1))) for sides in (1, 2))
    by_chance = np.sqrt((len(holds) + 1) / (12 * np.maximum(positives * (len(holds) - positives), 1)))
    return Scores(
        area,
        area - two_sided * error,
        np.minimum(area + two_sided * error, 1.0),
        error,
        area - 1 / 2 > one_sided * by_chance,
    )


def average_precision(found: Ranks, holds: NDArray[np.bool_], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the average precision of some pairs: `pairs` (neurons, k) names descriptors, -1 for none.

    The sum over thresholds of precision times the gain in recall, which is the mean, over the texts that hold
    the descriptor, of the precision among all texts as active as they are or more: texts with equal
    activations come in together. NaN for none, and for a descriptor that no text holds.
    """
    precision = np.full(pairs.shape, np.nan)
    row, column = np.divmod(np.argsort(pairs, axis=None, kind="stable"), pairs.shape[1])
    ordered = pairs[row, column]

    def judge(descriptor: int) -> None:
        own = slice(*np.searchsorted(ordered, [descriptor, descriptor + 1]))
        texts = np.flatnonzero(holds[:, descriptor])
        if len(texts):
            at_least = found.at_least.take((row[own] * len(holds))[:, None] + texts)
            precision[row[own], column[own]] = _mean_precision(at_least)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(judge, np.unique(ordered[ordered >= 0]).tolist()))
    return precision


def _mean_precision(at_least: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return each row's mean precision; `at_least` (pairs, texts) says how many texts are as active or more."""
    at_least.sort(axis=1)  # the most active text first
    texts = at_least.shape[1]
    held = np.arange(1, texts + 1)
    tied = at_least[:, 1:] == at_least[:, :-1]
    if tied.any():
        # Of equally active texts the last knows how many hold the descriptor up to there.
        last = np.where(np.pad(~tied, ((0, 0), (0, 1)), constant_values=True), held, texts)
        held = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    mean: NDArray[np.float64] = (held / at_least).mean(axis=1)
    return mean
