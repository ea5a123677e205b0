"""Token features, found in the texts themselves: one module for each kind, registered in the table below."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from neurotui.describe.features import (
    affixes,
    classes,
    frequency,
    neighbours,
    pieces,
    positions,
    shapes,
    signs,
    stems,
    words,
)

if TYPE_CHECKING:
    from neurotui.describe.features.protocol import Context, Feature

FINDERS: tuple[Callable[[Context], Iterator[Feature]], ...] = (
    words.find,
    signs.find,
    stems.find,
    classes.find,
    pieces.find,
    affixes.find,
    shapes.find,
    frequency.find,
    positions.find,
    neighbours.find,
)
"""Every kind of token feature. A new one is a module with such a function, a line here, and a record in
``describe/descriptor_kinds.py``."""

__all__ = ["FINDERS"]
