"""The app's list without a screen: a run's neurons, filtered and sorted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.review.filters import filter_of
from neurotui.review.orders import SORTS
from neurotui.review.state import ReviewState
from neurotui.review.terms import LOOKUPS
from neurotui.review.visible_labels import VisibleLabels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from neurotui.review.orders import Sort
    from neurotui.review.terms.protocol import AskedTerm
    from neurotui.store.labels import Labels
    from neurotui.store.run import Run
    from neurotui.types import Neuron

WIDEN = "leave out --filter, or widen it"
"""What to do where a filter leaves a command no neuron that it could use."""


def listed(run: Run, labels: Labels, text: str = "", order: Sort = "layer") -> ReviewState:
    """Return the list of the neurons that a filter matches, in one of the app's orders.

    Words are looked up in names, labels and peak words, not by meaning. Raises ``UserError`` for an invalid filter
    or an unknown order.
    """
    if order not in SORTS:
        raise UserError(f"'{order}' is not an order", f"choose one of: {', '.join(SORTS)}")
    read = filter_of(text)
    backends = [descriptor.backend for descriptor in run.descriptors()]
    state = ReviewState(run.overview(), VisibleLabels(labels), backends, order)
    for asked in read.asks:
        state.know(asked, neurons_asked_for(run, asked))
    state.refilter(read)
    return state


def neurons_listed(run: Run, labels: Labels, text: str) -> set[Neuron]:
    """Return the neurons that a filter matches; ``UserError`` for an invalid filter."""
    state = listed(run, labels, text)
    return {state.overview.neuron(neuron_id) for neuron_id in state.rows.tolist()}


def neurons_asked_for(run: Run, asked: AskedTerm) -> NDArray[np.int32]:
    """Return the ids of the neurons for which a filter term holds that only the run can answer."""
    return LOOKUPS[asked.key].find(run, asked.word)
