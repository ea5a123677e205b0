"""Figures with intervals: 95 % percentile bootstrap (Efron 1979).

Drawn with a fixed seed: the same run and labels give the same numbers.
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


@dataclass(frozen=True, slots=True)
class Figure:
    """A ratio with its interval; ``of`` counts what the ratio is over. All three are None over nothing."""

    value: float | None
    lower: float | None
    upper: float | None
    of: int


def ratio(above: NDArray[np.floating], below: NDArray[np.floating]) -> Figure:
    """Return ``sum(above) / sum(below)``, both (neurons,), with its interval from drawing neurons again."""
    total = below.sum()
    if total == 0:
        return Figure(None, None, None, 0)
    random = np.random.default_rng(_SEED)
    even = np.full(len(below), 1 / len(below))
    drawn = []
    for _ in range(_DRAWS // _AT_ONCE):
        weight = random.multinomial(len(below), even, size=_AT_ONCE)
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn.append((weight @ above) / (weight @ below))
    lower, upper = np.nanpercentile(np.concatenate(drawn), [2.5, 97.5])
    return Figure(float(above.sum() / total), float(lower), float(upper), round(total))
