"""Fold finished shards into a run, a block of neurons at a time.

Exact, and the same whatever order the shards were made in: sums are added in the order of the shards, exemplars
have a total order, samples were settled before the first shard. Memory holds one block of neurons.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
from safetensors import safe_open

from neurotui.precompute.settings import Summary
from neurotui.precompute.shards import Folder, Manifest, disk_errors, named
from neurotui.precompute.texts import BLOCK, corpus_digest
from neurotui.store.records import HIGHEST_CODE
from neurotui.store.writer import Writer
from neurotui.words import Refusal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.words import Kind, Progress

    Arrays = dict[str, NDArray[Any]]

_NEURONS = 512
# 32 bins of the pooled codes.
_BIN_BITS, _BINS = 11, 32
# How many random and how many quantile exemplars a neuron has.
_RANDOM = _QUANTILE = 10
_WINDOW_FIELDS = ("text", "start", "peak", "length", "value", "lowest", "highest", "trace")
_HIGHEST_ID = 2**31 - 1


class _Neurons(NamedTuple):
    """A block of neurons: ids from ``first`` to before ``end``."""

    first: int
    end: int


def merge(shards: Path, output: Path, *, progress: Progress, replace: bool = False) -> Summary:
    """Fold a folder of shards into the run at `output`.

    Raises ``Refusal`` if shards are missing or damaged, naming them, or if the run cannot be written.
    """
    started = time.monotonic()
    folder = Folder(shards)
    manifest = folder.manifest()
    writer = Writer(output, replace=replace)
    outputs = _refuse_incomplete(folder, manifest, progress)
    with writer, disk_errors(output):
        writer.meta({**_meta(manifest), "outputs": "logit lens" if outputs else "none"})
        _write_texts(writer, folder, manifest)
        writer.append("vocabulary", folder.vocabulary())
        _write_outputs(writer, outputs)
        sample = folder.selection().sample
        for block in _blocks(manifest.neurons):
            _write_block(writer, folder, manifest, block, sample)
            progress("merging", block.end, manifest.neurons)
    return Summary(
        run=str(output),
        model=manifest.model,
        texts=manifest.texts,
        texts_left_out=manifest.texts_left_out,
        tokens=manifest.tokens,
        layers=len(manifest.layers),
        neurons=manifest.neurons,
        shards=manifest.shards,
        bytes=output.stat().st_size,
        seconds=round(time.monotonic() - started, 1),
    )


def _refuse_incomplete(folder: Folder, manifest: Manifest, progress: Progress) -> Arrays:
    """Raise ``Refusal`` unless all is there; return what neurons promote and suppress."""
    missing = []
    for number in range(manifest.shards):
        if not folder.has_shard(number, manifest.key):
            missing.append(number)
        progress("checking shards", number + 1, manifest.shards)
    if missing:
        raise Refusal(
            f"{len(missing)} of {manifest.shards} shards in '{folder.path}' are missing or damaged:"
            f" {named(missing)}",
            f"run the precompute again with --shards {quote(str(folder.path))}:"
            " it makes those, and keeps the others",
        )
    outputs = folder.outputs(manifest.key)
    if outputs is None:
        raise Refusal(
            f"what neurons promote and suppress is missing in '{folder.path}', or damaged",
            f"run the precompute again with --shards {quote(str(folder.path))}:"
            " it makes that, and keeps the shards",
        )
    return outputs


def _meta(manifest: Manifest) -> dict[str, str]:
    return {
        "model": manifest.model,
        "weights": manifest.weights,
        "tokenizer": manifest.tokenizer,
        "model_type": manifest.model_type,
        "activation_rule": manifest.activation_rule,
        "special_tokens": "left out",
        "dtype": manifest.dtype,
        "device": manifest.device,
        "pooling": manifest.pooling,
        "seed": str(manifest.seed),
        "max_tokens": str(manifest.max_tokens),
        "exemplars": str(manifest.exemplars),
        "layers": " ".join(manifest.layers),
        "texts_path": manifest.texts_path,
        "texts_hash": manifest.texts_hash,
        "texts_calibration": str(manifest.texts_calibration),
        "texts_validation": str(manifest.texts - manifest.texts_calibration),
        "texts_left_out": str(manifest.texts_left_out),
        "tokens": str(manifest.tokens),
        "neurotui": version("neurotui"),
        "torch": manifest.torch,
        "transformers": manifest.transformers,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _write_outputs(writer: Writer, columns: Arrays) -> None:
    """Write what neurons promote and suppress; there are no columns for a model that tells nothing of it."""
    if columns:
        kind = np.where(columns["side"] > 0, "promoted", "suppressed").astype(object)
        kept = {name: pa.array(values) for name, values in columns.items() if name != "side"}
        writer.append("outputs", pa.table({**kept, "kind": pa.array(kind, pa.string())}))


def _write_texts(writer: Writer, folder: Folder, manifest: Manifest) -> None:
    if corpus_digest(folder.texts()) != manifest.texts_hash:
        raise Refusal(
            f"the texts in '{folder.path}' are damaged", "run the precompute again: it lays them down anew"
        )
    pooled = folder.selection().pooled
    for number, block in enumerate(folder.texts()):
        first = number * BLOCK
        ids = np.arange(first, first + block.num_rows, dtype=np.int32)
        table = pa.Table.from_batches([block]).drop_columns(["first", "end"])
        table = table.append_column("text_id", pa.array(ids))
        writer.append("texts", table.append_column("pooled", pa.array(pooled[ids])))


def _blocks(neurons: int) -> Iterator[_Neurons]:
    for first in range(0, neurons, _NEURONS):
        yield _Neurons(first, min(first + _NEURONS, neurons))


def _write_block(
    writer: Writer, folder: Folder, manifest: Manifest, block: _Neurons, sample: NDArray[np.int64]
) -> None:
    """Write a block of neurons to the three tables that have one or more rows a neuron."""
    moments: Arrays = {}
    top = _Best(manifest.exemplars, lowest=False)
    bottom = _Best(manifest.exemplars // 2, lowest=True)
    pooled, sampled = [], []
    for number in range(manifest.shards):
        arrays = _slices(folder.shard(number), block)
        _add_moments(moments, arrays)
        top.fold(_windows(arrays, "top"))
        bottom.fold(_windows(arrays, "bottom"))
        pooled.append(arrays["pooled"])
        sampled.append(_windows(arrays, "sample"))
    lowest, highest, codes = encode(np.concatenate(pooled, axis=1))
    ids = np.arange(block.first, block.end, dtype=np.int32)
    writer.append("neurons", _statistics(manifest, block, moments, codes))
    writer.append(
        "pooled", pa.table({"neuron_id": ids, "lowest": lowest, "highest": highest, "codes": _lists(codes)})
    )
    in_sample = _joined(sampled)
    kinds: dict[Kind, Arrays] = {
        "top": top.windows,
        "bottom": bottom.windows,
        "quantile": _quantile(in_sample),
        "random": _random(in_sample, sample),
    }
    writer.append("exemplars", _exemplars(ids, kinds))


def _slices(shard: Path, block: _Neurons) -> Arrays:
    with safe_open(shard, framework="numpy") as file:
        return {name: file.get_slice(name)[block.first : block.end] for name in file.keys()}  # noqa: SIM118 - not a dict


def _windows(arrays: Arrays, kind: str) -> Arrays:
    return {name: arrays[f"{kind}.{name}"] for name in _WINDOW_FIELDS}


def _add_moments(moments: Arrays, arrays: Arrays) -> None:
    for name in ("sum", "squares", "firing"):
        moments[name] = moments[name] + arrays[name] if name in moments else arrays[name]
    for name, extreme in (("minimum", np.minimum), ("maximum", np.maximum)):
        moments[name] = extreme(moments[name], arrays[name]) if name in moments else arrays[name]


class _Best:
    """The best few windows of each neuron over the shards so far, best first."""

    def __init__(self, kept: int, *, lowest: bool) -> None:
        self._kept = kept
        self._sign = -1 if lowest else 1
        self.windows: Arrays = {}

    def fold(self, new: Arrays) -> None:
        """Take in a shard's best: by value, then text id."""
        both = _joined([self.windows, new]) if self.windows else new
        order = _by_value(both, self._sign)[:, : self._kept]
        self.windows = _chosen(both, order)


