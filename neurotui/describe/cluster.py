"""Join phrases that mean the same into descriptors."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

CUT = 0.35
"""Phrases join as long as the mean cosine distance between two groups is at most this."""


@dataclass(frozen=True, slots=True, eq=False)
class Clustering:
    """Which descriptor each phrase belongs to. ``of`` maps a phrase to an index into ``names``."""

    names: tuple[str, ...]
    of: Mapping[str, int]


def cluster(phrases: Sequence[str], vectors: NDArray[np.float32], counts: Counter[str]) -> Clustering:
    """Join phrases by average linkage on cosine distance.

    `vectors` (phrases, dimensions) has rows of length 1. `counts` says in how many calibration texts each
    phrase stands: those with a count make the clusters and name them; the others join the cluster whose
    phrases are nearest on average, if that is within the cut.
    """
    frequency = np.array([counts[phrase] for phrase in phrases])
    learned = np.flatnonzero(frequency > 0)
    groups = _groups(vectors[learned])
    names = []
    of: dict[str, int] = {}
    centres = np.zeros((groups.max(initial=-1) + 1, vectors.shape[1]), np.float64)
    for group in range(len(centres)):
        members = learned[groups == group]
        centres[group] = vectors[members].mean(axis=0)
        names.append(_name(members, phrases, vectors, frequency))
        of.update((phrases[member], group) for member in members)
    for late in np.flatnonzero(frequency == 0):
        # The mean of the cosines to a cluster's phrases is the product with the mean of their vectors.
        nearness = centres @ vectors[late]
        if len(nearness) and nearness.max() >= 1 - CUT:
            of[phrases[int(late)]] = int(nearness.argmax())
    return Clustering(tuple(names), of)


def _groups(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return each row's group, counted from 0 in the order of the groups' first rows."""
    if len(vectors) < 2:  # noqa: PLR2004 - linkage needs a pair
        return np.zeros(len(vectors), np.int64)
    tree = linkage(vectors.astype(np.float64), method="average", metric="cosine")
    labels = fcluster(np.maximum(tree, 0), CUT, criterion="distance")
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    order: NDArray[np.int64] = np.argsort(np.argsort(first))[inverse]
    return order


def _name(
    members: NDArray[np.int64],
    phrases: Sequence[str],
    vectors: NDArray[np.float32],
    frequency: NDArray[np.int64],
) -> str:
    """Choose a cluster's most central frequent phrase: nearest to the others, each weighed by its texts."""
    weight = frequency[members]
    centrality = vectors[members] @ (vectors[members] * weight[:, None]).sum(axis=0)
    frequent = weight * 2 >= weight.max()
    return phrases[int(members[np.argmax(np.where(frequent, centrality, -np.inf))])]
