"""How well activations separate texts with a descriptor from those without: exact AUROC of all pairs at once."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from neurotui.describe.ranks import by_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from neurotui.describe.ranks import Ranks

ALPHA = 0.05
"""The probability that any of a run's bounds is wrong (Bonferroni-corrected for the number of pairs)."""

CONFIDENCE = 0.95
"""The confidence level of a single AUROC's interval, without correction."""

_EXACT = 2**23  # float32 adds halves without an error up to here
_NOBODY = np.iinfo(np.int32).max
# Pairs judged at once: few enough for a processor's cache, enough for threads not to wait for one another.
_PAIRS = 512
_FEWEST = 2  # with fewer texts on either side there is no spread to speak of


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """The AUROC of each neuron and descriptor; all (neurons, descriptors).

    ``lower`` and ``upper`` bound ``auroc`` for all pairs of the run at once; ``error`` is its standard error.
    ``beyond_chance``: further above 1/2 than any of the pairs would be by chance, at level ``ALPHA``.
    """

    auroc: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    error: NDArray[np.float64]
    beyond_chance: NDArray[np.bool_]


def auroc(found: Ranks, holds: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the exact area under the ROC curve of every pair, ties counted half: (neurons, descriptors).

    `found` ranks (neurons, texts), `holds` is (texts, descriptors). The area is ``1/2 + R / (p q)``
    with R the sum of the ranks, counted from the middle, of the p texts that hold the descriptor, and q the
    number of the others (Mann and Whitney 1947). NaN where p or q is 0.
    """
    positives = holds.sum(axis=0, dtype=np.float64)
    area = _sums(found.middle, holds)
    with np.errstate(divide="ignore", invalid="ignore"):
        area /= positives * (len(holds) - positives)
    area += 1 / 2
    return area


def _sums(middle: NDArray[np.float32], holds: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Add up, exactly, the ranks of the texts that hold each descriptor: (neurons, descriptors).

    float32 is multiplied twice as fast as float64, and adds halves without an error up to ``_EXACT``. No choice
    of n texts' ranks adds up to more than n * n / 8, and none of m of them to more than m * n / 2: where the
    one is too much, so few texts are multiplied at once that the other is not.
    """
    texts, flags = len(holds), holds.astype(np.float32)
    at_once = max(texts, 1) if texts**2 <= 8 * _EXACT else 2 * _EXACT // texts
    sums = np.zeros((len(middle), holds.shape[1]))
    for first in range(0, texts, at_once):
        sums += middle[:, first : first + at_once] @ flags[first : first + at_once]
    return sums


def standard_error(
    area: NDArray[np.float64], positives: NDArray[Any], negatives: NDArray[Any]
) -> NDArray[np.float64]:
    """Return the standard error of each AUROC (neurons, descriptors): Hanley and McNeil 1982, equation 2.

    `positives` and `negatives`, (descriptors,) or one a pair, count the texts or places with and without a
    descriptor, or are effective numbers of them. At an area of exactly 0 or 1 their formula gives no spread, so
    the area is kept half a pair away from either. With b = 1 - a for the area a, their ``a / (2 - a) - a * a``
    is ``a b b / (1 + b)`` and their ``2 a a / (1 + a) - a * a`` is ``a b a / (1 + a)``.
    """
    p, q = positives.astype(np.float64), negatives.astype(np.float64)
    half = 0.5 / np.maximum(p * q, 1)
    a = np.clip(area, half, 1 - half)
    b = 1 - a
    variance = a * b * (1 + (p - 1) * b / (1 + b) + (q - 1) * a / (1 + a))
    with np.errstate(divide="ignore", invalid="ignore"):
        error: NDArray[np.float64] = np.sqrt(variance / (p * q))
    return error


def interval(area: float, positives: float, negatives: float) -> tuple[float, float]:
    """Return the ends of the 95 % interval of one AUROC; the numbers are as in ``standard_error``."""
    error = standard_error(np.array([[area]]), np.array([positives]), np.array([negatives]))
    margin = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * float(error[0, 0])
    return max(area - margin, 0.0), min(area + margin, 1.0)


def score(found: Ranks, holds: NDArray[np.bool_], pairs: int) -> Scores:
    """Score every pair of a block of neurons; `pairs` is the number of pairs of the whole run."""
    positives = holds.sum(axis=0)
    return bounded(auroc(found, holds), positives, len(holds) - positives, pairs)


def bounded(area: NDArray[np.float64], positives: NDArray[Any], negatives: NDArray[Any], pairs: int) -> Scores:
    """Return AUROCs, (neurons, descriptors), with bounds; `pairs` is the number of pairs of the whole run.

    `positives` and `negatives`, (descriptors,) or one a pair, are as in ``standard_error``.

    The bounds are ``auroc -+ z * standard error`` with z the normal quantile at ``1 - ALPHA / (2 * pairs)``, so
    that all of them hold at once. Beyond chance is what lies above 1/2 by the quantile at ``1 - ALPHA / pairs``
    times the spread of the AUROC where texts and activations have nothing to do with each other, which is
    ``sqrt((p + q + 1) / (12 p q))`` for p texts with the descriptor and q without (Mann and Whitney 1947). A
    descriptor that too few texts hold or lack gets NaN and is never beyond chance.
    """
    positives, negatives = np.broadcast_to(positives, area.shape), np.broadcast_to(negatives, area.shape)
    one_sided, two_sided = (NormalDist().inv_cdf(1 - ALPHA / (sides * max(pairs, 1))) for sides in (1, 2))
    lower, upper, error = np.empty_like(area), np.empty_like(area), np.empty_like(area)
    beyond_chance = np.empty(area.shape, np.bool_)

    def judge(part: slice) -> None:
        own, p, q = area[part], positives[part], negatives[part]
        own[np.minimum(p, q) < _FEWEST] = np.nan
        error[part] = standard_error(own, p, q)
        by_chance = np.sqrt((p + q + 1) / (12 * np.maximum(p * q, 1)))
        margin = two_sided * error[part]
        np.subtract(own, margin, out=lower[part])
        np.minimum(own + margin, 1.0, out=upper[part])
        np.greater(own - 1 / 2, one_sided * by_chance, out=beyond_chance[part])

    by_rows(judge, len(area))
    return Scores(area, lower, upper, error, beyond_chance)


def texts_of(holds: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Return which texts hold each descriptor, as rows of `holds` (texts, descriptors)."""
    return [np.flatnonzero(column) for column in holds.T]


def average_precision(
    found: Ranks, holding: Sequence[NDArray[np.intp]], pairs: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the average precision of some pairs: `pairs` (neurons, k) names descriptors, -1 for none.

    `holding` has the rows of the texts that hold each descriptor, as ``texts_of`` returns them.

    The sum over thresholds of precision times the gain in recall, which is the mean, over the texts that hold
    the descriptor, of the precision among all texts as active as they are or more: texts with equal
    activations come in together. NaN for none, and for a descriptor that no text holds.
    """
    precision = np.full(pairs.shape, np.nan)
    counts = np.array([len(texts) for texts in holding], np.intp)
    flat = pairs.reshape(-1)
    asked = np.flatnonzero((flat >= 0) & (counts[flat] > 0))
    # Pairs whose descriptors as many texts hold go together: in one table there is little to fill up.
    asked = asked[np.argsort(counts[flat[asked]], kind="stable")]

    def judge(part: slice) -> None:
        own = asked[part]
        descriptors, place = np.unique(flat[own], return_inverse=True)
        count = counts[descriptors]
        texts = np.zeros((len(descriptors), count.max()), np.intp)
        for row, descriptor in enumerate(descriptors.tolist()):
            texts[row, : count[row]] = holding[descriptor]
        at_least = found.at_least.take((own // pairs.shape[1] * found.at_least.shape[1])[:, None] + texts[place])
        at_least[np.arange(count.max()) >= count[place, None]] = _NOBODY
        precision.reshape(-1)[own] = _mean_precision(at_least, count[place])

    by_rows(judge, len(asked), _PAIRS)
    return precision


def _mean_precision(at_least: NDArray[np.int32], count: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return each row's mean precision, over its first `count` texts once they are sorted.

    `at_least` (pairs, texts) says how many texts are as active or more, and ``_NOBODY`` behind the last.
    """
    at_least.sort(axis=1)  # the most active text first
    precision = np.arange(1, at_least.shape[1] + 1) / at_least
    same = np.zeros(at_least.shape, np.bool_)
    np.equal(at_least[:, 1:], at_least[:, :-1], out=same[:, 1:])
    same &= at_least != _NOBODY
    repeats = np.flatnonzero(same)
    if len(repeats):
        # Of equally active texts the last knows how many hold the descriptor up to there.
        start = np.flatnonzero(np.diff(repeats, prepend=-2) != 1)
        more = np.diff(start, append=len(repeats))
        first = repeats[start] - 1
        each = precision.reshape(-1)
        each[first] = last = each[first + more]
        each[repeats] = np.repeat(last, more)
    # Added up one by one: what stands behind the last changes nothing, not even a rounding.
    total = np.cumsum(precision, axis=1)[np.arange(len(count)), count - 1]
    mean: NDArray[np.float64] = total / count
    return mean
