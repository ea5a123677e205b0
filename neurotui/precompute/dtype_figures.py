"""The two figures of a dtype check: a neuron's top texts in common, and how well its activations tell a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOP = 20
"""How many top texts of a neuron are compared, where there are a hundred texts; of fewer, a fifth of them."""


def top_texts(peak: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return each neuron's texts of the highest activation, the highest first, of equal ones the earlier.

    `peak` is (texts, neurons); (neurons, ``TOP``), of less than a hundred texts a fifth.
    """
    kept = min(TOP, -(-len(peak) // 5))
    return np.argsort(-peak.T, axis=1, kind="stable")[:, :kept]


def overlaps(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of each row's texts that two have in common: (neurons,)."""
    shared = [(second == text[:, None]).any(axis=1) for text in first.T]
    share: NDArray[np.float64] = np.mean(shared, axis=0)
    return share


def commonest_sampled(words: NDArray[np.int64], sampled: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each row's commonest word of those that are sampled, of several the first; -1 if there is none."""
    times = (words[:, :, None] == words[:, None, :]).sum(axis=2) * np.isin(words, sampled)
    most = times.argmax(axis=1)[:, None]
    found = np.where(np.take_along_axis(times, most, 1) > 0, np.take_along_axis(words, most, 1), -1)
    return found[:, 0]


def word_auroc(
    activations: NDArray[np.float32], tokens: NDArray[np.int64], words: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return how often each neuron is higher at a token that is its word than at one that is not; ties count half.

    `activations` (neurons, tokens), `words` (neurons,); NaN for a word that no token is, or every one.
    """
    found, activations = np.full(len(words), np.nan), np.ascontiguousarray(activations)
    for word in np.unique(words):
        held = tokens == word
        if held.any() and not held.all():
            rows = np.flatnonzero(words == word)
            there = torch.from_numpy(activations[np.ix_(rows, held)])
            elsewhere = torch.from_numpy(np.sort(activations[np.ix_(rows, ~held)], axis=1))
            ranks = torch.searchsorted(elsewhere, there) + torch.searchsorted(elsewhere, there, right=True)
            found[rows] = ranks.double().mean(dim=1).numpy() / 2 / elsewhere.shape[1]
    return found
