"""Join phrases that mean the same into descriptors.

First by spelling: phrases that differ in case, in the order of their words or in their endings are one. Then by
meaning: what is left is joined by average linkage on cosine distance. Linkage takes memory in the square of the
phrases, so that only the most frequent ``LINKED`` are linked; the others join the cluster that they are nearest
to. At 6,000 that is 150 MB, whatever the number of phrases.
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
"""Phrases join as long as the mean cosine distance between two groups is at most this."""

LINKED = 6_000
"""So many phrases make the clusters, at most."""

# What stands between words and around them; other signs make a word what it is, as in C++ and C#.
_BETWEEN_WORDS, _AROUND_WORDS = re.compile(r"[\s_\-]+"), "\"'()[]{},;:!?\u2018\u2019\u201c\u201d"
_AT_ONCE = 4_096  # phrases whose nearness to every cluster is held in memory together


@dataclass(frozen=True, slots=True, eq=False)
class Clustering:
    """Which descriptor each phrase belongs to. ``of`` maps a phrase to an index into ``names``."""

    names: tuple[str, ...]
    of: Mapping[str, int]


def spellings(phrases: Sequence[str], counts: Counter[str]) -> dict[str, list[str]]:
    """Gather the spellings of one phrase under the most frequent of them, the first where they tie.

    `counts` says in how many texts each stands. Words are compared by their English stems (Porter 2), which
    leaves words of most other languages as they are.
    """
    stem = stemmer("english").stemWord
    alike: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for phrase in phrases:
        words = [word.strip(_AROUND_WORDS) for word in _BETWEEN_WORDS.split(phrase.casefold())]
        alike[tuple(sorted(stem(word) for word in words if word)) or (phrase,)].append(phrase)
    return {max(group, key=lambda phrase: counts[phrase]): group for group in alike.values()}


def cluster(phrases: Sequence[str], vectors: NDArray[np.float32], counts: Counter[str]) -> Clustering:
    """Join phrases by average linkage on cosine distance.

    `vectors` (phrases, dimensions) has rows of length 1. `counts` says in how many calibration texts each
    phrase stands. The ``LINKED`` most frequent of those that stand in any make the clusters and name them; the
    others join the cluster whose phrases are nearest on average, if that is within the cut.
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
