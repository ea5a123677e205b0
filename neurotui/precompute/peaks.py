"""The words at which a neuron's exemplars peak."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from neurotui.precompute.texts import BLOCK
from neurotui.segmentation import unit_of_tokens, units

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from neurotui.precompute.shards import Folder
    from neurotui.segmentation import Unit
    from neurotui.types import Kind

    Arrays = dict[str, NDArray[Any]]

MOST_PEAKS = 5
"""How many words, the most frequent ones, are kept for each neuron and side."""

_SIDES: tuple[tuple[Kind, int], ...] = (("top", 1), ("bottom", -1))
_SCHEMA = pa.schema(
    {
        "neuron_id": pa.int32(),
        "side": pa.int8(),
        "rank": pa.int16(),
        "word": pa.string(),
        "exemplars": pa.int16(),
    }
)
# The texts of exemplars come up again and again, from one neuron to the next.
_TEXTS_KEPT = 8_192


class PeakWords:
    """Counts the words at which exemplars peak; the texts are those of a shards folder."""

    def __init__(self, folder: Folder) -> None:
        # Memory-mapped: they take no memory until they are read.
        self._blocks = list(folder.texts())
        self._words = lru_cache(maxsize=_TEXTS_KEPT)(self._words_of)

    def table(self, ids: NDArray[np.int32], exemplars: dict[Kind, Arrays]) -> pa.Table:
        """Return the rows of the table ``peaks`` for a block of neurons."""
        rows = []
        for row, neuron_id in enumerate(ids.tolist()):
            for kind, side in _SIDES:
                found = exemplars[kind]
                peaks = zip(found["text"][row].tolist(), found["peak"][row].tolist(), strict=True)
                counted = commonest(self._words(text)[peak] for text, peak in peaks if text >= 0)
                rows += [(neuron_id, side, rank, *one) for rank, one in enumerate(counted[:MOST_PEAKS])]
        columns = list(zip(*rows, strict=True)) or [()] * 5
        types = (pa.int32(), pa.int8(), pa.int16(), pa.string(), pa.int16())
        names = ("neuron_id", "side", "rank", "word", "exemplars")
        return pa.table({name: pa.array(own, kind) for name, own, kind in zip(names, columns, types, strict=True)})

    def _words_of(self, text_id: int) -> list[str]:
        """Return the word, or the sign, that each token of a text is part of, as it is written."""
        block, row = self._blocks[text_id // BLOCK], text_id % BLOCK
        body, ends = block.column("body")[row].as_py(), block.column("ends")[row].as_py()
        found, begins = units(body), [0, *ends[:-1]]
        # A token of a script without spaces can cover several letters, none of which is a word.
        return [
            body[begin:end].strip() if number < 0 or _is_letter(found[number]) else found[number].text
            for number, begin, end in zip(unit_of_tokens(found, ends), begins, ends, strict=True)
        ]


def _is_letter(unit: Unit) -> bool:
    return not unit.is_word and unit.text.isalpha()


def commonest(words: Iterable[str]) -> list[tuple[str, int]]:
    """Return each word with how often it occurs, commonest first, whatever its case; of equal ones the first.

    The spelling is the one that occurs most.
    """
    counts: dict[str, int] = {}
    spellings: dict[str, tuple[int, str]] = {}
    for word, count in Counter(filter(None, words)).items():
        key = word.casefold()
        counts[key] = counts.get(key, 0) + count
        if key not in spellings or count > spellings[key][0]:
            spellings[key] = count, word
    ordered = sorted(counts.items(), key=itemgetter(1), reverse=True)
    return [(spellings[key][1], count) for key, count in ordered]
