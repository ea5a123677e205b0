"""One pass over a shard's activations: what the run keeps of them, and nothing else.

A layer's activations come in batch by batch, are pooled and summed at once, and wait, a few batches at a time,
until it is known which of them become exemplars: only those few traces are ever looked at token by token.
Every order is total (value, then text id), so that nothing depends on how texts were divided into batches.
Special tokens are cut off before pooling: ``models/tokens.py`` decides which span of a text counts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import torch

from neurotui.errors import UserError
from neurotui.pooling import Counted
from neurotui.precompute.peak_windows import Batch, windows
from neurotui.precompute.shard_exemplars import Held

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neurotui.pooling import Pooling
    from neurotui.precompute.shard_exemplars import BestTexts
    from neurotui.precompute.shard_file import ShardWriter


HELD_BYTES_A_NEURON = 1 << 10
"""How much of activations may wait in memory until it is known which of them become exemplars."""

# Less than this would have a small model's few neurons looked at batch by batch.
_LEAST_HELD_BYTES = 40 << 20
# Rows that wait until they are written together.
_ROWS_AT_ONCE = {"cpu": 128, "cuda": 1_024}
_SAMPLED_AT_ONCE = 8


Keep = Callable[[str, torch.Tensor], None]
"""Called with a name and what is to be kept under it for good: the units first."""


class _Waiting:
    """Rows of texts or tokens by units, on their way to where they are kept: it takes many of them at once.

    ``rows[name]`` has what was put in under a name: (rows, units) each, or more axes behind these.
    """

    def __init__(self, keep: Keep, most: int) -> None:
        self._keep = keep
        self._most = most
        self._rows: dict[str, list[torch.Tensor]] = {}
        self._count = 0

    def put(self, rows: Mapping[str, torch.Tensor]) -> None:
        """Take in some rows, equally many under each name."""
        for name, values in rows.items():
            self._rows.setdefault(name, []).append(values)
        self._count += len(next(iter(rows.values())))
        if self._count >= self._most:
            self.pass_on()

    def pass_on(self) -> None:
        """Pass on whatever waits."""
        if self._count:
            for name, values in self._rows.items():
                self._keep(name, torch.cat(values).transpose(0, 1))
        self._rows.clear()
        self._count = 0


class Scratch:
    """Memory for what is needed for a moment, always the same: fresh memory costs more than the sums."""

    def __init__(self) -> None:
        self._memory = torch.empty(0)

    def like(self, values: torch.Tensor) -> torch.Tensor:
        """Return memory of the shape and device of float32 values, whatever is in it."""
        if self._memory.numel() < values.numel() or self._memory.device != values.device:
            self._memory = torch.empty(values.numel(), device=values.device)
        return self._memory[: values.numel()].view(values.shape)


class Layer:
    """What is kept of one layer's activations over a shard.

    Moments and the windows of the `best` texts stay in memory until ``finish``. What grows with the texts, a row
    each, is passed on to `keep` as it comes: pooled activations, sampled tokens, windows of the sampled texts.
    """

    def __init__(
        self,
        units: int,
        *,
        pooling: Pooling,
        best: BestTexts,
        held_bytes: int,
        device: torch.device,
        scratch: Scratch,
        keep: Keep,
    ) -> None:
        self._pooling = pooling
        self._held: list[Held] = []
        self._room = self._held_bytes = held_bytes
        self._scratch = scratch
        self._sum = torch.zeros(units, dtype=torch.float64, device=device)
        self._squares = torch.zeros(units, dtype=torch.float64, device=device)
        self._minimum = torch.full((units,), torch.inf, device=device)
        self._maximum = torch.full((units,), -torch.inf, device=device)
        self._best = best
        best.begin()
        rows = _ROWS_AT_ONCE[device.type]
        self._pooled, self._tokens = _Waiting(keep, rows), _Waiting(keep, rows)
        self._sample = _Waiting(keep, _SAMPLED_AT_ONCE)

    def take(self, batch: Batch, activations: torch.Tensor) -> None:
        """Take in a batch's activations: (texts, tokens, units), special tokens included."""
        counted = activations[:, batch.first : batch.end].float()
        total, highest, lowest = counted.sum(1), counted.amax(1), counted.amin(1)
        self._sum += total.sum(0, dtype=torch.float64)
        squares = torch.mul(counted, counted, out=self._scratch.like(counted))
        self._squares += squares.sum(1).sum(0, dtype=torch.float64)
        torch.minimum(self._minimum, lowest.amin(0), out=self._minimum)
        torch.maximum(self._maximum, highest.amax(0), out=self._maximum)
        chosen = batch.place >= 0
        one_each = self._pooling.batch(Counted(counted, total, highest))
        self._pooled.put({"pooled": one_each[chosen]})
        _, row, position = batch.tokens_at
        self._tokens.put({"tokens": counted[row, position]})
        self._take_sample(batch, counted)
        self._held.append(Held(batch, counted, {"top": highest, "bottom": -lowest, "pooled": one_each}))
        size = counted.numel() * counted.element_size()
        self._room -= size
        if self._room < size:  # another one would not fit
            self._fold()

    def finish(self, layer: int) -> dict[str, torch.Tensor]:
        """Pass on what waits; return moments and exemplars as tensors whose first dimension is the units.

        Raises ``UserError`` if an activation was not a finite number.
        """
        self._fold()
        if not bool(torch.isfinite(self._squares).all()):
            raise UserError(
                f"layer {layer} has activations that are not finite numbers",
                "look for NaN in the model's weights; of --dtype bfloat16, try float32",
            )
        for waiting in (self._pooled, self._tokens, self._sample):
            waiting.pass_on()
        found = {
            "sum": self._sum,
            "squares": self._squares,
            "minimum": self._minimum,
            "maximum": self._maximum,
        }
        for kind, windows_ in self._best.windows().items():
            found.update({f"{kind}.{name}": values for name, values in windows_.stored(kind)})
        return found

    def _take_sample(self, batch: Batch, counted: torch.Tensor) -> None:
        units = counted.shape[2]
        for text in (batch.slot >= 0).nonzero()[:, 0]:
            unit = torch.arange(units, device=counted.device)
            cut = windows(batch, counted, text.expand(units), unit)
            self._sample.put({f"sample.{name}": values[None] for name, values in cut.stored("sample")})

    def _fold(self) -> None:
        if self._held:
            self._best.fold(self._held)
        self._held = []
        self._room = self._held_bytes


