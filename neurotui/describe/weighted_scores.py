"""How well descriptors predict activations at sampled tokens, weighted by how many tokens each represents.

Everything is computed for a block of neurons and all descriptors at once, from products of the activations with
the tokens at which each descriptor holds. With equal weights the measures are the unweighted ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

_CODES = 256


class Held(NamedTuple):
    """Where descriptors hold among some places: ``holds`` (places, descriptors), 1 where one does.

    ``weight`` (places,) adds up to 1. ``share`` (descriptors,) is how much of it holds each descriptor;
    ``positives`` and ``negatives`` are effective numbers of places, ``sum(w)**2 / sum(w**2)`` (Kish 1965).
    Where places are no independent evidence, ``groups`` (places, groups) says which belong together, and
    ``group_holds`` (groups, descriptors) which groups hold each descriptor: all of their places do.
    """

    holds: csr_matrix
    weight: NDArray[np.float64]
    share: NDArray[np.float64]
    positives: NDArray[np.float64]
    negatives: NDArray[np.float64]
    groups: csr_matrix | None = None
    group_holds: csr_matrix | None = None


class Correlations(NamedTuple):
    """Pearson's r with its standard error, (neurons, descriptors) each; 0 and 1 where either has no spread."""

    r: NDArray[np.float64]
    error: NDArray[np.float64]


def held(holds: csr_matrix, weight: NDArray[np.floating]) -> Held:
    """Return where descriptors hold, in the form that the measures need."""
    own = weight.astype(np.float64) / weight.sum(dtype=np.float64)
    return Held(holds, own, *_shares(own, holds))


def _shares(
    weight: NDArray[np.float64], holds: csr_matrix
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return ``share``, ``positives`` and ``negatives`` of ``Held``."""
    everywhere = np.asarray(holds.getnnz(axis=0)) == max(holds.shape[0], 1)
    # What holds everywhere has a share of 1, whatever rounding makes of the sum: the rest is then nothing.
    share = np.where(everywhere, 1.0, np.asarray(holds.T @ weight))
    squares = np.asarray(holds.T @ weight**2)
    others = np.where(everywhere, 0.0, (weight**2).sum() - squares)
    with np.errstate(divide="ignore", invalid="ignore"):
        positives = np.nan_to_num(share**2 / squares)
        negatives = np.nan_to_num((1 - share) ** 2 / others)
    return share, positives, negatives


def _pieces(where: Held) -> NDArray[np.float64]:
    """Return how many independent pieces of evidence there are for each descriptor, on the smaller side."""
    positives, negatives = where.positives, where.negatives
    if where.groups is not None and where.group_holds is not None:
        _, positives, negatives = _shares(np.asarray(where.groups.T @ where.weight), where.group_holds)
    fewest: NDArray[np.float64] = np.minimum(positives, negatives)
    return fewest


def correlations(activations: NDArray[np.float32], where: Held) -> Correlations:
    """Return Pearson's r of each neuron's `activations` (neurons, places) with each descriptor.

    With z and f the standardised activation and descriptor, r is the weighted mean of ``z f``, and its standard
    error ``sqrt(sum((sum(w z f))**2))``: the inner sum is over the places of one group of ``where``, which are
    no independent evidence, the outer over groups (White 1980; Liang and Zeger 1986). It is widened by
    ``sqrt(n / (n - 1))`` for the n effective places, or groups, on the smaller side.
    """
    centred = activations - (activations @ where.weight)[:, None]
    variance = (centred**2) @ where.weight
    weighted = centred * where.weight
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1 / np.sqrt(variance[:, None] * (where.share * (1 - where.share)))
        r = _product(weighted, where.holds) * scale
        squares = (weighted if where.groups is None else _product(weighted, where.groups)) ** 2
        inside = _product(squares, where.holds if where.group_holds is None else where.group_holds)
        # f**2 of a flag with mean m is (1 - 2m) f + m**2, but for the scale.
        error = (1 - 2 * where.share) * inside + where.share**2 * squares.sum(axis=1)[:, None]
        fewest = np.maximum(_pieces(where), 1)
        error = np.sqrt(np.maximum(error, 0) * (fewest / (fewest - 1))) * scale
    return Correlations(np.nan_to_num(r, posinf=0, neginf=0), np.nan_to_num(error, nan=1.0, posinf=1.0))


def standing(codes: NDArray[np.uint8], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weighted, centred rank of each place among a neuron's: (neurons, places).

    It is the weight of the places with a lower code plus half the weight of those with the same code, less 1/2:
    from -1/2 to 1/2, with mean 0.
    """
    own = np.empty(codes.shape, np.float64)
    for row, values in enumerate(codes):
        by_code = np.bincount(values, weights=weight, minlength=_CODES)
        own[row] = (np.cumsum(by_code) - by_code / 2)[values]
    return own - 1 / 2


def area(codes: NDArray[np.uint8], where: Held) -> NDArray[np.float64]:
    """Return the area under the ROC curve of every pair, ties counted half: (neurons, descriptors).

    With P and Q the weights of the places that hold a descriptor and of the others, the area is
    ``1/2 + sum(w * standing) / (P Q)`` over those that hold it (Mann and Whitney 1947). NaN where P or Q is 0.
    """
    sums = _product(standing(codes, where.weight) * where.weight, where.holds)
    both = np.broadcast_to(where.share * (1 - where.share), sums.shape)
    found = np.full(sums.shape, np.nan)
    np.divide(sums, both, out=found, where=both > 0)
    found += 1 / 2
    # A sum of many rounded parts may go beyond the whole.
    return np.clip(found, 0, 1, out=found)


def average_precision(
    codes: NDArray[np.uint8], where: Held, pairs: NDArray[np.int64], sides: NDArray[np.int8]
) -> NDArray[np.float64]:
    """Return the average precision of some pairs: `pairs` (neurons, k) names descriptors, -1 for none.

    The mean, by weight, over the places that hold the descriptor, of the precision among all places as active
    as they are or more. For `sides` -1 the least active come first. NaN for none, and for what holds nowhere.
    """
    found = np.full(pairs.shape, np.nan)
    columns = where.holds.tocsc()
    for row, values in enumerate(codes):
        everywhere = np.bincount(values, weights=where.weight, minlength=_CODES)
        for place, descriptor in enumerate(pairs[row].tolist()):
            if descriptor < 0 or not where.share[descriptor]:
                continue
            own = columns.indices[columns.indptr[descriptor] : columns.indptr[descriptor + 1]]
            inside = np.bincount(values[own], weights=where.weight[own], minlength=_CODES)
            order = slice(None, None, -1) if sides[row, place] > 0 else slice(None)
            got, of = np.cumsum(inside[order]), np.cumsum(everywhere[order])
            precision = np.divide(got, of, out=np.zeros_like(of), where=of > 0)
            found[row, place] = (precision * inside[order]).sum() / inside.sum()
    return found


def _product(values: NDArray[np.floating], holds: csr_matrix) -> NDArray[np.float64]:
    """Return ``values @ holds``: (neurons, descriptors)."""
    product: NDArray[np.float64] = np.asarray((holds.T @ values.T).T, dtype=np.float64)
    return product
