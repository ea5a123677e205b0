"""The list as the app shows it, for those without a screen: a run's neurons by a filter, in an order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.review.filters import FilterProblem, parse
from neurotui.review.orders import SORTS
from neurotui.review.state import ReviewState

if TYPE_CHECKING:
    from neurotui.review.orders import Sort
    from neurotui.store.labels import Labels
    from neurotui.store.run import Run


def listed(run: Run, labels: Labels, text: str = "", order: Sort = "layer") -> ReviewState:
    """Return the list of the neurons that a filter shows, in an order of the app's.

    Words are looked for in names, labels and peaks, not by meaning. ``UserError`` names what is wrong with a
    filter, or which orders there are.
    """
    if order not in SORTS:
        raise UserError(f"'{order}' is not an order", f"choose one of: {', '.join(SORTS)}")
    read = parse(text)
    if isinstance(read, FilterProblem):
        raise UserError(f"'{text}' is not a filter: {read.message}", "neurotui open shows the keys with ?")
    backends = [descriptor.backend for descriptor in run.descriptors()]
    state = ReviewState(run.overview(), labels, backends, order)
    for asked in read.asks:
        look = {"token": run.peaking, "promotes": run.promoting}[asked.key]
        state.know(asked, look(asked.word))
    state.refilter(read)
    return state
