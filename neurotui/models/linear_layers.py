"""Linear layers whose float32 products are oneDNN's, where torch would take MKL's.

Both are exact. On processors that are not Intel's, MKL leaves more than half of what a core can do: with torch
2.13 on an AMD EPYC of 2024 it computes 110 billion operations a second, oneDNN 250. torch takes oneDNN's for
compiled models alone; they have no derivative, so that a network is quickened for listening to it, and not for
training.
"""

from __future__ import annotations

import torch
from transformers.pytorch_utils import Conv1D

# Rows are filled up to a multiple of this: more costs time, less costs memory.
_STEP = 32


def quicken(network: torch.nn.Module) -> None:
    """Make a network's linear layers compute with oneDNN, if torch has both libraries.

    Their weights stay as they are, mapped from their file: laid out as oneDNN would rather read them, they would
    save another tenth of the time, and be in memory twice.
    """
    if not _has_both():
        return
    for module in network.modules():
        if type(module) in _QUICK:
            module.__class__ = _QUICK[type(module)]


class _QuickLinear(torch.nn.Linear):
    """A linear layer; its weight is (outputs, inputs)."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - torch's name
        if _in_float32_here(input, self.weight):
            return _product(input, self.weight, self.bias)
        return super().forward(input)


class _QuickConv1D(Conv1D):
    """GPT-2's linear layer; its weight is (inputs, outputs)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if _in_float32_here(x, self.weight):
            return _product(x, self.weight.T, self.bias)
        return super().forward(x)  # type: ignore[no-untyped-call, no-any-return]


_QUICK: dict[type, type] = {torch.nn.Linear: _QuickLinear, Conv1D: _QuickConv1D}


def _product(rows: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """Return the rows (..., inputs) by the weight (outputs, inputs), and the bias added.

    Rows of zeros are appended up to a multiple of ``_STEP``: oneDNN compiles a program for every number of rows
    and never frees it, 0.3 MB each.
    """
    flat = rows.reshape(-1, rows.shape[-1])
    count = len(flat)
    behind = -count % _STEP
    if behind:
        flat = torch.nn.functional.pad(flat, (0, 0, 0, behind))
    result: torch.Tensor = torch.ops.mkldnn._linear_pointwise(flat, weight, bias, "none", [], "")  # noqa: SLF001
    return result[:count].view(*rows.shape[:-1], len(weight))


def _in_float32_here(*values: torch.Tensor) -> bool:
    """Return whether values are float32 in the processor's own memory."""
    return all(value.dtype == torch.float32 and value.device.type == "cpu" for value in values)


def _has_both() -> bool:
    # The product is torch's own, for the models that it compiles, and may go.
    both = torch.backends.mkl.is_available() and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return both and hasattr(torch.ops.mkldnn, "_linear_pointwise")