def _by_value(found: Arrays, sign: int) -> NDArray[np.int64]:
    """Return the columns in the order of their values (rising if `sign` is -1), then text ids; no text last."""
    value = np.where(found["text"] < 0, -np.inf, sign * found["value"])
    return np.lexsort((found["text"], -value), axis=1)


def _joined(parts: list[Arrays]) -> Arrays:
    return {name: np.concatenate([part[name] for part in parts], axis=1) for name in _WINDOW_FIELDS}


def _chosen(found: Arrays, columns: NDArray[np.int64]) -> Arrays:
    rows = np.arange(len(columns))[:, None]
    return {name: values[rows, columns] for name, values in found.items()}


def _quantile(sample: Arrays) -> Arrays:
    """Return those of the sample that spread evenly over its peaks, highest first."""
    order = _by_value(sample, 1)
    count = order.shape[1]
    places = np.unique(np.linspace(0, count - 1, min(_QUANTILE, count)).round().astype(np.int64))
    return _chosen(sample, order[:, places])


def _random(sample: Arrays, order: NDArray[np.int64]) -> Arrays:
    """Return the first few of the sample in the order of their hashes."""
    # Which text stands in which column is the same for every neuron.
    column_of = {text: column for column, text in enumerate(sample["text"][0].tolist())}
    columns = np.array([column_of[text] for text in order[:_RANDOM].tolist()])
    return _chosen(sample, np.broadcast_to(columns, (len(sample["text"]), len(columns))))


