"""The examples on which a judge is asked: windows around held-out tokens, active and not, as delphi draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.backends.judge_protocol import MARKS
from neurotui.evaluate.score_measures import most_active

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from neurotui.store.held_out import HeldOut, HeldOutNeuron
    from neurotui.store.run_tables import DividedText
    from neurotui.types import Side

WINDOW, RANGES = 32, 5
"""How many tokens an example has at most, and into how many ranges of activation the active ones are parted."""

QUIET = -1
"""The ``distance`` of an example at which the neuron is not active, as delphi writes it."""

_HIGHEST = 255.0


class Example(NamedTuple):
    """A window of a held-out text.

    ``pieces`` are its tokens as they stand in the text. ``activations`` are shares of the neuron's range in the
    run, None for tokens whose activation is not kept. ``marked`` are the tokens that fuzzing marks: those at which
    the neuron is active, or as many others of an example at which it is not. ``distance`` is the range of
    activation, 1 the highest, or ``QUIET``.
    """

    pieces: tuple[str, ...]
    activations: tuple[float | None, ...]
    marked: frozenset[int]
    active: bool
    distance: int

    def text(self, *, marked: bool) -> str:
        """Return the example as a judge reads it."""
        if not marked:
            return "".join(self.pieces)
        return "".join(
            _around(piece) if place in self.marked else piece for place, piece in enumerate(self.pieces)
        )


class ExampleSource:
    """Draws examples of neurons; the held-out texts are read once. The same neuron and side have the same ones."""

    def __init__(self, held: HeldOut) -> None:
        self._tokens = held.tokens
        self._texts = {text.text_id: text for text in held.divided}

    def draw(self, neuron: HeldOutNeuron, side: Side, count: int) -> list[Example]:
        """Return up to `count` examples in random order, half of them active; none where either half is empty.

        Active: places among the most active of the neuron (``most_active``) and above its median there, as many
        from each of ``RANGES`` ranges of activation as can be. Not active: places at or below the median, of texts
        of which no sampled token is active. Each example is of another text.
        """
        random = np.random.default_rng([neuron.neuron_id, 1 if side > 0 else 0])
        rows = np.flatnonzero(~np.isnan(neuron.tokens))
        if not len(rows):
            return []
        codes = neuron.tokens[rows].astype(np.uint8)
        values = side * neuron.tokens[rows]
        high = most_active(codes, self._tokens.weight[rows].astype(np.float64), side) & (
            values > np.median(values)
        )
        text_id = self._tokens.text_id[rows]
        active = self._by_range(rows[high], values[high], count // 2, random)
        still = (values <= np.median(values)) & ~np.isin(text_id, text_id[high])
        quiet = _of_different_texts(random.permutation(rows[still]), self._tokens.text_id)[: len(active)]
        if len(quiet) < len(active):
            active = [active[place] for place in random.permutation(len(active))[: len(quiet)]]
        at = set(rows[high].tolist())
        drawn = [self._example(neuron, row, at, distance) for row, distance in active]
        most = int(np.ceil(np.mean([len(one.marked) for one in drawn]))) if drawn else 0
        drawn += [self._example(neuron, row, set(rows.tolist()), QUIET, most) for row in quiet]
        return [drawn[place] for place in random.permutation(len(drawn))]

    def _by_range(
        self, rows: NDArray[np.int64], values: NDArray[np.float32], count: int, random: np.random.Generator
    ) -> list[tuple[int, int]]:
        """Return up to `count` active places, each with its range of activation from 1, the highest."""
        order = rows[np.argsort(-values, kind="stable")]
        pools = [
            [(row, number) for row in random.permutation(part).tolist()]
            for number, part in enumerate(np.array_split(order, RANGES), 1)
        ]
        chosen: list[tuple[int, int]] = []
        taken: set[int] = set()
        while len(chosen) < count and any(pools):
            for pool in pools:
                while pool and int(self._tokens.text_id[pool[-1][0]]) in taken:
                    pool.pop()
                if pool and len(chosen) < count:
                    chosen.append(pool.pop())
                    taken.add(int(self._tokens.text_id[chosen[-1][0]]))
        return chosen

    def _example(
        self, neuron: HeldOutNeuron, row: int, marks: set[int], distance: int, most: int = WINDOW
    ) -> Example:
        """Return the window around a place, with up to `most` of the `marks` in it marked, itself first."""
        text_id = int(self._tokens.text_id[row])
        text, middle = self._texts[text_id], int(self._tokens.position[row])
        first = max(0, min(middle - WINDOW // 2, len(text.ends) - WINDOW))
        last = min(first + WINDOW, len(text.ends))
        near = np.flatnonzero(self._tokens.text_id == text_id).tolist()
        known = {int(self._tokens.position[one]): one for one in near}
        shown = [position for position in range(first, last) if _piece(text, position)]
        marked = [position for position in shown if known.get(position) in marks]
        marked = sorted(marked, key=lambda position: (abs(position - middle), position))[:most]
        return Example(
            tuple(_piece(text, position) for position in shown),
            tuple(_share(neuron, known.get(position)) for position in shown),
            frozenset(place for place, position in enumerate(shown) if position in marked),
            distance != QUIET,
            distance,
        )


def _of_different_texts(rows: NDArray[np.int64], text_id: NDArray[np.int32]) -> list[int]:
    firsts = np.unique(text_id[rows], return_index=True)[1]
    return [int(rows[place]) for place in np.sort(firsts)]


def _share(neuron: HeldOutNeuron, row: int | None) -> float | None:
    return None if row is None else round(float(neuron.tokens[row]) / _HIGHEST, 4)


def _piece(text: DividedText, position: int) -> str:
    return text.body[text.ends[position - 1] if position else 0 : text.ends[position]]


def _around(piece: str) -> str:
    """Return a token between marks; the space before it stays before them."""
    inner = piece.lstrip()
    return f"{piece[: len(piece) - len(inner)]}{MARKS[0]}{inner}{MARKS[1]}"


def in_batches(examples: Sequence[Example], size: int) -> list[Sequence[Example]]:
    """Return examples as they are asked together."""
    return [examples[first : first + size] for first in range(0, len(examples), size)]
