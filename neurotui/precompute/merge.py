"""Fold finished shards into a run, a group of neurons at a time.

Exact, and the same whatever order the shards were made in: sums are added in the order of the shards, exemplars
have a total order, samples were settled before the first shard. Memory holds two groups of neurons: one that is
written, and the next.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa

from neurotui.errors import UserError
from neurotui.precompute.codes import coded, encode, firing_share, lists
from neurotui.precompute.disk_errors import disk_errors
from neurotui.precompute.exemplars import Exemplars, table
from neurotui.precompute.folder_hashes import damaged
from neurotui.precompute.mending import made_again
from neurotui.precompute.peaks import PeakWords
from neurotui.precompute.shard_file import Group, groups, read_group
from neurotui.precompute.shards import OUTPUTS, Folder, shard_name
from neurotui.precompute.texts import BLOCK, has_windows, windows_table
from neurotui.store.fetch_cache import origin_of
from neurotui.store.fetched_files import local_folder
from neurotui.store.run_tables import HIGHEST_CODE, HIGHEST_TOKEN_CODE
from neurotui.store.writer import Writer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.precompute.manifest import Manifest
    from neurotui.precompute.settings import PrecomputeSummary
    from neurotui.types import Progress

    Arrays = dict[str, NDArray[Any]]

T = TypeVar("T")

_OF_SHARDS = {".json", ".arrow", ".safetensors"}
_NAMED = 4
_OF_WINDOWS = ("window", "stride", "overlap", "documents")
# 32 bins of the pooled codes.
_BIN_BITS, _BINS = 11, 32


def merge(
    shards: Path | str, output: Path, *, progress: Progress, replace: bool = False, claim: Path | None = None
) -> PrecomputeSummary:
    """Fold a folder of shards into the run at `output`, for which the caller may hold a `claim`.

    A folder at a URL is fetched. Raises ``UserError`` if shards are missing or damaged, naming them, or if the run
    cannot be written.
    """
    started = time.monotonic()
    folder = Folder(local_folder(str(shards), _is_of_shards, progress))
    manifest = folder.manifest()
    writer = Writer(output, replace=replace, claim=claim)
    outputs = _refuse_incomplete(folder, manifest, progress)
    with writer, disk_errors(output):
        writer.meta({**_meta(manifest), "outputs": "logit lens" if outputs else "none"})
        _write_texts(writer, folder)
        writer.append("vocabulary", folder.vocabulary())
        _write_outputs(writer, outputs)
        selection = folder.selection()
        shared = _SharedByGroups(selection.document, selection.sample, folder.sample().weight, PeakWords(folder))
        writer.append("token_sample", _token_sample(folder))
        found = (
            (group, _tables(folder, manifest, number, group, shared))
            for number, group in enumerate(groups(manifest.units))
        )
        for group, tables in one_ahead(found):
            for name, rows in tables.items():
                writer.append(name, rows)
            progress("merging", group.neuron + group.neurons, manifest.neurons)
    return manifest.summary(output, round(time.monotonic() - started, 1))


def _is_of_shards(name: str) -> bool:
    return Path(name).suffix in _OF_SHARDS


def _refuse_incomplete(folder: Folder, manifest: Manifest, progress: Progress) -> Arrays:
    """Raise ``UserError`` unless all is there; return what neurons promote and suppress."""
    where, missing = origin_of(folder.path), []
    if not manifest.files:
        raise UserError(
            f"the precompute in '{where}' was ended before all texts were there",
            made_again(folder.path, [], "goes on from there"),
        )
    if wrong := damaged(folder.path, manifest.files):
        raise UserError(
            f"'{wrong[0]}' in '{where}' is damaged or missing",
            made_again(folder.path, wrong, "lays it down anew, and keeps the shards"),
        )
    for number in range(manifest.shards):
        if not folder.has_shard(number, manifest.key):
            missing.append(number)
        progress("checking shards", number + 1, manifest.shards)
    if missing:
        raise UserError(
            f"{len(missing)} of {manifest.shards} shards in '{where}' are missing or damaged: {named(missing)}",
            made_again(folder.path, [*map(shard_name, missing)], "makes those, and keeps the others"),
        )
    outputs = folder.outputs(manifest.key)
    if outputs is None:
        raise UserError(
            f"what neurons promote and suppress is missing in '{where}', or damaged",
            made_again(folder.path, [OUTPUTS], "makes that, and keeps the shards"),
        )
    return outputs


def named(shards: list[int]) -> str:
    """Return the names of shards' files; only the first few of many."""
    names = ", ".join(map(shard_name, shards[:_NAMED]))
    return names + (f" and {len(shards) - _NAMED} more" if len(shards) > _NAMED else "")