def encode(pooled: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint16]]:
    """Return the lowest and the highest of each row, and its values as codes between them: 0 to 65,535."""
    lowest, highest = pooled.min(axis=1), pooled.max(axis=1)
    span = (highest - lowest).astype(np.float64)
    scale = np.divide(HIGHEST_CODE, span, out=np.zeros_like(span), where=span > 0)
    codes = np.rint((pooled - lowest[:, None].astype(np.float64)) * scale[:, None])
    return lowest, highest, codes.astype(np.uint16)


def _statistics(manifest: Manifest, block: _Neurons, moments: Arrays, codes: NDArray[np.uint16]) -> pa.Table:
    layer = np.repeat(list(manifest.units), list(manifest.units.values()))[block.first : block.end]
    unit = np.concatenate([np.arange(units) for units in manifest.units.values()])[block.first : block.end]
    mean = moments["sum"] / manifest.tokens
    variance = np.maximum(moments["squares"] / manifest.tokens - mean**2, 0)
    bins = [np.bincount(row >> _BIN_BITS, minlength=_BINS) for row in codes]
    return pa.table(
        {
            "neuron_id": np.arange(block.first, block.end, dtype=np.int32),
            "layer": layer.astype(np.int16),
            "unit": unit.astype(np.int32),
            "mean": mean.astype(np.float32),
            "std": np.sqrt(variance).astype(np.float32),
            "minimum": moments["minimum"],
            "maximum": moments["maximum"],
            "firing_rate": (moments["firing"] / manifest.tokens).astype(np.float32),
            "histogram": _lists(np.stack(bins).astype(np.int32)),
        }
    )


def _exemplars(ids: NDArray[np.int32], kinds: dict[Kind, Arrays]) -> pa.Table:
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
    """Return a kind's exemplars as rows, without those of no text and bottom ones that are not negative."""
    kept = found["text"] >= 0
    if kind == "bottom":
        kept = kept & (found["value"] < 0)
    neuron, rank = np.nonzero(kept)
    return {
        "neuron_id": ids[neuron],
        "kind": np.full(len(neuron), kind),
        "rank": rank.astype(np.int16),
        "text_id": found["text"][kept],
        **{name: values[kept] for name, values in found.items() if name != "text"},
    }


def _lists(values: NDArray[Any]) -> pa.ListArray:
    """Return a two-dimensional array as a column of lists."""
    rows, width = values.shape
    return pa.ListArray.from_arrays(
        np.arange(0, rows * width + 1, width, dtype=np.int32), pa.array(np.ascontiguousarray(values).ravel())
    )
