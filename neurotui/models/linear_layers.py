"""Linear layers whose float32 products are oneDNN's, where torch would take MKL's.

Both are exact. On processors that are not Intel's, MKL's use less than half of a core: with torch 2.13 on an AMD
EPYC of 2024, 110 billion operations a second, and oneDNN's 250. torch takes these for compiled models alone.
"""

from __future__ import annotations

from collections import Counter

import torch
from transformers.pytorch_utils import Conv1D


def quicken(network: torch.nn.Module) -> None:
    """Have a network's linear layers compute with oneDNN where torch has both libraries; no weight changes.

    The numbers of a weight are laid out anew, input by input, as oneDNN reads them. Left alone are weights that
    are not float32 on the processor, and those that something else uses too, as a head uses the embeddings.
    """
    if not _has_both():
        return
    modules = list(network.modules())
    users = Counter(id(weight) for module in modules for weight in module.parameters(recurse=False))
    for module in modules:
        weight = getattr(module, "weight", None)
        if type(module) in _QUICK and users[id(weight)] == 1 and _is_plain(weight):
            module.__class__ = _QUICK[type(module)]
            if isinstance(module, torch.nn.Linear):
                module.weight.data = module.weight.data.T.contiguous().T


class _QuickLinear(torch.nn.Linear):
    """A linear layer; its weight is (outputs, inputs)."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 - torch's name
        return _product(input, self.weight, self.bias) if _is_plain(input) else super().forward(input)


class _QuickConv1D(Conv1D):
    """GPT-2's linear layer; its weight is (inputs, outputs), which is how oneDNN reads it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _product(x, self.weight.T, self.bias) if _is_plain(x) else super().forward(x)  # type: ignore[no-untyped-call]


_QUICK: dict[type, type] = {torch.nn.Linear: _QuickLinear, Conv1D: _QuickConv1D}


def _product(rows: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """Return the rows by the weight (outputs, inputs), and the bias added."""
    result: torch.Tensor = torch.ops.mkldnn._linear_pointwise(rows, weight, bias, "none", [], "")  # noqa: SLF001
    return result


def _is_plain(values: object) -> bool:
    return isinstance(values, torch.Tensor) and values.dtype == torch.float32 and values.device.type == "cpu"


def _has_both() -> bool:
    # The product is torch's own, for the models that it compiles, and may go.
    both = torch.backends.mkl.is_available() and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return both and hasattr(torch.ops.mkldnn, "_linear_pointwise")
