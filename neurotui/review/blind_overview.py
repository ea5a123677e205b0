"""A run's columns as an annotator may see them: in a blind review without what the run says of undecided neurons.

Lists, orders, filters, counts and candidates all read these columns, so that nothing finds, orders or shows a
neuron by what is hidden. The words at which exemplars peak stay: they are what the neuron does, and whoever reads
its exemplars sees them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.labelling.types import Nearness
    from neurotui.review.visible_labels import VisibleLabels
    from neurotui.store.run_tables import Overview

_HIDDEN = {"matched": -1, "sides": 0, "score": np.nan, "validation": np.nan, "described": False}
"""The columns that say what the machine found, and what stands in them where that is hidden."""


class BlindOverview:
    """An overview of which the machine's columns are empty at the neurons whose candidates are hidden.

    ``columns`` has the same arrays throughout: ``look`` brings a neuron's up to date after it was decided, or was
    decided no more.
    """

    def __init__(self, overview: Overview, seen: VisibleLabels) -> None:
        self._whole = overview
        self._seen = seen
        self._hides = seen.is_blind_to_machine
        self.columns = overview
        if self._hides:
            emptied = {name: np.full_like(getattr(overview, name), nothing) for name, nothing in _HIDDEN.items()}
            self.columns = replace(overview, **emptied)

    def look(self, neuron_id: int) -> None:
        """Show or hide what the machine says of a neuron, as its annotator may see it now."""
        if not self._hides:
            return
        hidden = self._seen.hides_machine(self._whole.neuron(neuron_id))
        for name, nothing in _HIDDEN.items():
            getattr(self.columns, name)[neuron_id] = nothing if hidden else getattr(self._whole, name)[neuron_id]

    def named(self, found: Nearness) -> Nearness:
        """Return what is near to a word, in a blind review without the machine's names."""
        return found._replace(names=(), nearest=()) if self._hides else found

    def near(self, found: Nearness) -> NDArray[np.float32]:
        """Return how near each neuron is to a word, 0 where what the machine says of it is hidden: (neurons,)."""
        if not self._hides:
            return found.neurons
        shown = self.columns.matched[:, 0] >= 0
        return np.where(shown, found.neurons, np.float32(0))
