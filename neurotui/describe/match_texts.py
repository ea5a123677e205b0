"""Match descriptors to neurons on the calibration split, and evaluate the same pairs on the validation split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.describe.auroc import Scores, average_precision, bounded, score, texts_of
from neurotui.describe.best_matches import BestMatches, chosen, only_described, rows
from neurotui.describe.described_rule import ERRORS_IF_TOPIC, certainty, text_described
from neurotui.describe.match_tokens import match_tokens
from neurotui.describe.ranks import Ranks, by_rows, ranks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from neurotui.describe.match_tokens import TokenEvidence, TokenMatches
    from neurotui.store.run_tables import TokenBlock
    from neurotui.types import Side

BEST_TEXTS = 10
"""How many text descriptors are kept for each neuron, and as many again that only validation would describe."""

_NEGATIVE = 3
"""How many described text descriptors are kept for the negative of the activation."""


@dataclass(frozen=True, slots=True, eq=False)
class TextEvidence:
    """What neurons are tied to over texts.

    ``holds`` is (texts, descriptors) over the texts with pooled activations, ``calibration`` (texts,) marks the
    split, ``top`` (neurons, exemplars) names each neuron's exemplars by pooled activation as rows of ``holds``,
    -1 for one that is no calibration text.
    """

    holds: NDArray[np.bool_]
    calibration: NDArray[np.bool_]
    top: NDArray[np.int64]


class Block(NamedTuple):
    """A block of neurons: pooled codes (neurons, texts), and activations at the sampled tokens."""

    pooled: NDArray[np.uint16]
    tokens: TokenBlock


class _HeldBy(NamedTuple):
    """Which texts of a split hold each descriptor: as flags (texts, descriptors), as lists, and how many do."""

    flags: NDArray[np.bool_]
    texts: list[NDArray[np.intp]]
    positives: NDArray[np.int64]


class _Split(NamedTuple):
    """One split: which texts hold each descriptor, the ranks of the texts and the scores of every pair."""

    held: _HeldBy
    ranks: Ranks
    scores: Scores


class _Judge(NamedTuple):
    """What judges the text descriptors that are chosen for a block of neurons.

    ``top`` and ``holds`` are those of ``TextEvidence``, of the block's own neurons.
    """

    here: _Split
    there: _Split
    at_tokens: TokenMatches
    top: NDArray[np.int64]
    holds: NDArray[np.bool_]
    pairs: int


def match(
    blocks: Iterable[Block], texts: TextEvidence, tokens: TokenEvidence
) -> Iterator[dict[str, NDArray[np.generic]]]:
    """Yield the rows of the table ``matches``, a block of neurons at a time, as columns of equal length.

    Text descriptors that are described come before others of them, and then by the lower bound of the AUROC on
    calibration; a few that speak of the negative follow. Those that only validation describes come last of all:
    they serve to compare the splits. ``best_matches.rows`` puts text and token descriptors in one order.
    """
    pairs = len(texts.top) * texts.holds.shape[1]
    splits = [(mask, _held_by(texts.holds[mask])) for mask in (texts.calibration, ~texts.calibration)]
    for block in blocks:
        first, at_tokens = block.tokens.first, match_tokens(block.tokens, tokens)
        here, there = (_split(block.pooled.compress(mask, axis=1), held, pairs) for mask, held in splits)
        described, described_there = text_described(here.scores), text_described(there.scores)
        best = _best(here.scores.lower, described)
        late = _late(there.scores.lower, described_there, best)
        top = texts.top[first : first + len(block.pooled)]
        judge = _Judge(here, there, at_tokens, top, texts.holds, pairs)
        own = _judged(judge, best, 1)
        negative = _judged(judge, _lowest(here.scores.auroc), -1)
        yield rows(first, [at_tokens.found, own, only_described(negative)], _judged(judge, late, 1))


def _held_by(holds: NDArray[np.bool_]) -> _HeldBy:
    # Column by column in memory: the texts of one descriptor are looked up for every block.
    flags = np.asfortranarray(holds)
    return _HeldBy(flags, texts_of(flags), flags.sum(axis=0))


def _split(pooled: NDArray[np.uint16], held: _HeldBy, pairs: int) -> _Split:
    ranked = ranks(pooled)
    return _Split(held, ranked, score(ranked, held.flags, pairs))


def _lowest(area: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the descriptors of the lowest AUROC of each neuron: (neurons, k)."""
    lowest: NDArray[np.int64] = np.argsort(np.nan_to_num(area, nan=1.0), axis=1, kind="stable")[:, :_NEGATIVE]
    return lowest


def _judged(judge: _Judge, best: NDArray[np.int64], side: Side) -> BestMatches:
    """Return the figures of the chosen text descriptors of a block of neurons, all on one side."""
    here, there = (_scores(split, best, side, judge.pairs) for split in (judge.here, judge.there))
    at_tokens = judge.at_tokens
    r = side * chosen(at_tokens.calibration.r, best)
    ranked = judge.there.ranks if side > 0 else _of_negative(judge.there.ranks)
    return BestMatches(
        best,
        np.full(best.shape, side, np.int8),
        certainty(r, chosen(at_tokens.calibration.error, best), ERRORS_IF_TOPIC),
        here.auroc,
        here.lower,
        here.upper,
        there.auroc,
        average_precision(ranked, judge.there.held.texts, best),
        r,
        side * chosen(at_tokens.validation.r, best),
        _held(judge.holds, judge.top, best),
        np.broadcast_to((judge.top >= 0).sum(axis=1)[:, None], best.shape),
        text_described(here),
        text_described(there),
    )


def _scores(split: _Split, best: NDArray[np.int64], side: Side, pairs: int) -> Scores:
    """Return the scores of the chosen pairs, of the negative for side -1: (neurons, k)."""
    area = chosen(split.scores.auroc, best)
    positives = split.held.positives[np.maximum(best, 0)]
    return bounded(area if side > 0 else 1 - area, positives, len(split.held.flags) - positives, pairs)


def _of_negative(found: Ranks) -> Ranks:
    """Return the ranks of the negative of the activations."""
    at_most = found.at_least + (2 * found.middle).astype(np.int32)
    return Ranks(-found.middle, at_most)


def _best(lower: NDArray[np.float64], described: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return each neuron's best descriptors: described ones first, then by bound, then the smaller id."""
    found = np.empty((len(lower), min(BEST_TEXTS, lower.shape[1])), np.int64)
    if not found.size:
        return found

    def choose(part: slice) -> None:
        worth = lower[part] + 2 * described[part]  # a described one's bound lies above -1, any other's below 1
        best = np.argpartition(-worth, found.shape[1] - 1, axis=1)[:, : found.shape[1]]
        best.sort(axis=1)
        order = np.argsort(-np.take_along_axis(worth, best, axis=1), axis=1, kind="stable")
        found[part] = np.take_along_axis(best, order, axis=1)

    by_rows(choose, len(lower))
    return found


def _late(lower: NDArray[np.float64], described: NDArray[np.bool_], best: NDArray[np.int64]) -> NDArray[np.int64]:
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
