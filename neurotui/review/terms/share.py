"""``share:2/5``: one person's part of the neurons, and those that everybody decides.

Every tenth neuron belongs to all: on these the agreement of those who share a run is measured. Of the others each
belongs to one part. Which one depends on its layer and unit alone, so that it is the same in every run of a model.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.review.terms.protocol import TermKind, quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.review.terms.protocol import Columns, Mask
    from neurotui.store.run_tables import Overview

_WRITTEN = re.compile(r"([0-9]{1,3})/([0-9]{1,3})", re.ASCII)
_COMMON = "common"
_EVERY = np.uint64(10)
_LAYER_BITS = np.uint64(32)


class Share(NamedTuple):
    """Part ``number`` of ``of`` with what all have in common; number 0 is that alone."""

    number: int
    of: int

    def mask(self, columns: Columns) -> Mask:
        """Return which neurons these are: (neurons,)."""
        drawn = _drawn(columns.overview)
        common: Mask = drawn % _EVERY == 0
        if not self.number:
            return common
        part: Mask = (drawn // _EVERY) % np.uint64(self.of) == self.number - 1
        return common | part


def filter_text(share: str) -> str:
    """Return the filter that shows a share, as in ``2/5``."""
    return f"share:{share}"


def _drawn(overview: Overview) -> NDArray[np.uint64]:
    """Return a number for each neuron that looks random and is always the same: (neurons,).

    The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
    """
    mixed = (overview.layer.astype(np.uint64) << _LAYER_BITS) + overview.unit.astype(np.uint64)
    mixed += np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))


def _parse(_sign: str, value: str) -> Share | str:
    if value.lower() == _COMMON:
        return Share(0, 1)
    found = _WRITTEN.fullmatch(value)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        return f"{quoted(value)} is no share: share:2/5, or share:common" if value else "which share? share:2/5"
    return Share(int(found[1]), int(found[2]))


TERM = TermKind(
    key="share",
    parse=_parse,
    example="share:2/5",
    help=("share:2/5", "the second of five people's parts, and what all five decide: share:common"),
)
