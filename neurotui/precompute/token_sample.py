"""Draw the token sample: the tokens of both splits at which every neuron's activation is kept.

Words are sampled in proportion to their frequency, but each of the most frequent words gets at least a few places,
so that it can be matched to neurons. Every place has a weight, the number of tokens that it represents: weighted
figures are estimates over all tokens. The sample depends on the texts alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.segmentation import unit_of_tokens, units

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from neurotui.precompute.texts import Selection

LEAST_CALIBRATION = 3
"""The fewest calibration places of a common word: enough to describe a neuron by it."""

LEAST_VALIDATION = 2
"""The fewest validation places of a common word."""

# At most this share of the sample goes to common words that would otherwise have fewer places.
_RESERVED = 0.4
_HALVINGS = 60


class Sample(NamedTuple):
    """The sampled tokens, by text and position in it, special tokens included: all (places,)."""

    text: NDArray[np.int32]
    position: NDArray[np.int16]
    weight: NDArray[np.float32]


class _Tokens(NamedTuple):
    """Tokens that could be drawn; all (tokens,). ``word`` numbers what each token is part of."""

    text: NDArray[np.int32]
    position: NDArray[np.int16]
    calibration: NDArray[np.bool_]
    word: NDArray[np.int64]


def draw(blocks: Iterable[pa.RecordBatch], selection: Selection, hashes: NDArray[np.uint64], size: int) -> Sample:
    """Return the token sample of a data set, `size` places at most, half of them of each split.

    `blocks` are the texts as stored in the shards folder, `hashes` (texts, 2) those of their contents. Tokens come
    from the texts with pooled activations, each content once; the weights of a split add up to the number of
    tokens of all its texts, each content counted once.
    """
    tokens, totals = _read(blocks, selection)
    chosen, weights = [], []
    learned = np.bincount(tokens.word[tokens.calibration], minlength=int(tokens.word.max(initial=-1)) + 1)
    order = _order(hashes[tokens.text, 0], tokens.position)
    for calibration, least in ((True, LEAST_CALIBRATION), (False, LEAST_VALIDATION)):
        own = np.flatnonzero(tokens.calibration == calibration)
        places = size - size // 2 if calibration else size // 2
        picked, weight = _draw_split(tokens.word[own], order[own], learned, places, least)
        total = totals[calibration]
        chosen.append(own[picked])
        weights.append(weight * (total / weight.sum()) if len(weight) else weight)
    place = np.concatenate(chosen)
    weight = np.concatenate(weights)
    by_text = np.lexsort((tokens.position[place], tokens.text[place]))
    place, weight = place[by_text], weight[by_text]
    return Sample(tokens.text[place], tokens.position[place], weight.astype(np.float32))


def _read(blocks: Iterable[pa.RecordBatch], selection: Selection) -> tuple[_Tokens, dict[bool, int]]:
    """Return the tokens that could be drawn, and how many each split has, each content counted once."""
    numbers: dict[str, int] = {}
    parts: list[_Tokens] = []
    totals = {True: 0, False: 0}
    for text, split, first, end, body, ends in _texts(blocks):
        if not selection.original[text]:
            continue
        calibration = split == "calibration"
        totals[calibration] += end - first
        if selection.pooled[text]:
            keys = _keys(body, ends)[first:end]
            word = [numbers.setdefault(key, len(numbers)) for key in keys]
            position = np.arange(first, end, dtype=np.int16)
            parts.append(
                _Tokens(
                    np.full(len(word), text, np.int32),
                    position,
                    np.full(len(word), calibration, np.bool_),
                    np.array(word, np.int64),
                )
            )
    return _Tokens(*(np.concatenate(column) for column in zip(*parts, strict=True))), totals


def _texts(blocks: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, str, int, int, str, list[int]]]:
    text = 0
    for block in blocks:
        columns = (block.column(name).to_pylist() for name in ("split", "first", "end", "body", "ends"))
        for row in zip(*columns, strict=True):
            yield text, *row
            text += 1


def _keys(body: str, ends: list[int]) -> list[str]:
    """Return what each token is part of: a word or a sign; a token that is part of neither has its own text."""
    found = units(body)
    keys, begin = [], 0
    for number, end in zip(unit_of_tokens(found, ends), ends, strict=True):
        keys.append(found[number].text.casefold() if number >= 0 else f" {body[begin:end]}")
        begin = end
    return keys


def _order(content: NDArray[np.uint64], position: NDArray[np.int16]) -> NDArray[np.uint64]:
    """Return a pseudorandom number for each token by which to draw: the same on every machine.

    The finaliser of SplitMix64 (Steele, Lea and Flood 2014) over the content's hash and the position.
    """
    mixed = content + (position.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    ordered: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return ordered


def _draw_split(
    word: NDArray[np.int64], order: NDArray[np.uint64], learned: NDArray[np.int64], places: int, least: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Draw `places` of a split's tokens; return their rows, and how many tokens each represents.

    `learned` (words,) is each word's number of occurrences in calibration, which decides for both splits which
    words are common.
    """
    common = _common(learned, places)
    stratum = np.where(common, np.arange(len(common)), len(common))[word]
    size = np.bincount(stratum, minlength=len(common) + 1)
    at_least = np.minimum(size, least)
    at_least[-1] = 0
    wanted = _shared_out(size, at_least, places)
    drawn = np.lexsort((order, stratum))
    ordered = stratum[drawn]
    rank = np.arange(len(ordered)) - np.searchsorted(ordered, ordered)
    picked = drawn[rank < wanted[ordered]]
    return picked, (size / np.maximum(wanted, 1))[stratum[picked]]


def _common(learned: NDArray[np.int64], places: int) -> NDArray[np.bool_]:
    """Return the words that are kept at a least number of places: the commonest, for a share of the sample."""
    most = int(_RESERVED * places / LEAST_CALIBRATION)
    common = np.zeros(len(learned), np.bool_)
    common[np.argsort(-learned, kind="stable")[:most]] = True
    common &= learned >= LEAST_CALIBRATION
    return common


def _shared_out(size: NDArray[np.int64], least: NDArray[np.int64], places: int) -> NDArray[np.int64]:
    """Return at how many places each stratum is kept: one share of all, or `least` where that is more."""
    if size.sum() <= places:
        return size
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        share = (low + high) / 2
        if np.maximum(least, np.floor(share * size)).sum() > places:
            high = share
        else:
            low = share
    wanted: NDArray[np.int64] = np.maximum(least, np.floor(low * size)).astype(np.int64)
    # What rounding left over goes to the rest, the last stratum, which every class of words draws on.
    wanted[-1] += min(places - wanted.sum(), size[-1] - wanted[-1])
    return wanted
