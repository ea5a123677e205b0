"""Ranks of activations, exact and quick: one sort of each neuron's texts serves every descriptor."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CODE_BITS = 16
_CODES, _HALF = np.uint32(0xFFFF), 0x8000
# Rows ranked at once: so few that what is worked out on the way stays in a processor's cache.
_ROWS = 64


class Ranks(NamedTuple):
    """Where each text stands among a neuron's texts; both (neurons, texts).

    ``middle`` float64 counts from 1 at the lowest activation, equal ones sharing the mean of their ranks.
    ``at_least`` int32 is how many texts, itself among them, have an activation as high or higher.
    """

    middle: NDArray[np.float64]
    at_least: NDArray[np.int32]


def ranks(values: NDArray[np.generic]) -> Ranks:
    """Rank each row of `values` (neurons, texts); rows are shared out among the machine's cores."""
    # Columns that were picked out lie across memory, and each row would be gathered anew by every step.
    values = np.ascontiguousarray(values)
    found = Ranks(np.empty(values.shape), np.empty(values.shape, np.int32))
    parts = [slice(first, first + _ROWS) for first in range(0, len(values), _ROWS)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda part: _rank(values[part], found.middle[part], found.at_least[part]), parts))
    return found


def _rank(values: NDArray[np.generic], middle: NDArray[np.float64], at_least: NDArray[np.int32]) -> None:
    """Fill in the ranks of some rows."""
    rows, texts = values.shape
    order, ordered = _in_order(values)
    first = np.tile(np.arange(texts, dtype=np.uint32), (rows, 1))
    both = 2 * first  # twice the middle of a run of one
    # Most values stand alone: only the places that equal the one before them are looked at.
    same = np.zeros((rows, texts), np.bool_)
    np.equal(ordered[:, 1:], ordered[:, :-1], out=same[:, 1:])
    tied = np.flatnonzero(same)
    if len(tied):
        begins = np.append(True, tied[1:] != tied[:-1] + 1)
        run = np.cumsum(begins) - 1
        start, end = tied[begins] - 1, tied[np.append(begins[1:], True)]
        flat = first.reshape(-1)
        mean = flat[start] + flat[end]
        both.reshape(-1)[tied], both.reshape(-1)[start] = mean[run], mean
        flat[tied] = flat[start][run]
    np.multiply(_to_texts(order, both), 0.5, out=middle)
    middle += 1
    np.subtract(texts, _to_texts(order, first), out=at_least, casting="unsafe")


def _to_texts(order: NDArray[np.uint32], figures: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Put what stands at each place of a row where its text stands: ``order`` says which text that is."""
    if figures.shape[1] > _HALF:
        found = np.empty_like(figures)
        np.put_along_axis(found, order.astype(np.int64), figures, axis=1)
        return found
    # A sort again, which threads share where an assignment by index would keep them waiting.
    packed = (order << _CODE_BITS) | figures
    packed.sort(axis=1)
    codes: NDArray[np.uint32] = np.bitwise_and(packed, _CODES, dtype=np.uint32)
    return codes


def _in_order(values: NDArray[np.generic]) -> tuple[NDArray[np.uint32], NDArray[np.generic]]:
    """Return which text comes at each place of a row in rising order, and the values in that order."""
    texts = values.shape[1]
    if values.dtype != np.uint16 or texts > _CODES + 1:
        order = np.argsort(values, axis=1, kind="stable")
        return order.astype(np.uint32), np.take_along_axis(values, order, axis=1)
    # A code and its place in one number: numpy sorts numbers several times as fast as it finds their order.
    packed = (values.astype(np.uint32) << _CODE_BITS) | np.arange(texts, dtype=np.uint32)
    packed.sort(axis=1)
    return np.bitwise_and(packed, _CODES, dtype=np.uint32), packed >> _CODE_BITS
