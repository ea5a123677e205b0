"""Ratios with 95 % percentile bootstrap intervals (Efron 1979).

The seed is fixed: the same run and labels give the same numbers.
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
    20_000  # from so many on, equal neurons are drawn together: the same distribution in a fraction of the time
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A ratio with its interval; ``of`` is its denominator. Ratio and interval are None if that is 0."""

    value: float | None
    lower: float | None
    upper: float | None
    of: int


def ratio(above: NDArray[np.floating], below: NDArray[np.floating]) -> Figure:
    """Return ``sum(above) / sum(below)``, both (neurons,), with its interval from resampling neurons."""
    total = below.sum()
    if total == 0:
        return Figure(None, None, None, 0)
    value, neurons = float(above.sum() / total), len(below)
    share = np.full(neurons, 1 / neurons)
    if neurons >= _MANY:
        kinds, counts = np.unique(np.stack([above, below], axis=1), axis=0, return_counts=True)
        above, below, share = kinds[:, 0], kinds[:, 1], counts / neurons
    random = np.random.default_rng(_SEED)
    drawn = []
    for _ in range(_DRAWS // _AT_ONCE):
        weight = random.multinomial(neurons, share, size=_AT_ONCE)
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn.append((weight @ above) / (weight @ below))
    lower, upper = np.nanpercentile(np.concatenate(drawn), [2.5, 97.5])
    return Figure(value, float(lower), float(upper), round(total))
