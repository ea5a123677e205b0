"""What is read of a run: columns over all neurons, texts, matches or sampled tokens, and single records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from neurotui.errors import UserError
from neurotui.types import Neuron, is_quiet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.types import Scope, Side

HIGHEST_CODE = 65_535
"""The code of a neuron's highest pooled activation; 0 is that of its lowest."""

HIGHEST_TOKEN_CODE = 255
"""The code of a neuron's highest activation in the token sample; 0 is that of its lowest."""


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """Every neuron's figures as columns, in neuron_id order; ``row[neuron_id]`` is simply that index.

    All arrays are (neurons,) but for ``matched`` and ``sides``, (neurons, best few): descriptor ids, what is
    said first before the others, -1 where there are fewer, and the side of each. ``score`` and ``validation``
    are the correlation of the first match with the activation at tokens, on either split, NaN where there is
    none; ``described`` says that it is said aloud. ``names[descriptor_id]`` is a descriptor's name, ``scopes``
    and ``kinds`` likewise. ``peak[neuron_id]`` is the word at which ``peak_count`` of its top exemplars peak.
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
    peak: NDArray[np.object_]
    peak_count: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.layer)

    def neuron(self, neuron_id: int) -> Neuron:
        """Return the neuron of a row."""
        return Neuron(int(self.layer[neuron_id]), int(self.unit[neuron_id]))

    def quiet(self, neuron_id: int, side: Side) -> bool:
        """Tell whether a neuron is merely quiet on a side."""
        return is_quiet(side, float(self.minimum[neuron_id]), float(self.maximum[neuron_id]))

    def first(self, neuron_id: int) -> First | None:
        """Return what the run says first of a neuron, whether it is described or not; None for nothing."""
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
    """What is said first of a neuron: a descriptor, the side it speaks of, and how well it predicts.

    ``score`` and ``validation`` are its correlation with the activation at tokens, on either split.
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
    """Every text's standing as columns, in text_id order; ``pooled`` says that it has pooled activations."""

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
    """The tokens at which every neuron's activation is kept, as columns in place order: (places,).

    ``position`` counts the text's tokens, special ones included; ``weight`` is how many tokens of the data set
    a place stands for.
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
    """A text with its token ids, and where in the body each of them ends, in characters."""

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
        """Return the activations, each to within half a step between two codes: (neurons, places)."""
        step = ((self.highest - self.lowest) / HIGHEST_TOKEN_CODE).astype(np.float32)
        values: NDArray[np.float32] = self.lowest[:, None] + self.codes.astype(np.float32) * step[:, None]
        return values


class Descriptor(NamedTuple):
    """Something that may be said of a neuron, under one name.

    ``scope`` says whether it holds for texts or at tokens, ``kind`` what sort it is; ``calibration`` and
    ``validation`` are for how many texts, or at how many places of the token sample, it holds.
    """

    descriptor_id: int
    scope: Scope
    kind: str
    name: str
    backend: str
    calibration: int
    validation: int


def placed(column: NDArray[Any], rows: NDArray[np.int32], count: int) -> NDArray[Any]:
    """Return a column of `count` in which each figure stands in its row; NaN, or False, where none does."""
    whole = np.full(count, np.nan if column.dtype.kind == "f" else 0, column.dtype)
    whole[rows] = column
    return whole
