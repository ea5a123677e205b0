"""Tie descriptors to neurons on the calibration texts, and judge the same pairs on the validation texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neurotui.describe.auroc import Scores, average_precision, score
from neurotui.describe.ranks import by_rows, ranks
from neurotui.words import THRESHOLD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

BEST = 10
"""So many matches are kept a neuron, and as many again that only validation would describe."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What neurons are tied to.

    ``holds`` is (texts, descriptors) over the texts with pooled activations, ``calibration`` (texts,) marks the
    split, ``top`` (neurons, exemplars) names each neuron's top exemplars as rows of ``holds``, -1 for one
    that is no calibration text.
    """

    holds: NDArray[np.bool_]
    calibration: NDArray[np.bool_]
    top: NDArray[np.int64]


def match(
    blocks: Iterable[tuple[int, NDArray[np.uint16]]], evidence: Evidence
) -> Iterator[dict[str, NDArray[np.generic]]]:
    """Yield the rows of the table ``matches``, a block of neurons at a time, as columns of equal length.

    `blocks` yields the first neuron_id and the pooled codes (neurons, texts). Described matches come first, and
    then by the lower bound of the AUROC on calibration. Those that only validation describes come last: they
    serve to compare the splits, and no rank of the others depends on them.
    """
    pairs = len(evidence.top) * evidence.holds.shape[1]
    validation = ~evidence.calibration
    # Column by column in memory: the texts of one descriptor are looked up for every block.
    held = np.asfortranarray(evidence.holds[evidence.calibration])
    held_there = np.asfortranarray(evidence.holds[validation])
    for first, codes in blocks:
        here = ranks(codes.compress(evidence.calibration, axis=1))
        there = ranks(codes.compress(validation, axis=1))
        learned, judged = score(here, held, pairs), score(there, held_there, pairs)
        described, described_there = _described(learned), _described(judged)
        best = _best(learned.lower, described)
        late = _late(judged.lower, described_there, best)
        kept = np.hstack([best, late])
        wanted = kept >= 0
        precision = average_precision(there, held_there, kept)
        top = evidence.top[first : first + len(codes)]
        top_with = _held(evidence.holds, top, kept)
        rows, places = np.nonzero(wanted)
        chosen = kept[rows, places]
        yield {
            "neuron_id": (first + rows).astype(np.int32),
            "rank": _running(rows).astype(np.int16),
            "descriptor_id": chosen.astype(np.int32),
            "auroc_calibration": learned.auroc[rows, chosen].astype(np.float32),
            "lower": learned.lower[rows, chosen].astype(np.float32),
            "upper": learned.upper[rows, chosen].astype(np.float32),
            "auroc_validation": judged.auroc[rows, chosen].astype(np.float32),
            "average_precision": precision[rows, places].astype(np.float32),
            "top_with": top_with[rows, places].astype(np.int16),
            "top_of": (top >= 0).sum(axis=1)[rows].astype(np.int16),
            "described": described[rows, chosen],
            "described_validation": described_there[rows, chosen],
        }


def _described(scores: Scores) -> NDArray[np.bool_]:
    """Return which pairs have evidence enough to say the descriptor aloud: (neurons, descriptors)."""
    described: NDArray[np.bool_] = scores.beyond_chance & (scores.auroc - scores.error >= THRESHOLD)
    return described


def _best(lower: NDArray[np.float64], described: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return each neuron's best descriptors: described ones first, then by bound, then the smaller id."""
    found = np.empty((len(lower), min(BEST, lower.shape[1])), np.int64)

    def choose(part: slice) -> None:
        worth = lower[part] + 2 * described[part]  # a described one's bound lies above -1, any other's below 1
        best = np.argpartition(-worth, min(BEST, worth.shape[1] - 1), axis=1)[:, :BEST]
        best.sort(axis=1)
        order = np.argsort(-np.take_along_axis(worth, best, axis=1), axis=1, kind="stable")
        found[part] = np.take_along_axis(best, order, axis=1)

    by_rows(choose, len(lower))
    return found


def _late(
    lower: NDArray[np.float64], described: NDArray[np.bool_], best: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the best of what only validation describes, none of it among `best`; -1 where there is no more."""
    late = np.full(best.shape, -1)
    rows = np.flatnonzero(described.any(axis=1))
    found = _best(lower[rows], described[rows])
    new = np.take_along_axis(described[rows], found, axis=1)
    new &= ~(found[:, :, None] == best[rows, None, :]).any(axis=2)
    late[rows] = np.where(new, found, -1)
    return late


def _held(holds: NDArray[np.bool_], top: NDArray[np.int64], kept: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count, for each pair, the top exemplars that hold the descriptor: (neurons, kept)."""
    held = holds[top[:, :, None], kept[:, None, :]] & (top >= 0)[:, :, None]
    count: NDArray[np.int64] = held.sum(axis=1)
    return count


def _running(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count up from 0 within each run of equal values: (2, 2, 5) gives (0, 1, 0)."""
    first = np.searchsorted(rows, rows)
    return np.arange(len(rows)) - first
