"""Make one shard: run its texts through the model and reduce."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from neurotui.pooling import POOLINGS
from neurotui.precompute.peak_windows import Batch
from neurotui.precompute.reducers import Reducer
from neurotui.precompute.texts import BLOCK
from neurotui.precompute.token_sample import Sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from neurotui.models.activations import Model
    from neurotui.precompute.manifest import Manifest
    from neurotui.precompute.shard_exemplars import BestTexts
    from neurotui.precompute.shard_file import ShardWriter
    from neurotui.precompute.shards import Folder
    from neurotui.precompute.texts import Selection

# One thread's caches hold a thousand tokens' activations; a graphics processor wants more at once.
_BATCH_TOKENS = {"cpu": 1_024, "cuda": 16_384}


class ShardTexts(NamedTuple):
    """The texts of one shard: ids from ``start``; per text its tokens and the span of those that count."""

    start: int
    tokens: list[list[int]]
    spans: list[tuple[int, int]]

    @property
    def end(self) -> int:
        """One more than the last text's id."""
        return self.start + len(self.tokens)


class Roles(NamedTuple):
    """What each of a shard's texts serves for; all (texts,).

    ``place`` is its row among the shard's pooled texts, ``slot`` among its sampled ones; -1 for none. The
    shard's sampled tokens of a text are those from ``tokens_from`` to before ``tokens_to``. ``document`` is what
    it is a window of, empty where texts are whole.
    """

    original: NDArray[np.bool_]
    place: NDArray[np.int64]
    slot: NDArray[np.int64]
    tokens_from: NDArray[np.int64]
    tokens_to: NDArray[np.int64]
    document: NDArray[np.int32]


def read_shard(folder: Folder, manifest: Manifest, number: int) -> ShardTexts:
    """Return the texts of a shard."""
    start = number * manifest.shard_texts
    end = min(start + manifest.shard_texts, manifest.texts)
    tokens: list[list[int]] = []
    spans: list[tuple[int, int]] = []
    read = start // BLOCK * BLOCK
    for block in folder.texts(start, end):
        first, read = read, read + block.num_rows
        own = block.slice(max(start - first, 0), end - max(start, first))
        tokens += own.column("tokens").to_pylist()
        spans += zip(own.column("first").to_pylist(), own.column("end").to_pylist(), strict=True)
    return ShardTexts(start, tokens, spans)


def roles(texts: ShardTexts, selection: Selection, tokens: Sample) -> Roles:
    """Return what each of the shard's texts serves for; `tokens` are the shard's own."""
    here = slice(texts.start, texts.end)
    sampled = np.zeros(len(selection.original), np.bool_)
    sampled[selection.sample] = True
    ids = np.arange(texts.start, texts.end)
    return Roles(
        selection.original[here],
        _numbered(selection.pooled[here]),
        _numbered(sampled[here]),
        np.searchsorted(tokens.text, ids),
        np.searchsorted(tokens.text, ids, side="right"),
        selection.document[here],
    )


def sampled_here(texts: ShardTexts, sample: Sample) -> Sample:
    """Return the sampled tokens of a shard's texts, in place order."""
    first, end = np.searchsorted(sample.text, [texts.start, texts.end])
    return Sample(sample.text[first:end], sample.position[first:end], sample.weight[first:end])


def batches(texts: ShardTexts, tokens: int) -> list[list[int]]:
    """Divide a shard's texts, as rows, into batches of one length and one span, of about `tokens` tokens.

    One length needs no padding and no mask. The order is shuffled, always the same way: the best exemplars are
    then known early, and few traces are cut in vain.
    """
    alike: dict[tuple[int, tuple[int, int]], list[int]] = defaultdict(list)
    for row, (ids, span) in enumerate(zip(texts.tokens, texts.spans, strict=True)):
        alike[len(ids), span].append(row)
    divided = []
    for (length, _), rows in sorted(alike.items()):
        most = max(1, tokens // length)
        divided += [rows[first : first + most] for first in range(0, len(rows), most)]
    random.Random(0).shuffle(divided)  # noqa: S311 - an order, not a secret
    return divided


def compute(
    model: Model,
    texts: ShardTexts,
    selection: Selection,
    sample: Sample,
    manifest: Manifest,
    best: Mapping[int, BestTexts],
    writer: ShardWriter,
    advance: Callable[[int], None],
) -> None:
    """Write what a shard keeps; `best` are each layer's best texts so far, of earlier shards too.

    `advance` is called with the number of texts after each batch.
    """
    tokens = sampled_here(texts, sample)
    role = roles(texts, selection, tokens)
    reducer = Reducer(
        manifest.units,
        pooling=POOLINGS[manifest.pooling],
        best=best,
        device=model.device,
        writer=writer,
    )
    divided = batches(texts, _BATCH_TOKENS[model.device.type])
    for rows in divided:
        with torch.inference_mode():
            reducer.batch = _batch(texts, rows, role, tokens, model.device)
            model.listen(reducer.batch.tokens, reducer, manifest.units)
        advance(len(rows))
    with torch.inference_mode():
        reducer.finish()
    place = role.place[[row for rows in divided for row in rows]]
    writer.order("pooled", place[place >= 0])
    writer.order("tokens", np.concatenate([_sampled_of(rows, role)[0] for rows in divided]))


def _sampled_of(rows: list[int], role: Roles) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places, among the shard's, of the sampled tokens of a batch, and the row in it of each."""
    kept = [np.arange(role.tokens_from[row], role.tokens_to[row]) for row in rows]
    return np.concatenate(kept), np.repeat(np.arange(len(rows)), [len(own) for own in kept])


def _batch(texts: ShardTexts, rows: list[int], role: Roles, tokens: Sample, device: torch.device) -> Batch:
    first, end = texts.spans[rows[0]]
    place, row = _sampled_of(rows, role)

    def told(values: NDArray[Any]) -> torch.Tensor:
        return torch.from_numpy(values[rows]).to(device)

    return Batch(
        tokens=torch.tensor([texts.tokens[row] for row in rows], device=device),
        first=first,
        end=end,
        text=torch.tensor(rows, device=device) + texts.start,
        original=told(role.original),
        place=told(role.place),
        slot=told(role.slot),
        document=told(role.document) if len(role.document) else None,
        tokens_at=torch.from_numpy(np.stack([place, row, tokens.position[place] - first])).to(device),
    )


def _numbered(chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the number of each chosen one, from 0, and -1 for the others."""
    return np.where(chosen, np.cumsum(chosen) - 1, -1)
