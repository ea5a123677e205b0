"""Whose neurons a run's are: labels belong to every run of the same model, hooked at the same modules."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def neurons_of(meta: Mapping[str, str]) -> str:
    """Return a hash that two runs share where they have the same neurons: their weights', as a rule."""
    weights, hook = meta["weights"], meta.get("hook")
    # At other modules of the same model there are other neurons.
    return hashlib.sha256(f"{weights} {hook}".encode()).hexdigest() if hook else weights
