"""Read a run to the last block, see whether its tables add up, and draw what a model can confirm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
import numpy as np

from neurotui.store.records import HIGHEST_CODE
from neurotui.store.run import Run
from neurotui.words import Refusal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.words import Progress


class Disagreement(NamedTuple):
    """What does not add up: the table, what is wrong with it, and in how many rows."""

    table: str
    wrong: str
    rows: int


class Window(NamedTuple):
    """An exemplar as it is kept: ``activations`` (tokens from ``start``,), each within half a ``step``.

    ``peak`` counts from the window's start; ``value`` is the activation there, exactly.
    """

    neuron_id: int
    start: int
    peak: int
    value: float
    activations: NDArray[np.float64]
    step: float


class Kept(NamedTuple):
    """What a run keeps of one text: its tokens, the exemplars that it is, and every neuron's pooled activation.

    ``pooled`` and ``step`` are (neurons,): the true value lies within half a step. Both are None where the text
    keeps none.
    """

    text_id: int
    body: str
    tokens: list[int]
    windows: list[Window]
    pooled: NDArray[np.float64] | None
    step: NDArray[np.float64] | None


class CheckedRun(Run):
    """A run, open for checking. What is damaged is a ``Refusal`` that names the table."""

    def read_whole(self, progress: Progress) -> dict[str, int]:
        """Read every block of every table; return how many rows each has. Stage: reading tables."""
        rows: dict[str, int] = {}
        names = [name for name, _ in self._rows("tables", database="run")]
        for name in names:
            progress("reading tables", len(rows), len(names))
            try:
                rows[name] = int(self._rows("read_whole", table=f"run.{name}")[0][0])
            except (Refusal, duckdb.Error) as error:
                cause = str(error.__cause__ or error).partition("\n")[0]
                raise Refusal(
                    f"the table '{name}' in '{self.path}' is damaged: {cause}",
                    "copy the run again, or make it again",
                ) from error
        progress("reading tables", len(names), len(names))
        return rows

    def disagreements(self) -> list[Disagreement]:
        """Return where the tables do not add up."""
        return [Disagreement(*row) for row in self._rows("disagreements")]

    def draw(self, count: int, seed: int = 0) -> list[Kept]:
        """Return what the run keeps of some texts, drawn by `seed`: half of them are exemplars."""
        chance = np.random.default_rng(seed)
        exemplary = [text_id for (text_id,) in self._rows("exemplar_texts")]
        pooled = np.flatnonzero(self.texts().pooled)
        first = chance.permutation(exemplary)[: (count + 1) // 2]
        others = np.setdiff1d(np.union1d(pooled, exemplary), first)
        chosen = sorted([*first.tolist(), *chance.permutation(others)[: count - len(first)].tolist()])
        rows = self._rows("checked_texts", text_ids=chosen)
        windows: dict[int, list[Window]] = {text_id: [] for text_id in chosen}
        for neuron_id, text_id, start, peak, value, trace, lowest, highest in self._rows(
            "exemplars_on", text_ids=chosen
        ):
            step = (highest - lowest) / 255
            activations = lowest + np.array(trace, np.float64) * step
            windows[text_id].append(Window(neuron_id, start, peak - start, value, activations, step))
        values, steps = self._pooled_at([row[0] for row in rows if row[3]], pooled)
        return [
            Kept(text_id, body, tokens, windows[text_id], values.get(text_id), steps if kept else None)
            for text_id, body, tokens, kept in rows
        ]

    def _pooled_at(
        self, text_ids: list[int], pooled: NDArray[np.intp]
    ) -> tuple[dict[int, NDArray[np.float64]], NDArray[np.float64]]:
        """Return every neuron's pooled activation on each text, and the step between two of its codes."""
        places = (np.searchsorted(pooled, text_ids) + 1).tolist()
        columns: dict[str, NDArray[Any]] = self._columns("pooled_at", places=places)
        lowest, highest = columns["lowest"].astype(np.float64), columns["highest"].astype(np.float64)
        steps = (highest - lowest) / HIGHEST_CODE
        codes = np.stack(list(columns["codes"])) if len(steps) else np.empty((0, len(places)), np.uint16)
        values = lowest[:, None] + codes * steps[:, None]
        return dict(zip(text_ids, values.T, strict=True)), steps
