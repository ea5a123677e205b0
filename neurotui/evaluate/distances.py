"""How far two categories are from each other, for Krippendorff's alpha."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Distance(Protocol):
    """How far two categories are from each other: 0 if they are the same."""

    def between(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the distance of each two codes: (items,)."""

    def total(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the summed distances of all ordered pairs, for counts (draws, categories): (draws,)."""


class Nominal:
    """Categories without an order: two are the same, or they are not."""

    def between(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return 1 where two codes differ."""
        apart: NDArray[np.float64] = (first != second).astype(np.float64)
        return apart

    def total(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how many ordered pairs differ."""
        totals: NDArray[np.float64] = counts.sum(axis=1) ** 2 - (counts**2).sum(axis=1)
        return totals


class Cosine:
    """Categories with a direction, `vectors` (categories, dimensions) of length 1: the distance is 1 - cosine."""

    def __init__(self, vectors: NDArray[np.floating]) -> None:
        self._vectors = np.asarray(vectors, np.float64)

    def cosine(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the cosine of each two codes' vectors: (items,)."""
        cosines: NDArray[np.float64] = np.einsum("id,id->i", self._vectors[first], self._vectors[second])
        return cosines

    def between(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return 1 - cosine of each two codes; exactly 0 for the same code."""
        return np.where(first == second, 0.0, 1 - self.cosine(first, second))

    def total(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum over ordered pairs, by the length of the sum of all vectors: it needs no matrix."""
        sums = counts @ self._vectors
        totals: NDArray[np.float64] = counts.sum(axis=1) ** 2 - (sums**2).sum(axis=1)
        return np.maximum(totals, 0.0)
