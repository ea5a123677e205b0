"""The occurrences of a name: in which texts its words occur, and whether texts write it as a proper name."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from neurotui.describe.noun_phrases import NAME_WORD, stems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# A word counts as a proper name where this share of its uses within sentences is capitalised.
_CAPITALISED = 0.8
# A proper name may name a group where it stands in this share of the members.
_ENOUGH = 0.15
_SENTENCE_ENDS = frozenset('.!?:"')


class NameOccurrences:
    """The words of some texts, by which names are judged; may be made of no texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._number = len(texts)
        stem_of: dict[str, str] = {}
        places: defaultdict[str, set[int]] = defaultdict(set)
        uses: Counter[str] = Counter()
        capitalised: Counter[str] = Counter()
        for place, text in enumerate(texts):
            for found in NAME_WORD.finditer(text):
                word, folded = found[0], found[0].casefold()
                if folded not in stem_of:
                    stem_of[folded] = stems([folded])[0]
                places[stem_of[folded]].add(place)
                if text[: found.start()].rstrip()[-1:] not in {"", *_SENTENCE_ENDS}:
                    uses[folded] += 1
                    capitalised[folded] += word[0].isupper()
        self._places = {stem: np.fromiter(held, np.int64, len(held)) for stem, held in places.items()}
        self._proper = {word for word, number in uses.items() if capitalised[word] >= _CAPITALISED * number}

    def fitting(self, names: Sequence[str], members: NDArray[np.bool_]) -> list[str]:
        """Leave out proper names that stand in few of the `members` (texts,)."""
        if not self._number:
            return list(names)
        return [name for name in names if not self._is_proper(name) or self._share(name, members) >= _ENOUGH]

    def present(self, names: Sequence[str], members: NDArray[np.bool_]) -> list[str]:
        """Return the names that stand in at least one of the `members` (texts,)."""
        return [name for name in names if not self._number or self._share(name, members) > 0]

    def lead(
        self, names: Sequence[str], members: NDArray[np.bool_], side: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return in how much more of the members than of the others each name stands: a difference of shares.

        Only the texts of the places `side` count.
        """
        if not self._number:
            return np.zeros(len(names))
        counted = np.zeros(self._number, np.bool_)
        counted[side] = True
        inside, outside = members & counted, ~members & counted
        return np.array([self._share(name, inside) - self._share(name, outside) for name in names])

    def _is_proper(self, name: str) -> bool:
        return any(word in self._proper for word in name.casefold().split())

    def _share(self, name: str, texts: NDArray[np.bool_]) -> float:
        """Return the share of some texts in which every word of a name stands."""
        standing = np.ones(self._number, np.bool_)
        for stem in stems(name.casefold().split()):
            own = np.zeros(self._number, np.bool_)
            own[self._places.get(stem, [])] = True
            standing &= own
        return float(standing[texts].mean()) if texts.any() else 0.0
