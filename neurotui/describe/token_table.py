"""Make the ``TokenTable`` of a run: tokens with their words and neighbours, in which token features are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.describe.features.protocol import TokenTable
from neurotui.segmentation import unit_of_tokens, units

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from neurotui.segmentation import Unit
    from neurotui.store.run_tables import DividedText

_ENDS_A_SENTENCE = set(".!?\N{HORIZONTAL ELLIPSIS}")


class Places(NamedTuple):
    """Tokens by text and position in it, special tokens included; all (places,)."""

    text_id: NDArray[np.int32]
    position: NDArray[np.int32]
    calibration: NDArray[np.bool_]
    weight: NDArray[np.float32]


def tokens_of(places: Places, texts: Iterable[DividedText]) -> TokenTable:
    """Return tokens with their words and what stands around them, in the order of `places`."""
    by_text = {text.text_id: _Divided(text) for text in texts}
    rows = [
        by_text[text_id].row(position)
        for text_id, position in zip(places.text_id.tolist(), places.position.tolist(), strict=True)
    ]
    unit, key, is_word, piece, opens, closes, before, after, position, from_end, in_sentence = map(
        list, zip(*rows, strict=True)
    )
    return TokenTable(
        places.text_id,
        places.calibration,
        places.weight,
        unit,
        key,
        np.array(is_word, np.bool_),
        piece,
        np.array(opens, np.bool_),
        np.array(closes, np.bool_),
        before,
        after,
        np.array(position, np.int32),
        np.array(from_end, np.int32),
        np.array(in_sentence, np.int32),
    )


class _Divided:
    """A text divided into units, each token knowing its own."""

    def __init__(self, text: DividedText) -> None:
        self._text = text
        self._units: list[Unit] = units(text.body)
        self._of = unit_of_tokens(self._units, text.ends)
        self._in_sentence: list[int] = []
        for number in range(len(self._units)):
            begins = not number or self._units[number - 1].text[-1] in _ENDS_A_SENTENCE
            self._in_sentence.append(0 if begins else self._in_sentence[-1] + 1)
        # Special tokens at either end cover no characters.
        covering = [place for place, end in enumerate(text.ends) if end > (text.ends[place - 1] if place else 0)]
        self._first, self._last = (covering[0], covering[-1]) if covering else (0, 0)

    def row(self, position: int) -> tuple[str, str, bool, str, bool, bool, str, str, int, int, int]:
        """Return a token's columns, in the order of ``TokenTable`` from ``unit`` on."""
        ends, number = self._text.ends, self._of[position]
        begin, end = ends[position - 1] if position else 0, ends[position]
        piece = self._text.body[begin:end].strip()
        counted = position - self._first, self._last - position
        if number < 0:
            return "", "", False, piece, True, True, "", "", *counted, -1
        unit = self._units[number]
        return (
            unit.text,
            unit.text.casefold(),
            unit.is_word,
            piece,
            begin <= unit.begin,
            end >= unit.end,
            self._beside(number - 1),
            self._beside(number + 1),
            *counted,
            self._in_sentence[number],
        )

    def _beside(self, number: int) -> str:
        return self._units[number].text.casefold() if 0 <= number < len(self._units) else ""
