"""Ranks of activations, exact and quick: one sort of each neuron's texts serves every descriptor."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_CODES = 2**16
# Rows worked on at once: so few that what is worked out on the way stays in a processor's cache.
_ROWS = 64
# Rows counted at once: their tables stay in the cache too, and threads seldom wait for one another.
_COUNTED = 4


class Ranks(NamedTuple):
    """The ranks of the texts for each neuron; both (neurons, texts).

    ``middle`` float32 is the rank counted from the middle, equal activations sharing the mean of their ranks:
    of n texts the lowest has ``-(n - 1) / 2``, the highest ``(n - 1) / 2``, and a row's sum is 0. All are whole
    or halves, and exact up to 2**23 texts. ``at_least`` int32 is how many texts, itself among them, have an
    activation as high or higher.
    """

    middle: NDArray[np.float32]
    at_least: NDArray[np.int32]


def ranks(values: NDArray[np.generic]) -> Ranks:
    """Rank each row of `values` (neurons, texts); rows are shared out among the machine's cores."""
    found = Ranks(np.empty(values.shape, np.float32), np.empty(values.shape, np.int32))
    by_rows(lambda part: _rank(_codes(values[part]), found.middle[part], found.at_least[part]), len(values))
    return found


def by_rows(work: Callable[[slice], None], rows: int, at_once: int = _ROWS) -> None:
    """Call `work` with a few rows at a time, shared out among the machine's cores, until all are done."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(work, [slice(first, first + at_once) for first in range(0, rows, at_once)]))


def _rank(codes: NDArray[np.integer], middle: NDArray[np.float32], at_least: NDArray[np.int32]) -> None:
    """Fill in the ranks of some rows.

    A table with a place for every code says how many texts have it or a lower one: the texts are numbered in
    rising order, and of equal ones the last to be written stays. In falling order it says how many have it or a
    higher one. Half the difference of the two is the rank, counted from the middle.
    """
    texts = codes.shape[1]
    size = max(_CODES, texts)
    table = np.empty(_COUNTED * size, np.int32)
    own_table = size * np.arange(_COUNTED)[:, None]
    numbers = np.tile(np.arange(1, texts + 1, dtype=np.int32), _COUNTED)
    for first in range(0, len(codes), _COUNTED):
        part = slice(first, first + _COUNTED)
        place = codes[part] + own_table[: len(codes[part])]
        rising = np.sort(codes[part], axis=1) + own_table[: len(place)]
        table[rising.reshape(-1)] = numbers[: place.size]
        at_most = table.take(place)
        table[rising[:, ::-1].reshape(-1)] = numbers[: place.size]
        table.take(place, out=at_least[part], mode="clip")  # any other mode would go through a buffer
        at_most -= at_least[part]
        np.multiply(at_most, 0.5, out=middle[part], casting="unsafe")


def _codes(values: NDArray[np.generic]) -> NDArray[np.integer]:
    """Return 16-bit codes as they are, and for other values their place among those of their row."""
    if values.dtype == np.uint16:
        # Columns that were picked out lie across memory, and each row would be gathered anew by every step.
        return np.ascontiguousarray(values)
    return np.stack([np.unique(row, return_inverse=True)[1] for row in values])
