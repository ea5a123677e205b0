"""How a model computes: the precision that a person may choose, and how a run records it."""

from __future__ import annotations

from typing import Literal

Dtype = Literal["auto", "float32", "bfloat16"]


SAID_DTYPE: dict[Dtype, str] = {
    "auto": "float32, products at medium precision",
    "float32": "float32",
    "bfloat16": "bfloat16",
}
"""How products are computed, as a run says it."""


FEW_PRODUCTS = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "32"}
"""The environment in which few products are kept ready, to be set before the first one.

Every length of a batch has products of its own, which oneDNN keeps: a thousand of them take most of a gigabyte a
process. Those of one batch, which its layers share, are enough.
"""


def dtype_said(words: str) -> Dtype:
    """Return the dtype that a run says it was made with; ``auto`` if it does not say."""
    return next((dtype for dtype, said in SAID_DTYPE.items() if said == words), "auto")


def weights_of(dtype: Dtype) -> Literal["float32", "bfloat16"]:
    """Return the type of a model's weights."""
    return "bfloat16" if dtype == "bfloat16" else "float32"
