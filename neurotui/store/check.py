"""Read a run to the last block, see whether its tables add up, and draw what a model can confirm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from neurotui.errors import UserError
from neurotui.store.duckdb_engine import Error
from neurotui.store.fetch_cache import if_fetched_again, origin_of
from neurotui.store.run_tables import HIGHEST_CODE, HIGHEST_TOKEN_CODE
from neurotui.store.table_faults import TableFault, table_faults

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.store.run import Run
    from neurotui.types import Progress


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


class SampledTokens(NamedTuple):
    """What a run keeps of a text's sampled tokens.

    ``positions`` (places,) count the text's tokens, special ones included; ``activations`` is
    (places, neurons), each within half a ``step`` (neurons,).
    """

    positions: NDArray[np.int16]
    activations: NDArray[np.float64]
    step: NDArray[np.float64]


class Kept(NamedTuple):
    """What a run keeps of one text: its tokens, the exemplars that it is, and what every neuron does on it.

    ``pooled`` and ``step`` are (neurons,): the true value lies within half a step. Both are None where the text
    keeps none. ``at_tokens`` are its tokens in the token sample.
    """

    text_id: int
    body: str
    tokens: list[int]
    windows: list[Window]
    pooled: NDArray[np.float64] | None
    step: NDArray[np.float64] | None
    at_tokens: SampledTokens


class RunCheck:
    """Checks an open run. What is damaged is a ``UserError`` that names the table."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._rows, self._columns = run.reader.rows, run.reader.columns

    def read_whole(self, progress: Progress) -> dict[str, int]:
        """Read every block of every table; return how many rows each has. Stage: reading tables."""
        rows: dict[str, int] = {}
        names = [name for name, _ in self._rows("tables", database="run")]
        for name in names:
            progress("reading tables", len(rows), len(names))
            try:
                rows[name] = int(self._rows("read_whole", table=f"run.{name}")[0][0])
            except (UserError, Error) as error:
                cause = str(error.__cause__ or error).partition("\n")[0]
                raise UserError(
                    f"the table '{name}' in '{origin_of(self.run.path)}' is damaged: {cause}",
                    if_fetched_again(self.run.path, "make the run again"),
                ) from error
        progress("reading tables", len(names), len(names))
        return rows

    def table_faults(self) -> list[TableFault]:
        """Return where the tables do not add up."""
        found = table_faults(self.run.reader)
        # With tables that do not fit each other, what is the best by them means nothing.
        if not found and (wrong := self._pooled_out_of_order()):
            found.append(TableFault("exemplars", "pooled ones that are not the highest pooled activations", wrong))
        return found

    def _pooled_out_of_order(self) -> int:
        """Return how many neurons have pooled exemplars that are not the best of the pooled texts, in order.

        A text without pooled activations may be one of them; it tells nothing then. Exemplars are ordered by exact
        activations, and codes were rounded twice, in the shard and in the run: two texts may be one code apart and
        in either order.
        """
        neuron_ids, text_ids = self.run.texts_of_kind("pooled")
        texts = np.flatnonzero(self.run.texts().pooled)
        place = np.searchsorted(texts, text_ids)
        known = np.append(texts, -1)[place] == text_ids
        documents = self._documents_of(texts)
        wrong = 0
        for first, codes in self.run.pooled_codes():
            begin, end = np.searchsorted(neuron_ids, [first, first + len(codes)])
            own = slice(begin, end)
            rows = (neuron_ids[own] - first)[known[own]]
            values = codes[rows, place[own][known[own]]].astype(np.int64)
            bad = np.zeros(len(codes), np.bool_)
            bad[rows[1:][(np.diff(values) > 1) & (np.diff(rows) == 0)]] = True
            least = np.full(len(codes), HIGHEST_CODE + 1)
            np.minimum.at(least, rows, values)
            better = _how_many(codes > least[:, None] + 1, documents)
            bad |= better >= np.maximum(np.bincount(rows, minlength=len(codes)), 1)
            wrong += int(bad.sum())
        return wrong

    def _documents_of(self, texts: NDArray[np.intp]) -> NDArray[np.int32] | None:
        """Return the documents of which texts are windows, one of each an exemplar; None for whole texts."""
        if "window" not in self.run.meta:
            return None
        columns = self._columns("documents")
        own: NDArray[np.int32] = columns["document"][np.searchsorted(columns["text_id"], texts)]
        return own

    def draw(self, count: int, seed: int = 0) -> list[Kept]:
        """Return what the run keeps of some texts, drawn by `seed`: half of them are exemplars."""
        chance = np.random.default_rng(seed)
        exemplary = [text_id for (text_id,) in self._rows("exemplar_texts")]
        pooled = np.flatnonzero(self.run.texts().pooled)
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
        at_tokens = self._at_tokens(chosen)
        return [
            Kept(
                text_id,
                body,
                tokens,
                windows[text_id],
                values.get(text_id),
                steps if kept else None,
                at_tokens[text_id],
            )
            for text_id, body, tokens, kept in rows
        ]

    def _at_tokens(self, text_ids: list[int]) -> dict[int, SampledTokens]:
        """Return what the run keeps of the sampled tokens of some texts."""
        sample = self.run.token_sample()
        places = np.flatnonzero(np.isin(sample.text_id, text_ids))
        columns: dict[str, NDArray[Any]] = self._columns("tokens_at", places=(places + 1).tolist())
        values, steps = _decoded(columns, len(places), HIGHEST_TOKEN_CODE)
        text = sample.text_id[places]
        return {
            text_id: SampledTokens(sample.position[places[text == text_id]], values.T[text == text_id], steps)
            for text_id in text_ids
        }

    def _pooled_at(
        self, text_ids: list[int], pooled: NDArray[np.intp]
    ) -> tuple[dict[int, NDArray[np.float64]], NDArray[np.float64]]:
        """Return every neuron's pooled activation on each text, and the step between two of its codes."""
        places = (np.searchsorted(pooled, text_ids) + 1).tolist()
        columns: dict[str, NDArray[Any]] = self._columns("pooled_at", places=places)
        values, steps = _decoded(columns, len(places), HIGHEST_CODE)
        return dict(zip(text_ids, values.T, strict=True)), steps


def _how_many(which: NDArray[np.bool_], documents: NDArray[np.int32] | None) -> NDArray[np.int64]:
    """Return how many of `which` (neurons, texts) there are a neuron; windows of one document count once."""
    if documents is not None:
        order = np.argsort(documents, kind="stable")
        begins = np.unique(documents[order], return_index=True)[1]
        which = np.logical_or.reduceat(which[:, order], begins, axis=1)
    counts: NDArray[np.int64] = which.sum(axis=1)
    return counts


def _decoded(
    columns: dict[str, NDArray[Any]], places: int, highest_code: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return activations that are kept as codes, (neurons, places), and the step between two: (neurons,)."""
    lowest, highest = columns["lowest"].astype(np.float64), columns["highest"].astype(np.float64)
    steps: NDArray[np.float64] = (highest - lowest) / highest_code
    codes = np.stack(list(columns["codes"])) if len(steps) else np.empty((0, places))
    return lowest[:, None] + codes * steps[:, None], steps
