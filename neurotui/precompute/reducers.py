"""One pass over a shard's activations: what the run keeps of them, and nothing else.

A layer's activations come in batch by batch, are pooled and summed at once, and wait, a few batches at a time,
until it is known which of them become exemplars: only those few traces are ever looked at token by token.
Every order is total (value, then text id), so that nothing depends on how texts were divided into batches.
Special tokens are cut off before pooling: ``models/tokens.py`` decides which span of a text counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from neurotui.errors import UserError
from neurotui.exemplar_kinds import kept_of_each
from neurotui.pooling import Counted
from neurotui.precompute.document_windows import one_per_document
from neurotui.precompute.windows import Batch, Windows, sortable, windows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from neurotui.exemplar_kinds import BestKind
    from neurotui.pooling import Pooling


# What may wait in memory, over all layers: enough for the exemplars of many batches to be told at once.
_HELD_BYTES = 256 << 20
_NOBODY = torch.iinfo(torch.int64).min


class _Held(NamedTuple):
    """A batch whose exemplars are not yet known: (texts, counted tokens, units).

    ``keys`` are what each kind of exemplar is ordered by, the greatest first: (texts, units).
    """

    batch: Batch
    activations: torch.Tensor
    keys: Mapping[BestKind, torch.Tensor]


class _BestInShard:
    """The best few texts of each unit so far, by one kind of key, best first: (units, kept)."""

    def __init__(self, kind: BestKind, units: int, kept: int, device: torch.device) -> None:
        self.kind = kind
        self._keys = torch.full((units, kept), _NOBODY, dtype=torch.int64, device=device)
        self._documents = torch.full((units, kept), -1, device=device)
        self.windows = Windows.empty((units, kept), device)

    def fold(self, held: list[_Held]) -> None:
        """Take in batches: only the traces of texts that are now among the best are cut."""
        kept = self._keys.shape[1]
        if not kept:
            return
        candidates = torch.cat([self._keys, *(self._candidates(waiting) for waiting in held)], dim=1)
        if held[0].batch.document is not None:
            documents = torch.cat(
                [self._documents, *(_documents(waiting, len(candidates)) for waiting in held)], 1
            )
            candidates = one_per_document(candidates, documents, _NOBODY)
        self._keys, chosen = candidates.topk(kept, dim=1)
        if held[0].batch.document is not None:
            self._documents = documents.gather(1, chosen)
        unit = torch.arange(len(chosen), device=chosen.device)[:, None].expand_as(chosen)
        self.windows.rearrange(unit, chosen.clamp(max=kept - 1))
        before = kept
        for waiting in held:
            after = before + len(waiting.batch.text)
            new = (chosen >= before) & (chosen < after) & (self._keys > _NOBODY)
            row, column = new.nonzero(as_tuple=True)
            text = chosen[row, column] - before
            key = waiting.keys["pooled"][text, row] if self.kind == "pooled" else None
            lowest = self.kind == "bottom"
            cut = windows(waiting.batch, waiting.activations, text, row, lowest=lowest, key=key)
            self.windows.put(row, column, cut)
            before = after

    def _candidates(self, waiting: _Held) -> torch.Tensor:
        """Return the keys of a batch's texts: (units, texts), with repeats of a text out of the running."""
        batch = waiting.batch
        keys = sortable(waiting.keys[self.kind], batch.text[:, None])
        return keys.masked_fill_(~batch.original[:, None], _NOBODY).T


def _documents(waiting: _Held, units: int) -> torch.Tensor:
    """Return the documents of which a batch's texts are windows: (units, texts)."""
    assert waiting.batch.document is not None  # noqa: S101 - all texts of a run are windows, or none
    return waiting.batch.document.expand(units, -1)


