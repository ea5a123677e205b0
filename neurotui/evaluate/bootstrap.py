"""Ratios with 95 % percentile bootstrap intervals (Efron 1979).

The seed is fixed: the same run and labels give the same numbers. Agreement draws items for itself, in
``coefficients.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DRAWS = 2000
_AT_ONCE = 100  # draws held in memory together
_SEED = 0
_MANY = (
    20_000  # with at least this many neurons, equal ones are drawn together: the same distribution, much faster
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A ratio with its interval; ``of`` is its denominator. Ratio and interval are None if that is 0."""

    value: float | None
    lower: float | None
    upper: float | None
    of: int

    @property
    def with_interval(self) -> tuple[float | None, float | None, float | None]:
        """The ratio and both ends of its interval."""
        return self.value, self.lower, self.upper


def ratio(above: NDArray[np.floating], below: NDArray[np.floating]) -> Figure:
    """Return ``sum(above) / sum(below)``, both (neurons,), with its interval from resampling neurons."""
    return ratios(above[:, None], below[:, None])[0]


def ratios(above: NDArray[np.floating], below: NDArray[np.floating]) -> list[Figure]:
    """Return the ratio of each column of two arrays, both (neurons, figures), as ``ratio`` does.

    Every draw is of the same neurons for all figures: the interval of a difference is paired, and many figures
    take little longer than one.
    """
    totals, neurons = below.sum(axis=0), len(below)
    known = totals > 0
    if not known.any():
        return [Figure(None, None, None, 0) for _ in totals]
    values = above.sum(axis=0)[known] / totals[known]
    above, below = above[:, known], below[:, known]
    share = np.full(neurons, 1 / neurons)
    if neurons >= _MANY:
        kinds, counts = np.unique(np.concatenate([above, below], axis=1), axis=0, return_counts=True)
        above, below, share = *np.split(kinds, 2, axis=1), counts / neurons
    random = np.random.default_rng(_SEED)
    drawn = []
    for _ in range(_DRAWS // _AT_ONCE):
        weight = random.multinomial(neurons, share, size=_AT_ONCE)
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn.append((weight @ above) / (weight @ below))
    lower, upper = np.nanpercentile(np.concatenate(drawn), [2.5, 97.5], axis=0)
    found = map(Figure, values.tolist(), lower.tolist(), upper.tolist(), map(round, totals[known].tolist()))
    return [next(found) if there else Figure(None, None, None, 0) for there in known]
