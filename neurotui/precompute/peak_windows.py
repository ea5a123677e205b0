"""Windows of activations around the tokens that are kept: of one neuron and text each."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import torch

_HIGHEST_ID = 2**31 - 1
WINDOW = 64
"""How many tokens of a text an exemplar's trace covers, at most."""


class Batch(NamedTuple):
    """Texts of one length. All but ``tokens``, (texts, length), are (texts,).

    The tokens from ``first`` to before ``end`` count. ``text`` is the text's id; ``place`` its row among the
    shard's pooled texts and ``slot`` among its sampled ones, -1 for none; ``original`` says that it may be an
    exemplar. ``tokens_at``, (3, sampled tokens), says of each sampled token its place among the shard's, its
    row in the batch and its position among the tokens that count. ``document`` is what a text is a window of,
    None where texts are whole.
    """

    tokens: torch.Tensor
    first: int
    end: int
    text: torch.Tensor
    original: torch.Tensor
    place: torch.Tensor
    slot: torch.Tensor
    tokens_at: torch.Tensor
    document: torch.Tensor | None = None


@dataclass(slots=True)
class Windows:
    """Traces around their peaks, quantised; every field has the same leading shape, ``trace`` 64 codes more.

    ``start`` and ``peak`` count the text's tokens, special ones included; ``length`` of the codes are real.
    ``key`` is what the windows are ordered by, ``value`` the activation at the peak.
    """

    text: torch.Tensor
    key: torch.Tensor
    start: torch.Tensor
    peak: torch.Tensor
    length: torch.Tensor
    value: torch.Tensor
    lowest: torch.Tensor
    highest: torch.Tensor
    trace: torch.Tensor

    @classmethod
    def empty(cls, shape: tuple[int, ...], device: torch.device) -> Windows:
        """Return windows of no text: their ids are -1."""

        def zeros(dtype: torch.dtype, *more: int) -> torch.Tensor:
            return torch.zeros((*shape, *more), dtype=dtype, device=device)

        return cls(
            text=zeros(torch.int32) - 1,
            key=zeros(torch.float32),
            start=zeros(torch.int16),
            peak=zeros(torch.int16),
            length=zeros(torch.uint8),
            value=zeros(torch.float32),
            lowest=zeros(torch.float32),
            highest=zeros(torch.float32),
            trace=zeros(torch.uint8, WINDOW),
        )

    def items(self) -> list[tuple[str, torch.Tensor]]:
        """Return the fields by name."""
        return [(field.name, getattr(self, field.name)) for field in fields(self)]

    def stored(self, kind: str) -> list[tuple[str, torch.Tensor]]:
        """Return the fields that a shard keeps of exemplars of a kind; the others are told from these."""
        left_out = {"value"} if kind == "pooled" else {"value", "key"}
        return [(name, values) for name, values in self.items() if name not in left_out]

    def chosen(self, row: torch.Tensor, column: torch.Tensor) -> Windows:
        """Return the windows at `row` and `column`, as they are broadcast."""
        return Windows(**{name: values[row, column] for name, values in self.items()})

    def put(self, row: torch.Tensor, column: torch.Tensor, new: Windows) -> None:
        """Overwrite the entries at `row` and `column` with new windows, one each."""
        for (_, values), (_, given) in zip(self.items(), new.items(), strict=True):
            values[row, column] = given


def sortable(values: torch.Tensor, text: torch.Tensor) -> torch.Tensor:
    """Return keys in the order of float32 `values`, and for equal values of falling text ids: int64.

    A greater key is a better exemplar. Shapes broadcast.
    """
    # Adding 0 makes -0.0 the same as 0.0. A float's bits, read as an integer, have the order of the floats
    # once those of the negative ones are turned round.
    bits = (values + 0.0).view(torch.int32)
    ordered = bits ^ ((bits >> 31) & 0x7FFFFFFF)
    return (ordered.to(torch.int64) << 32) + (_HIGHEST_ID - text.to(torch.int64))


def value_of(keys: torch.Tensor) -> torch.Tensor:
    """Return the float32 values that ``sortable`` made keys of."""
    ordered = (keys >> 32).to(torch.int32)
    return (ordered ^ ((ordered >> 31) & 0x7FFFFFFF)).view(torch.float32)


def windows(
    batch: Batch,
    activations: torch.Tensor,
    text: torch.Tensor,
    unit: torch.Tensor,
    *,
    lowest: bool = False,
) -> Windows:
    """Cut the windows of some (text, unit) pairs of a batch around their peaks, or their `lowest` points.

    `activations` is (texts, counted tokens, units); `text` and `unit`, both (pairs,), index it. The key is the
    activation at the peak.
    """
    traces = activations[text, :, unit]
    counted = traces.shape[1]
    peak = traces.argmin(1) if lowest else traces.argmax(1)
    value = traces.gather(1, peak[:, None])[:, 0]
    length = min(WINDOW, counted)
    start = (peak - length // 2).clamp(0, counted - length)
    if counted > length:
        traces = traces.gather(1, start[:, None] + torch.arange(length, device=start.device))
    low, high = traces.amin(1), traces.amax(1)
    scale = torch.where(high > low, 255 / (high - low), 0.0)
    codes = torch.zeros((len(text), WINDOW), dtype=torch.uint8, device=traces.device)
    codes[:, :length] = ((traces - low[:, None]) * scale[:, None]).round_().to(torch.uint8)
    return Windows(
        text=batch.text[text].to(torch.int32),
        key=value,
        start=(start + batch.first).to(torch.int16),
        peak=(peak + batch.first).to(torch.int16),
        length=torch.full_like(text, length, dtype=torch.uint8),
        value=value,
        lowest=low,
        highest=high,
        trace=codes,
    )
