"""Texts that share words with others: windows of a document that overlap (``precompute --stride``).

Whoever was shown one of them has seen a part of the others.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.store.run import Run


class Overlaps:
    """Finds the texts that overlap with some; nothing is read of a run whose texts do not."""

    def __init__(self, run: Run) -> None:
        self._run = run
        overlap, stride = (int(run.meta.get(name, 0)) for name in ("overlap", "stride"))
        # How many windows after one still have a part of it.
        self._reach = -(-overlap // stride) if stride else 0

    def with_overlapping(self, text_ids: NDArray[Any]) -> NDArray[Any]:
        """Return some texts, and all that overlap with one of them, by text_id."""
        if not self._reach or not len(text_ids):
            return text_ids
        # The windows of a document lie one after another.
        near = text_ids[:, None].astype(np.int64) + np.arange(-self._reach, self._reach + 1)
        there = (near >= 0) & (near < len(self._document))
        near = np.where(there, near, text_ids[:, None])
        return np.unique(near[self._document[near] == self._document[text_ids][:, None]])

    @cached_property
    def _document(self) -> NDArray[np.int32]:
        column: NDArray[np.int32] = self._run.reader.columns("documents")["document"]
        return column
