"""The words at which a neuron's exemplars peak."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from neurotui.precompute.texts import BLOCK
from neurotui.segmentation import unit_of_tokens, units

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.precompute.shards import Folder
    from neurotui.segmentation import Unit
    from neurotui.types import Kind

    Arrays = dict[str, NDArray[Any]]

MOST_PEAKS = 5
"""How many words, the most frequent ones, are kept for each neuron and side."""

_SIDES: tuple[tuple[Kind, int], ...] = (("top", 1), ("bottom", -1))
_TYPES = {
    "neuron_id": pa.int32(),
    "side": pa.int8(),
    "rank": pa.int16(),
    "word": pa.string(),
    "exemplars": pa.int16(),
}
_NONE = np.zeros(1, np.int32)
# The texts of exemplars come up again and again, from one neuron to the next: 1 kB each.
_TEXTS_KEPT = 65_536


class PeakWords:
    """Counts the words at which exemplars peak; the texts are those of a shards folder."""

    def __init__(self, folder: Folder) -> None:
        # Memory-mapped: they take no memory until they are read.
        self._blocks = list(folder.texts())
        self._numbers = lru_cache(maxsize=_TEXTS_KEPT)(self._numbers_of)
        self._number: dict[str, int] = {"": 0}
        self._words = [""]
        self._folded = [0]

    def table(self, ids: NDArray[np.int32], exemplars: dict[Kind, Arrays]) -> pa.Table:
        """Return the rows of the table ``peaks`` for a block of neurons."""
        sides = [self._side(ids, exemplars[kind], side) for kind, side in _SIDES]
        return pa.concat_tables(sides).sort_by([("neuron_id", "ascending"), ("side", "descending")])

    def _side(self, ids: NDArray[np.int32], found: Arrays, side: int) -> pa.Table:
        words = self._at(found["text"], found["peak"])
        row, rank, word, count = commonest(words, np.array(self._folded, np.int32)[words])
        columns = {
            "neuron_id": ids[row],
            "side": np.full(len(row), side),
            "rank": rank,
            "word": np.array(self._words, object)[word],
            "exemplars": count,
        }
        return pa.table({name: pa.array(columns[name], kind) for name, kind in _TYPES.items()})

    def _at(self, text: NDArray[np.int32], peak: NDArray[np.int16]) -> NDArray[np.int32]:
        """Return the number of the word of which the token `peak` of each text is a part, 0 for none."""
        if not text.size:  # no such exemplars were asked for
            return np.zeros(text.shape, np.int32)
        texts, place = np.unique(text, return_inverse=True)
        numbers = [self._numbers(one) if one >= 0 else _NONE for one in texts.tolist()]
        begins = np.cumsum([0, *map(len, numbers[:-1])])
        here = np.concatenate(numbers)[begins[place.reshape(text.shape)] + np.where(text >= 0, peak, 0)]
        return np.where(text >= 0, here, 0)

    def _numbers_of(self, text_id: int) -> NDArray[np.int32]:
        """Return the number of the word, or the sign, that each token of a text is part of, as it is written."""
        block, row = self._blocks[text_id // BLOCK], text_id % BLOCK
        body, ends = block.column("body")[row].as_py(), block.column("ends")[row].as_py()
        found, begins = units(body), [0, *ends[:-1]]
        # A token of a script without spaces can cover several letters, none of which is a word.
        words = (
            body[begin:end].strip() if number < 0 or _is_letter(found[number]) else found[number].text
            for number, begin, end in zip(unit_of_tokens(found, ends), begins, ends, strict=True)
        )
        return np.array([self._number.get(word) or self._added(word) for word in words], np.int32)

    def _added(self, word: str) -> int:
        """Return a word's number, and that of its lower case beside it: both from now on."""
        if word not in self._number:
            self._number[word] = len(self._words)
            self._words.append(word)
            self._folded.append(0)
            folded = word.casefold()
            self._folded[self._number[word]] = self._number[word] if folded == word else self._added(folded)
        return self._number[word]


def _is_letter(unit: Unit) -> bool:
    return not unit.is_word and unit.text.isalpha()


def commonest(
    words: NDArray[np.int32], folded: NDArray[np.int32]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int32], NDArray[np.int16]]:
    """Return each row's words that occur most, whatever their case, commonest first; of equal ones the first.

    `words` (neurons, exemplars) are numbers of words, 0 for none, and `folded` those of them in lower case. There
    is an entry a neuron and word: the row, the rank, the word as it is spelled most, and how often it occurs in
    any spelling.
    """
    row, column = np.nonzero(words)
    word, lower = words[row, column], folded[row, column]
    span = int(words.max(initial=0)) + 1
    _, first, count = np.unique(row * span + word, return_index=True, return_counts=True)
    by_lower = np.lexsort((first, -count, lower[first], row[first]))
    first, count = first[by_lower], count[by_lower]
    row, word, lower = row[first], word[first], lower[first]
    starts = np.flatnonzero(np.diff(row, prepend=-1) | np.diff(lower, prepend=-1))
    count, begins = np.add.reduceat(count, starts), np.minimum.reduceat(first, starts)
    row, word = row[starts], word[starts]
    by_count = np.lexsort((begins, -count, row))
    row, word, count = row[by_count], word[by_count], count[by_count]
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    kept = rank < MOST_PEAKS
    return row[kept], rank[kept], word[kept], count[kept].astype(np.int16)
