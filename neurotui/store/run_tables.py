"""The records of a run: columns over all neurons, texts, matches or sampled tokens, and single records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from neurotui.errors import UserError
from neurotui.firing import is_quiet
from neurotui.types import Neuron

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.types import Scope, Side

HIGHEST_CODE = 65_535
"""The code of a neuron's highest pooled activation; its lowest has code 0."""

HIGHEST_TOKEN_CODE = 255
"""The code of a neuron's highest activation in the token sample; its lowest has code 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """Every neuron's values as columns: the index into each is the neuron_id.

    All arrays are (neurons,) except ``matched`` and ``sides``, (neurons, best few): the descriptor ids of the best
    matches, first match first, padded with -1, and the side of each. ``score`` and ``validation`` are the first
    match's correlation with the activation at tokens, on calibration and validation, NaN without a match;
    ``described`` says whether its evidence is strong enough. ``names[descriptor_id]`` is a descriptor's name,
    ``scopes`` and ``kinds`` likewise. ``peak_words[peak[neuron_id]]`` is the word at which ``peak_count`` of its
    top exemplars peak; "", the first of them, where they peak at no word.
    """

    layer: NDArray[np.int16]
    unit: NDArray[np.int32]
    mean: NDArray[np.float32]
    std: NDArray[np.float32]
    minimum: NDArray[np.float32]
    maximum: NDArray[np.float32]
    firing_rate: NDArray[np.float32]
    matched: NDArray[np.int32]
    sides: NDArray[np.int8]
    score: NDArray[np.float32]
    validation: NDArray[np.float32]
    described: NDArray[np.bool_]
    names: tuple[str, ...]
    scopes: tuple[Scope, ...]
    kinds: tuple[str, ...]
    peak_words: tuple[str, ...]
    peak: NDArray[np.int32]
    peak_count: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.layer)

    def neuron(self, neuron_id: int) -> Neuron:
        """Return the neuron of a row."""
        return Neuron(int(self.layer[neuron_id]), int(self.unit[neuron_id]))

    def peak_word(self, neuron_id: int) -> str:
        """Return the word at which most of a neuron's top exemplars peak, "" for none."""
        return self.peak_words[int(self.peak[neuron_id])]

    def quiet(self, neuron_id: int, side: Side) -> bool:
        """Return whether a neuron is merely quiet on a side."""
        return is_quiet(side, float(self.minimum[neuron_id]), float(self.maximum[neuron_id]))

    def first(self, neuron_id: int) -> First | None:
        """Return a neuron's first match, described or not; None if it has none."""
        descriptor = int(self.matched[neuron_id, 0])
        if descriptor < 0:
            return None
        side: Side = 1 if self.sides[neuron_id, 0] > 0 else -1
        return First(
            descriptor,
            self.names[descriptor],
            self.scopes[descriptor],
            self.kinds[descriptor],
            side,
            float(self.score[neuron_id]),
            float(self.validation[neuron_id]),
            described=bool(self.described[neuron_id]),
        )


class First(NamedTuple):
    """A neuron's first match: the descriptor, the side of the activation, and how well it predicts it.

    ``score`` and ``validation`` are its correlations with the activation at tokens, on calibration and validation.
    """

    descriptor_id: int
    name: str
    scope: Scope
    kind: str
    side: Side
    score: float
    validation: float
    described: bool


class Texts(NamedTuple):
    """Columns over all texts, in text_id order; ``pooled`` says whether a text has pooled activations."""

    source_id: tuple[str, ...]
    calibration: NDArray[np.bool_]
    gold: tuple[tuple[str, ...], ...]
    pooled: NDArray[np.bool_]

    def pooled_gold(self) -> list[tuple[str, ...]]:
        """Return the gold labels of the texts with pooled activations; ``UserError`` if there are none."""
        labels = [self.gold[number] for number in np.flatnonzero(self.pooled)]
        if not any(labels):
            hint = "neurotui precompute --gold-field FIELD keeps them"
            raise UserError("the run's texts have no gold labels", hint)
        return labels


class Matches(NamedTuple):
    """Every match of the run as columns, neuron by neuron, best first. All arrays are (matches,)."""

    neuron_id: NDArray[np.int32]
    rank: NDArray[np.int16]
    descriptor_id: NDArray[np.int32]
    side: NDArray[np.int8]
    auroc_calibration: NDArray[np.float32]
    lower: NDArray[np.float32]
    upper: NDArray[np.float32]
    auroc_validation: NDArray[np.float32]
    average_precision: NDArray[np.float32]
    correlation_calibration: NDArray[np.float32]
    correlation_validation: NDArray[np.float32]
    described: NDArray[np.bool_]
    described_validation: NDArray[np.bool_]


class TokenSample(NamedTuple):
    """The token sample: the tokens at which every neuron's activation is stored, as columns: (places,).

    ``position`` counts the text's tokens, special ones included; ``weight`` is how many tokens of the data set
    a place represents.
    """

    text_id: NDArray[np.int32]
    position: NDArray[np.int16]
    calibration: NDArray[np.bool_]
    weight: NDArray[np.float32]


class Peaks(NamedTuple):
    """The words at which neurons' exemplars peak, as columns in any order; all (peaks,)."""

    neuron_id: NDArray[np.int32]
    side: NDArray[np.int8]
    rank: NDArray[np.int16]
    word: NDArray[np.object_]
    exemplars: NDArray[np.int16]


class DividedText(NamedTuple):
    """A text with its token ids and the character offset in the body at which each token ends."""

    text_id: int
    body: str
    tokens: list[int]
    ends: list[int]


class TokenBlock(NamedTuple):
    """The activations of some neurons at the places of the token sample, as codes.

    ``codes`` (neurons, places) go from 0, ``lowest``, to 255, ``highest``; those are (neurons,).
    """

    first: int
    lowest: NDArray[np.float32]
    highest: NDArray[np.float32]
    codes: NDArray[np.uint8]

    def activations(self) -> NDArray[np.float32]:
        """Return the activations, each to within half a quantisation step: (neurons, places)."""
        step = ((self.highest - self.lowest) / HIGHEST_TOKEN_CODE).astype(np.float32)
        values: NDArray[np.float32] = self.lowest[:, None] + self.codes.astype(np.float32) * step[:, None]
        return values


class Descriptor(NamedTuple):
    """A named property of texts or tokens that can be matched to neurons.

    ``scope`` says whether it holds for texts or at tokens, ``kind`` which kind it is; ``calibration`` and
    ``validation`` count the texts, or the places of the token sample, for which it holds.
    """

    descriptor_id: int
    scope: Scope
    kind: str
    name: str
    backend: str
    calibration: int
    validation: int


def placed(column: NDArray[Any], rows: NDArray[np.int32], count: int) -> NDArray[Any]:
    """Return a column of length `count` with each value in its row; NaN, or False, in the others."""
    whole = np.full(count, np.nan if column.dtype.kind == "f" else 0, column.dtype)
    whole[rows] = column
    return whole
