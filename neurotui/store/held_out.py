"""What a description may be scored on: a run's held-out places, and no way to any other.

A held-out place is a text of the validation split, or a sampled token of one, that is no exemplar of the neuron.
Whoever describes neurons sees the calibration split, and whoever labels one sees its exemplars. Every statement
here keeps to validation by itself, and no method says which places are read: a score that is computed from a
``HeldOut`` alone cannot rest on what its describer saw.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.store.overlapping_texts import Overlaps
from neurotui.store.run_tables import DividedText

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from neurotui.store.run import Run

_ROWS = 512


class HeldOutTexts(NamedTuple):
    """The validation texts with pooled activations: ``text_id`` (texts,), and as they stand in the data set."""

    text_id: NDArray[np.int32]
    bodies: tuple[str, ...]


class HeldOutTokens(NamedTuple):
    """The sampled tokens of validation texts, as columns: (places,); see ``TokenSample``."""

    place: NDArray[np.int32]
    text_id: NDArray[np.int32]
    position: NDArray[np.int16]
    weight: NDArray[np.float32]


class NamedPlaces(NamedTuple):
    """A token descriptor of the run, and the held-out tokens at which it holds, by their rows, rising."""

    name: str
    kind: str
    rows: NDArray[np.int64]


class HeldOutNeuron(NamedTuple):
    """One neuron's activations at held-out places, as codes in the order of its activations.

    ``texts`` (texts,) float32 are its pooled activations, ``tokens`` (places,) float32 those at tokens; NaN where
    the text is one of its exemplars. ``median`` is that of its pooled activations over all validation texts.
    """

    neuron_id: int
    texts: NDArray[np.float32]
    tokens: NDArray[np.float32]
    median: float


class HeldOut:
    """The held-out places of a run. What all neurons share is read once."""

    def __init__(self, run: Run) -> None:
        self._rows, self._columns = run.reader.rows, run.reader.columns
        self._overlaps = Overlaps(run)

    @cached_property
    def texts(self) -> HeldOutTexts:
        """The texts on which labels are scored as topics."""
        rows = self._rows("held_out_texts")
        return HeldOutTexts(np.array([row[0] for row in rows], np.int32), tuple(row[1] for row in rows))

    @cached_property
    def tokens(self) -> HeldOutTokens:
        """The tokens at which labels are scored as words; none in a run without a token sample."""
        return HeldOutTokens(**self._columns("held_out_places"))

    @cached_property
    def divided(self) -> list[DividedText]:
        """The texts of ``tokens``, with their tokens, in text_id order."""
        return [DividedText(*row) for row in self._rows("held_out_divided")]

    def named(self) -> list[NamedPlaces]:
        """Return the run's token descriptors, in descriptor_id order."""
        found: dict[int, tuple[str, str, list[int]]] = {}
        for descriptor_id, name, kind, place in self._rows("held_out_named"):
            found.setdefault(descriptor_id, (name, kind, []))[2].extend([] if place is None else [place])
        return [
            NamedPlaces(name, kind, np.searchsorted(self.tokens.place, np.array(places, np.int32)))
            for name, kind, places in found.values()
        ]

    def neurons(self, neuron_ids: Sequence[int]) -> Iterator[HeldOutNeuron]:
        """Yield some neurons, in the order of their ids, each once."""
        wanted = sorted(set(neuron_ids))
        for first in range(0, len(wanted), _ROWS):
            yield from self._block(wanted[first : first + _ROWS])

    def _block(self, neuron_ids: list[int]) -> Iterator[HeldOutNeuron]:
        pooled = self._columns("held_out_pooled", neuron_ids=neuron_ids)
        tokens = dict(self._codes("held_out_codes", neuron_ids)) if len(self.tokens.place) else {}
        exemplars = self._columns("held_out_shown", neuron_ids=neuron_ids)
        ends = np.searchsorted(exemplars["neuron_id"], neuron_ids, side="right")
        begins = np.searchsorted(exemplars["neuron_id"], neuron_ids, side="left")
        nothing = np.zeros(0, np.float32)
        for row, (neuron_id, codes) in enumerate(zip(pooled["neuron_id"].tolist(), pooled["codes"], strict=True)):
            shown = self._overlaps.with_overlapping(exemplars["text_id"][begins[row] : ends[row]])
            values = np.asarray(codes, np.float32)
            median = float(np.median(values)) if len(values) else 0.0
            values[np.isin(self.texts.text_id, shown)] = np.nan
            at_tokens = np.asarray(tokens.get(neuron_id, nothing), np.float32)
            at_tokens[np.isin(self.tokens.text_id, shown)] = np.nan
            yield HeldOutNeuron(neuron_id, values, at_tokens, median)

    def _codes(self, statement: str, neuron_ids: list[int]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        columns = self._columns(statement, neuron_ids=neuron_ids)
        return zip(columns["neuron_id"].tolist(), columns["codes"], strict=True)
