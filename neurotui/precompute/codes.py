"""Activations as codes: each neuron's row from 0 at its lowest to the highest code at its highest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from neurotui.firing import FIRES_FROM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike, NDArray

# Rows that are computed at once, at least, and numbers of short ones: they stay in the processor's cache.
_ROWS, _NUMBERS = 8, 1 << 15


def encode(
    values: NDArray[np.float32], highest_code: int, dtype: DTypeLike
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[Any]]:
    """Return the lowest and the highest of each row, and its values as codes from 0 to `highest_code`."""
    lowest, highest = values.min(axis=1), values.max(axis=1)
    span = (highest - lowest).astype(np.float64)
    scale = np.divide(highest_code, span, out=np.zeros_like(span), where=span > 0)
    codes = np.empty(values.shape, dtype)
    for rows in _few_rows(len(values), values.shape[1]):
        exact = values[rows] - lowest[rows, None].astype(np.float64)
        exact *= scale[rows, None]
        codes[rows] = np.rint(exact, out=exact)
    return lowest, highest, codes


def decode(
    lowest: NDArray[np.float32], highest: NDArray[np.float32], codes: NDArray[Any], highest_code: int
) -> NDArray[np.float32]:
    """Return the values that ``encode`` made codes of: a row's lowest and highest exactly, the others nearly."""
    low, step = lowest.astype(np.float64), (highest.astype(np.float64) - lowest) / highest_code
    values = np.empty(codes.shape, np.float32)
    for rows in _few_rows(len(codes), codes.shape[1]):
        values[rows] = codes[rows] * step[rows, None] + low[rows, None]
    return values


def coded(
    ids: NDArray[np.int32], lowest: NDArray[np.float32], highest: NDArray[np.float32], codes: NDArray[Any]
) -> pa.Table:
    """Return neurons' codes as rows of a table."""
    return pa.table({"neuron_id": ids, "lowest": lowest, "highest": highest, "codes": lists(codes)})


def firing_share(
    activations: NDArray[np.float32], largest: NDArray[np.float32], weight: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the share of tokens at which each neuron fires, of either sign: (neurons,).

    `activations` (neurons, tokens) are at sampled tokens, each of which stands for `weight` (tokens,) of them;
    `largest` (neurons,) is the largest activation of either sign.
    """
    share = np.zeros(len(activations), np.float32)
    for rows in _few_rows(len(activations)):
        fires = np.abs(activations[rows]) >= FIRES_FROM * largest[rows, None]
        share[rows] = fires.astype(np.float32) @ weight
    share /= weight.sum()
    share[largest <= 0] = 0
    return share


def lists(values: NDArray[Any]) -> pa.ListArray:
    """Return a two-dimensional array as a column of lists."""
    rows, width = values.shape
    return pa.ListArray.from_arrays(
        np.arange(0, rows * width + 1, width, dtype=np.int32), pa.array(np.ascontiguousarray(values).ravel())
    )


def _few_rows(count: int, width: int = _NUMBERS) -> Iterator[slice]:
    rows = max(_ROWS, _NUMBERS // max(width, 1))
    return (slice(first, first + rows) for first in range(0, count, rows))