class Layer:
    """What is kept of one layer's activations over a shard."""

    def __init__(
        self,
        units: int,
        *,
        pooling: Pooling,
        exemplars: int,
        pooled: int,
        sampled: int,
        tokens: int,
        held_bytes: int,
        device: torch.device,
    ) -> None:
        self._pooling = pooling
        self._held: list[_Held] = []
        self._room = self._held_bytes = held_bytes
        self._scratch = torch.empty(0, device=device)
        self._sum = torch.zeros(units, dtype=torch.float64, device=device)
        self._squares = torch.zeros(units, dtype=torch.float64, device=device)
        self._minimum = torch.full((units,), torch.inf, device=device)
        self._maximum = torch.full((units,), -torch.inf, device=device)
        self._pooled = torch.zeros((pooled, units), device=device)
        # The run keeps one byte a sampled token: two are more than enough on the way there.
        self._tokens = torch.zeros((tokens, units), dtype=torch.bfloat16, device=device)
        self._best = [_BestInShard(kind, units, kept, device) for kind, kept in kept_of_each(exemplars).items()]
        self._sample = Windows.empty((units, sampled), device)

    def take(self, batch: Batch, activations: torch.Tensor) -> None:
        """Take in a batch's activations: (texts, tokens, units), special tokens included."""
        counted = activations[:, batch.first : batch.end].float()
        total, highest, lowest = counted.sum(1), counted.amax(1), counted.amin(1)
        self._sum += total.sum(0, dtype=torch.float64)
        scratch = self._scratch_like(counted)
        self._squares += torch.mul(counted, counted, out=scratch).sum(1).sum(0, dtype=torch.float64)
        torch.minimum(self._minimum, lowest.amin(0), out=self._minimum)
        torch.maximum(self._maximum, highest.amax(0), out=self._maximum)
        chosen = batch.place >= 0
        one_each = self._pooling.batch(Counted(counted, total, highest))
        self._pooled[batch.place[chosen]] = one_each[chosen]
        place, row, position = batch.tokens_at
        self._tokens[place] = counted[row, position].to(torch.bfloat16)
        self._take_sample(batch, counted)
        self._held.append(_Held(batch, counted, {"top": highest, "bottom": -lowest, "pooled": one_each}))
        self._room -= counted.numel() * counted.element_size()
        if self._room <= 0:
            self._fold()

    def finish(self, layer: int) -> dict[str, torch.Tensor]:
        """Return everything as tensors whose first dimension is the units.

        Raises ``UserError`` if an activation was not a finite number.
        """
        self._fold()
        if not bool(torch.isfinite(self._squares).all()):
            raise UserError(
                f"layer {layer} has activations that are not finite numbers",
                "try another --dtype, or leave it out",
            )
        found = {
            "sum": self._sum,
            "squares": self._squares,
            "minimum": self._minimum,
            "maximum": self._maximum,
            "pooled": self._pooled.T.contiguous(),
            # numpy has no bfloat16: its bits go to the shard.
            "tokens": self._tokens.T.contiguous().view(torch.int16),
        }
        kinds = {best.kind: best.windows for best in self._best} | {"sample": self._sample}
        for kind, kept in kinds.items():
            found.update({f"{kind}.{name}": values for name, values in kept.items()})
        return found

    def _take_sample(self, batch: Batch, counted: torch.Tensor) -> None:
        units = counted.shape[2]
        for text in (batch.slot >= 0).nonzero()[:, 0]:
            unit = torch.arange(units, device=counted.device)
            cut = windows(batch, counted, text.expand(units), unit)
            self._sample.put(unit, batch.slot[text].expand(units), cut)

    def _fold(self) -> None:
        if self._held:
            for best in self._best:
                best.fold(self._held)
        self._held = []
        self._room = self._held_bytes

    def _scratch_like(self, counted: torch.Tensor) -> torch.Tensor:
        """Return memory of the shape of `counted`, always the same: fresh memory costs more than the sums."""
        if self._scratch.numel() < counted.numel():
            self._scratch = torch.empty(counted.numel(), device=counted.device)
        return self._scratch[: counted.numel()].view(counted.shape)


class Reducer:
    """All layers of a shard: give it to ``Model.listen`` as the listener, one batch after another."""

    def __init__(
        self,
        units: Mapping[int, int],
        *,
        pooling: Pooling,
        exemplars: int,
        pooled: int,
        sampled: int,
        tokens: int,
        device: torch.device,
    ) -> None:
        self._layers = {
            layer: Layer(
                count,
                pooling=pooling,
                exemplars=exemplars,
                pooled=pooled,
                sampled=sampled,
                tokens=tokens,
                held_bytes=_HELD_BYTES // len(units),
                device=device,
            )
            for layer, count in units.items()
        }
        self.batch: Batch | None = None

    def __call__(self, layer: int, activations: torch.Tensor) -> None:
        """Take in one layer's activations of the batch that was set."""
        if layer in self._layers and self.batch is not None:
            self._layers[layer].take(self.batch, activations)

    def finish(self) -> dict[str, NDArray[Any]]:
        """Return everything that the shard keeps, as arrays whose first dimension is the neurons."""
        layers = [reducer.finish(layer) for layer, reducer in self._layers.items()]
        return {name: torch.cat([found[name] for found in layers]).cpu().numpy() for name in layers[0]}
