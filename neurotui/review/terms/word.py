"""A plain word, or a phrase in quotes: found in labels, descriptors and peak words, a word also by meaning.

Every term that no registered kind recognises is a word, so this module is not in the registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.review.terms.protocol import with_any
from neurotui.spelling import compared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.review.terms.protocol import Columns, Mask

# How relevant a word is to a neuron.
CALLED = 4.0
"""It is in the neuron's label or first descriptor."""

PEAKING = 3.0
"""The neuron peaks at it."""

NEAR = 1.0
"""It is near in meaning: from this up to 2, by nearness. How near is near says ``labelling/near_meaning.py``."""

NAMED = 0.5
"""It is in the name of one of the neuron's best descriptors."""

HELP = (
    ("word", "called so, then peaks at it, then near in meaning, then named so further down"),
    ('"two words"', "a phrase as it is written, by name and peak alone"),
)
"""The lines of the help screen."""

# Lower matches say little about a neuron: with them, a common topic would match a tenth of all neurons.
_NAMED_AMONG = 3


class Word(NamedTuple):
    """A word or phrase, as texts are compared: part of the label or a descriptor, or the peak word's start.

    Unless it is ``literal``, neurons near to it in meaning match too.
    """

    text: str
    literal: bool = False

    def mask(self, columns: Columns) -> Mask:
        """Return the neurons that it matches literally, not by meaning: (neurons,)."""
        found: Mask = self._worded(columns) > 0
        return found

    def relevance(self, columns: Columns) -> NDArray[np.float32]:
        """Return its relevance to each neuron, 0 where it does not match: (neurons,)."""
        found = self._worded(columns)
        near = columns.near.get(self.text)
        if near is None or self.literal:
            return found
        by_meaning = np.where(near > 0, NEAR + near, 0).astype(np.float32)
        relevance: NDArray[np.float32] = np.maximum(found, by_meaning)
        return relevance

    def _worded(self, columns: Columns) -> NDArray[np.float32]:
        overview = columns.overview
        holds = np.array([*(self.text in compared(name) for name in overview.names), False])
        found = np.where(with_any(overview, holds[:-1].tolist(), _NAMED_AMONG), NAMED, 0).astype(np.float32)
        if columns.peak_words:
            peaking = np.array([word.startswith(self.text) for word in columns.peak_words], np.bool_)
            found[peaking[overview.peak]] = PEAKING
        found[holds[overview.matched[:, 0]]] = CALLED
        named = [row for row, label in columns.labels.items() if self.text in compared(label)]
        found[named] = CALLED
        return found
