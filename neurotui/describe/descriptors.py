"""Turn the phrases proposed for each text into the descriptors of a data set."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.describe.cluster import Clustering, cluster, spellings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from neurotui.models.protocol import Encoder
    from neurotui.types import Progress

# A descriptor holds for at least this share of the calibration texts.
_FEWEST_SHARE = 0.005
# It also holds for at least so many of them.
_FEWEST = 10
# And not for almost all.
_MOST_SHARE = 0.8
# With fewer validation texts than this, it could not be judged.
_FEWEST_VALIDATION = 5


class Descriptors(NamedTuple):
    """The descriptors of a data set: ``holds`` is (texts, descriptors), ``ids`` maps a phrase to its column."""

    names: tuple[str, ...]
    ids: dict[str, int]
    holds: NDArray[np.bool_]


def discover(
    phrases: Sequence[tuple[str, ...]],
    calibration: NDArray[np.bool_],
    encoder: Encoder,
    progress: Progress,
) -> Descriptors:
    """Cluster what was said of each text into descriptors; drop those for too few texts or almost all.

    `phrases` has one tuple a text. Clusters are made and sized on the calibration texts; validation counts
    only as far as a descriptor must hold for a few of its texts to be judged at all.
    """
    counts = Counter(
        phrase for said, chosen in zip(phrases, calibration, strict=True) if chosen for phrase in said
    )
    gathered = spellings(sorted({phrase for said in phrases for phrase in said}), counts)
    heads = list(gathered)
    together = Counter({head: sum(counts[one] for one in group) for head, group in gathered.items()})
    found = cluster(heads, encoder.encode(heads, progress), together)
    of = {one: found.of[head] for head, group in gathered.items() if head in found.of for one in group}
    clustering = Clustering(found.names, of)
    return _sized(phrases, clustering, calibration, max(_FEWEST, _FEWEST_SHARE * calibration.sum()))


def as_they_are(phrases: Sequence[tuple[str, ...]], calibration: NDArray[np.bool_]) -> Descriptors:
    """Make every phrase a descriptor of its own, unless it holds for too few texts or almost all."""
    names = tuple(sorted({phrase for said in phrases for phrase in said}))
    alone = Clustering(names, {name: number for number, name in enumerate(names)})
    return _sized(phrases, alone, calibration, _FEWEST)


def _sized(
    phrases: Sequence[tuple[str, ...]], clustering: Clustering, calibration: NDArray[np.bool_], fewest: float
) -> Descriptors:
    """Keep the clusters that hold for `fewest` calibration texts, but not for almost all, and can be judged."""
    holds = _holds(phrases, clustering)
    size, judged = holds[calibration].sum(axis=0), holds[~calibration].sum(axis=0)
    most = _MOST_SHARE * calibration.sum()
    kept = np.flatnonzero((size >= fewest) & (size <= most) & (judged >= _FEWEST_VALIDATION))
    place = {int(old): new for new, old in enumerate(kept)}
    ids = {phrase: place[group] for phrase, group in clustering.of.items() if group in place}
    return Descriptors(tuple(clustering.names[group] for group in kept), ids, holds[:, kept])


def _holds(phrases: Sequence[tuple[str, ...]], clustering: Clustering) -> NDArray[np.bool_]:
    """Return for which texts each cluster holds: (texts, clusters)."""
    holds = np.zeros((len(phrases), len(clustering.names)), np.bool_)
    for text, said in enumerate(phrases):
        for phrase in said:
            if phrase in clustering.of:
                holds[text, clustering.of[phrase]] = True
    return holds
