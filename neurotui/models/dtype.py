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