class Reducer:
    """All layers of a shard: give it to ``Model.listen`` as the listener, one batch after another.

    What it keeps goes to `writer`; `best` are each layer's best texts so far, of earlier shards too.
    """

    def __init__(
        self,
        units: Mapping[int, int],
        *,
        pooling: Pooling,
        best: Mapping[int, BestTexts],
        device: torch.device,
        writer: ShardWriter,
    ) -> None:
        self._writer = writer
        held = max(HELD_BYTES_A_NEURON * sum(units.values()), _LEAST_HELD_BYTES)
        scratch = Scratch()
        self._layers = {
            layer: Layer(
                count,
                pooling=pooling,
                best=best[layer],
                held_bytes=held // len(units),
                device=device,
                scratch=scratch,
                keep=partial(self._keep, layer),
            )
            for layer, count in units.items()
        }
        self.batch: Batch | None = None

    def __call__(self, layer: int, activations: torch.Tensor) -> None:
        """Take in one layer's activations of the batch that was set."""
        if layer in self._layers and self.batch is not None:
            self._layers[layer].take(self.batch, activations)

    def finish(self) -> None:
        """Write everything that is kept until the end; a layer's memory is free when it is written."""
        for layer in list(self._layers):
            for name, values in self._layers.pop(layer).finish(layer).items():
                self._keep(layer, name, values)

    def _keep(self, layer: int, name: str, values: torch.Tensor) -> None:
        self._writer.add(name, layer, values.cpu().numpy())
