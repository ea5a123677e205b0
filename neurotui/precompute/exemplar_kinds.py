"""Which kinds of exemplars a neuron has and how many: told to the pass over a shard and to the choice from all."""

from __future__ import annotations

from typing import Literal

BestKind = Literal["top", "bottom", "pooled"]
"""The kinds of exemplars that are the best by a key: the highest or lowest activation, or the pooled one."""

RANDOM = QUANTILE = 10
"""How many random and how many quantile exemplars a neuron has; both are of the sampled texts."""


def kept_of_each(exemplars: int) -> dict[BestKind, int]:
    """Return how many of each kind are kept a neuron: `exemplars` top ones, and half as many of the others."""
    return {"top": exemplars, "bottom": exemplars // 2, "pooled": exemplars // 2}