def _meta(manifest: Manifest) -> dict[str, str]:
    return {
        "model": manifest.model,
        "weights": manifest.weights,
        "tokenizer": manifest.tokenizer,
        "model_type": manifest.model_type,
        "activation_rule": manifest.activation_rule,
        "special_tokens": "left out",
        "dtype": manifest.dtype,
        **manifest.dtype_check,
        "device": manifest.device,
        "pooling": manifest.pooling,
        "seed": str(manifest.seed),
        "max_tokens": str(manifest.max_tokens),
        "exemplars": str(manifest.exemplars),
        "token_sample": str(manifest.token_sample),
        "layers": " ".join(manifest.layers),
        **({"hook": manifest.hook} if manifest.hook else {}),
        **({name: str(getattr(manifest, name)) for name in _OF_WINDOWS} if manifest.window else {}),
        "texts_path": manifest.texts_path,
        "texts_hash": manifest.texts_hash,
        "texts_calibration": str(manifest.texts_calibration),
        "texts_validation": str(manifest.texts - manifest.texts_calibration),
        "texts_left_out": str(manifest.texts_left_out),
        "texts_cut": str(manifest.texts_cut),
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


def _write_texts(writer: Writer, folder: Folder) -> None:
    pooled = folder.selection().pooled
    for number, block in enumerate(folder.texts()):
        first = number * BLOCK
        ids = np.arange(first, first + block.num_rows, dtype=np.int32)
        table = pa.Table.from_batches([block]).select(["source_id", "split", "body", "tokens", "ends", "gold"])
        if has_windows(block):
            writer.append("windows", windows_table(block, ids))
        table = table.append_column("text_id", pa.array(ids))
        writer.append("texts", table.append_column("pooled", pa.array(pooled[ids])))


def _token_sample(folder: Folder) -> pa.Table:
    sample = folder.sample()
    split = [text for block in folder.texts() for text in block.column("split").to_pylist()]
    return pa.table(
        {
            "place": np.arange(len(sample.text), dtype=np.int32),
            "text_id": sample.text,
            "position": sample.position,
            "split": pa.array([split[text] for text in sample.text.tolist()], pa.string()),
            "weight": sample.weight,
        }
    )


def one_ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield the items; the next one is made in a thread meanwhile."""
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(next, items, None)
        while (item := waiting.result()) is not None:
            waiting = thread.submit(next, items, None)
            yield item


def _tables(
    folder: Folder, manifest: Manifest, number: int, group: Group, texts: _SharedByGroups
) -> dict[str, pa.Table]:
    """Return a group of neurons' rows of the tables that have one or more rows a neuron."""
    moments: Arrays = {}
    exemplars = Exemplars(manifest.exemplars, texts.document)
    pooled, tokens = [], []
    for shard in range(manifest.shards):
        arrays = read_group(folder.shard(shard), number, group.neurons)
        _add_moments(moments, arrays)
        exemplars.take(arrays)
        pooled.append(arrays["pooled"])
        tokens.append(arrays["tokens"])
    ids = np.arange(group.neuron, group.neuron + group.neurons, dtype=np.int32)
    lowest, highest, codes = encode(np.concatenate(pooled, axis=1), HIGHEST_CODE, np.uint16)
    at_tokens = np.concatenate(tokens, axis=1)
    largest = np.maximum(np.abs(moments["minimum"]), np.abs(moments["maximum"]))
    neurons = _statistics(manifest, group, moments, codes, firing_share(at_tokens, largest, texts.weight))
    chosen = exemplars.chosen(texts.sample)
    return {
        "neurons": neurons,
        "pooled": coded(ids, lowest, highest, codes),
        "token_activations": coded(ids, *encode(at_tokens, HIGHEST_TOKEN_CODE, np.uint8)),
        "exemplars": table(ids, chosen),
        "peaks": texts.peaks.table(ids, chosen),
    }


class _SharedByGroups(NamedTuple):
    """What every block of neurons is written with.

    ``sample`` are the sampled texts in the order of their hashes, ``document`` (texts,) whose windows texts are;
    ``weight`` (places,) is the token sample's.
    """

    document: NDArray[np.int32]
    sample: NDArray[np.int64]
    weight: NDArray[np.float32]
    peaks: PeakWords


def _add_moments(moments: Arrays, arrays: Arrays) -> None:
    for name in ("sum", "squares"):
        moments[name] = moments[name] + arrays[name] if name in moments else arrays[name]
    for name, extreme in (("minimum", np.minimum), ("maximum", np.maximum)):
        moments[name] = extreme(moments[name], arrays[name]) if name in moments else arrays[name]


def _statistics(
    manifest: Manifest, group: Group, moments: Arrays, codes: NDArray[np.uint16], firing: NDArray[np.float32]
) -> pa.Table:
    mean = moments["sum"] / manifest.tokens
    variance = np.maximum(moments["squares"] / manifest.tokens - mean**2, 0)
    bins = [np.bincount(row >> _BIN_BITS, minlength=_BINS) for row in codes]
    return pa.table(
        {
            "neuron_id": np.arange(group.neuron, group.neuron + group.neurons, dtype=np.int32),
            "layer": np.full(group.neurons, group.layer, np.int16),
            "unit": np.arange(group.first, group.end, dtype=np.int32),
            "mean": mean.astype(np.float32),
            "std": np.sqrt(variance).astype(np.float32),
            "minimum": moments["minimum"],
            "maximum": moments["maximum"],
            "firing_rate": firing,
            "histogram": lists(np.stack(bins).astype(np.int32)),
        }
    )
