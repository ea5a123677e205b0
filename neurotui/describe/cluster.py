"""Merge phrases with the same meaning into descriptors.

First by spelling (``spellings``): phrases that differ only in case, in the order of their words or in word endings
are merged. Then by meaning (``cluster``): the remaining phrases are clustered by average linkage on their cosine
distance. The memory that linkage takes grows with the square of the number of phrases: 150 MB for 6,000. Therefore
only the ``LINKED`` most frequent phrases are linked, and every other one joins the nearest of their clusters.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from snowballstemmer import stemmer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

CUT = 0.35
"""Two clusters are merged as long as the mean cosine distance between their phrases is at most this."""

LINKED = 6_000
"""How many phrases, at most, form the clusters."""

# Characters between words and around them. Other signs are part of a word, as in C++ and C#.
_BETWEEN_WORDS, _AROUND_WORDS = re.compile(r"[\s_\-]+"), "\"'()[]{},;:!?\u2018\u2019\u201c\u201d"
_AT_ONCE = 4_096  # phrases that are compared with all clusters at once, to bound the memory


@dataclass(frozen=True, slots=True, eq=False)
class Clustering:
    """Descriptors by name, and the one that each phrase belongs to: ``of[phrase]`` is an index into ``names``."""

    names: tuple[str, ...]
    of: Mapping[str, int]


def spellings(phrases: Sequence[str], counts: Counter[str]) -> dict[str, list[str]]:
    """Group the spellings of each phrase: return the most frequent spelling (the first of a tie) with all of them.

    ``counts[phrase]`` is the number of texts with that phrase. Words are compared by their English stems
    (Porter 2), which leaves words of most other languages unchanged.
    """
    stem = stemmer("english").stemWord
    alike: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for phrase in phrases:
        words = [word.strip(_AROUND_WORDS) for word in _BETWEEN_WORDS.split(phrase.casefold())]
        alike[tuple(sorted(stem(word) for word in words if word)) or (phrase,)].append(phrase)
    return {max(group, key=lambda phrase: counts[phrase]): group for group in alike.values()}


def cluster(phrases: Sequence[str], vectors: NDArray[np.float32], counts: Counter[str]) -> Clustering:
    """Cluster phrases by average linkage on cosine distance.

    `vectors` (phrases, dimensions) has rows of length 1. ``counts[phrase]`` is the number of calibration texts
    with that phrase. The ``LINKED`` most frequent phrases that occur there form and name the clusters. Any other
    phrase joins the cluster whose phrases are nearest on average, if their mean cosine distance is at most
    ``CUT``; otherwise it belongs to no descriptor.
    """
    frequency = np.array([counts[phrase] for phrase in phrases], np.int64)
    linked = np.sort(np.argsort(-frequency, kind="stable")[: min(LINKED, int((frequency > 0).sum()))])
    groups = _groups(vectors[linked])
    members = [linked[groups == group] for group in range(groups.max(initial=-1) + 1)]
    names = tuple(_name(own, phrases, vectors, frequency) for own in members)
    of = {phrases[int(place)]: int(group) for place, group in zip(linked, groups, strict=True)}
    late = np.setdiff1d(np.arange(len(phrases)), linked)
    centres = np.array([vectors[own].mean(axis=0) for own in members]).reshape(-1, vectors.shape[1])
    for first in range(0, len(late) if len(centres) else 0, _AT_ONCE):
        chosen = late[first : first + _AT_ONCE]
        # The mean of the cosines to a cluster's phrases is the product with the mean of their vectors.
        nearness = vectors[chosen] @ centres.T
        near = nearness.max(axis=1) >= 1 - CUT
        nearest = nearness.argmax(axis=1)
        of.update((phrases[int(place)], int(nearest[row])) for row, place in enumerate(chosen) if near[row])
    return Clustering(names, of)


def _groups(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the number of each row's group: (rows,). Groups are numbered from 0 by their first row."""
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
    """Return a cluster's most central phrase, among those at least half as frequent as its most frequent one.

    Central: nearest to the cluster's other phrases on average, each weighted by the number of its texts.
    """
    weight = frequency[members]
    centrality = vectors[members] @ (vectors[members] * weight[:, None]).sum(axis=0)
    frequent = weight * 2 >= weight.max()
    return phrases[int(members[np.argmax(np.where(frequent, centrality, -np.inf))])]
