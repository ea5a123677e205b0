"""Choose a block of neurons' exemplars from what the shards kept, and lay them out as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from neurotui.exemplar_kinds import KINDS, kept_of_each

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.types import Kind

    Arrays = dict[str, NDArray[Any]]

_WINDOW_FIELDS = ("text", "key", "start", "peak", "length", "value", "lowest", "highest", "trace")


class Exemplars:
    """The exemplars of a block of neurons over the shards so far.

    `exemplars` is the number of top ones that are kept a neuron, from which ``kept_of_each`` tells the others.
    `document` (texts,) are those of which texts are windows, none of which is there twice; empty for whole texts.
    """

    def __init__(self, exemplars: int, document: NDArray[np.int32]) -> None:
        self._best = {
            kind: _BestOverShards(kept, document, lowest=kind == "bottom")
            for kind, kept in kept_of_each(exemplars).items()
        }
        self._sampled: list[Arrays] = []

    def take(self, arrays: Arrays) -> None:
        """Add what one shard kept."""
        for kind, best in self._best.items():
            best.fold(_windows(arrays, kind))
        self._sampled.append(_windows(arrays, "sample"))

    def chosen(self, sample: NDArray[np.int64]) -> dict[Kind, Arrays]:
        """Return the exemplars of every kind; `sample` are the sampled texts in the order of their hashes."""
        in_sample = _joined(self._sampled)
        return {
            "top": self._best["top"].windows,
            "bottom": _negative(self._best["bottom"].windows),
            "pooled": self._best["pooled"].windows,
            "quantile": _quantile(in_sample),
            "random": _random(in_sample, sample),
        }


def table(ids: NDArray[np.int32], kinds: dict[Kind, Arrays]) -> pa.Table:
    """Return the rows of all kinds, neuron by neuron."""
    parts = [_rows(ids, kind, found) for kind, found in kinds.items()]
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(rows["neuron_id"], kind="stable")
    rows = {name: values[order] for name, values in rows.items()}
    length, traces = rows.pop("length"), rows.pop("trace")
    offsets = np.concatenate([[0], np.cumsum(length)]).astype(np.int32)
    real = traces[np.arange(traces.shape[1]) < length[:, None]]
    return pa.table(
        {
            **{name: pa.array(values) for name, values in rows.items() if name != "kind"},
            "kind": pa.array(rows["kind"].astype(object), pa.string()),
            "trace": pa.ListArray.from_arrays(offsets, pa.array(real)),
        }
    )


def _rows(ids: NDArray[np.int32], kind: Kind, found: Arrays) -> Arrays:
    """Return a kind's exemplars as rows, without those of no text."""
    kept = found["text"] >= 0
    neuron, rank = np.nonzero(kept)
    return {
        "neuron_id": ids[neuron],
        "kind": np.full(len(neuron), kind),
        "rank": rank.astype(np.int16),
        "text_id": found["text"][kept],
        **{name: values[kept] for name, values in found.items() if name not in {"text", "key"}},
    }


def _windows(arrays: Arrays, kind: str) -> Arrays:
    return {name: arrays[f"{kind}.{name}"] for name in _WINDOW_FIELDS}


def _negative(found: Arrays) -> Arrays:
    """Return bottom exemplars without those that are not negative."""
    return found | {"text": np.where(found["value"] < 0, found["text"], -1)}


class _BestOverShards:
    """The best few windows of each neuron over the shards so far, best first."""

    def __init__(self, kept: int, document: NDArray[np.int32], *, lowest: bool) -> None:
        self._kept, self._document = kept, document
        self._sign = -1 if lowest else 1
        self.windows: Arrays = {}

    def fold(self, new: Arrays) -> None:
        """Merge in a shard's best, ordered by key, then text id."""
        both = _joined([self.windows, new]) if self.windows else new
        if len(self._document):
            both = _one_per_document(both, self._document, self._sign)
        order = _by_key(both, self._sign)[:, : self._kept]
        self.windows = _chosen(both, order)


def _one_per_document(found: Arrays, document: NDArray[np.int32], sign: int) -> Arrays:
    """Return windows with those of no text where a better one of the same document is among them."""
    order = _by_key(found, sign)
    text = np.take_along_axis(found["text"], order, axis=1)
    own = np.where(text < 0, -1, document[text])
    earlier = np.tri(own.shape[1], k=-1, dtype=np.bool_)
    repeats = ((own[:, :, None] == own[:, None, :]) & earlier).any(axis=2)
    kept = np.empty_like(found["text"])
    np.put_along_axis(kept, order, np.where(repeats, -1, text), axis=1)
    return found | {"text": kept}


def _by_key(found: Arrays, sign: int) -> NDArray[np.int64]:
    """Return the columns in the order of their keys (rising if `sign` is -1), then text ids; no text last."""
    value = np.where(found["text"] < 0, -np.inf, sign * found["key"])
    return np.lexsort((found["text"], -value), axis=1)


def _joined(parts: list[Arrays]) -> Arrays:
    return {name: np.concatenate([part[name] for part in parts], axis=1) for name in _WINDOW_FIELDS}


def _chosen(found: Arrays, columns: NDArray[np.int64]) -> Arrays:
    rows = np.arange(len(columns))[:, None]
    return {name: values[rows, columns] for name, values in found.items()}


def _quantile(sample: Arrays) -> Arrays:
    """Return those of the sample that spread evenly over its peaks, highest first."""
    order = _by_key(sample, 1)
    count = order.shape[1]
    places = np.unique(
        np.linspace(0, count - 1, min(KINDS["quantile"].kept(count), count)).round().astype(np.int64)
    )
    return _chosen(sample, order[:, places])


def _random(sample: Arrays, order: NDArray[np.int64]) -> Arrays:
    """Return the first few of the sample in the order of their hashes."""
    # Which text stands in which column is the same for every neuron.
    column_of = {text: column for column, text in enumerate(sample["text"][0].tolist())}
    columns = np.array([column_of[text] for text in order[: KINDS["random"].kept(len(order))].tolist()])
    return _chosen(sample, np.broadcast_to(columns, (len(sample["text"]), len(columns))))
