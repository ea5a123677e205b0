"""How well some places stand above the others in one neuron's activation, where places have weights."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONFIDENCE = 0.95


def weighted_auroc(
    values: NDArray[np.float32], holds: NDArray[np.bool_], weights: NDArray[np.float32]
) -> float:
    """Return the area under the ROC curve, each place counted by its weight and ties half; all are (places,).

    It is the share, by weight, of the pairs of a place that holds and one that does not in which the first has
    the higher value (Mann and Whitney 1947). NaN where either sort weighs nothing.
    """
    _, level = np.unique(values, return_inverse=True)
    mass = weights.astype(np.float64)
    holding = np.bincount(level, mass * holds)
    others = np.bincount(level, mass * ~holds)
    below = np.cumsum(others) - others
    pairs = holding.sum() * others.sum()
    # A sum of many rounded parts may go beyond the whole.
    return min(float((holding * (below + others / 2)).sum() / pairs), 1.0) if pairs > 0 else float("nan")


def effective_number(weights: NDArray[np.float32]) -> float:
    """Return how many equal places would tell as much: ``(sum w)**2 / sum w**2`` (Kish 1965); 0 for none."""
    squares = float((weights.astype(np.float64) ** 2).sum())
    return float(weights.astype(np.float64).sum()) ** 2 / squares if squares else 0.0


def interval(area: float, holding: float, others: float) -> tuple[float, float]:
    """Return the ends of the 95 % interval of an AUROC: Hanley and McNeil 1982, equation 2.

    `holding` and `others` are numbers of places, or their effective numbers. At an area of exactly 0 or 1 their
    formula gives no spread, so the area is kept half a pair away from either.
    """
    half = 0.5 / max(holding * others, 1.0)
    a = min(max(area, half), 1 - half)
    above, below = a / (2 - a) - a * a, 2 * a * a / (1 + a) - a * a
    variance = (a * (1 - a) + (holding - 1) * above + (others - 1) * below) / (holding * others)
    margin = float(NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * np.sqrt(max(variance, 0.0)))
    return max(area - margin, 0.0), min(area + margin, 1.0)


def weighted_correlation(
    values: NDArray[np.float32], holds: NDArray[np.bool_], weights: NDArray[np.float32]
) -> float:
    """Return Pearson's correlation of values with whether places hold; NaN where either is constant."""
    mass = weights.astype(np.float64) / weights.astype(np.float64).sum()
    own = values - mass @ values
    other = holds - mass @ holds
    spread = np.sqrt((mass @ own**2) * (mass @ other**2))
    return float((mass * own) @ other / spread) if spread > 0 else float("nan")
