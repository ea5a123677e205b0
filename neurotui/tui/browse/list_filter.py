"""Which neurons the list shows, and in which order: filters, their lookups in the run, saved filters.

Also what `esc` does there: it cancels jobs, takes marks away, or clears the filter.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.review.filtered_list import neurons_asked_for
from neurotui.review.filters import Filter, filter_of
from neurotui.review.orders import SORTS
from neurotui.review.saved_filters import save_filter
from neurotui.review.session import CONFLICTS
from neurotui.review.terms.state import WORDING
from neurotui.sanitize import visible
from neurotui.tui.messages import AskedRead
from neurotui.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from neurotui.review.orders import Sort
    from neurotui.review.state import ReviewState
    from neurotui.review.terms.protocol import AskedTerm
    from neurotui.store.run import Run
    from neurotui.tui.browse.current_review import CurrentReview
    from neurotui.tui.browse.meaning_search import MeaningSearch
    from neurotui.tui.browse.panes import Panes
    from neurotui.tui.browse.screen_protocol import ScreenProtocol
    from neurotui.tui.dispatch import Handlers
    from neurotui.tui.messages import NearFound


class ListFilter:
    """Applies filters and orders. `cancel_here` cancels the job of the neuron under the cursor, if it has one.

    Lookups that a filter needs run in the background; the filter is reapplied when the answer arrives.
    """

    def __init__(
        self,
        shell: ScreenProtocol,
        review: CurrentReview,
        panes: Panes,
        meaning: MeaningSearch,
        cancel_here: Callable[[], bool],
    ) -> None:
        self._shell = shell
        self._review = review
        self._panes = panes
        self._meaning = meaning
        self._cancel_here = cancel_here
        # What was shown before the neurons that people differ on.
        self._before = Filter()

    @property
    def handlers(self) -> Handlers:
        """The handlers, by action id."""
        return {"clear": self.clear, "sort": self.sort, "conflicts": self.conflicts}

    def refilter(self, filter_: Filter) -> None:
        """Show the neurons that a filter matches; its lookups in the run are done in the background."""
        review_state = self._review.review_state
        if review_state is not None:
            self.look_up(review_state, filter_)
            review_state.refilter(filter_)
            self._panes.show_rows()

    def look_up(self, review_state: ReviewState, filter_: Filter) -> None:
        """Start the lookups that a filter needs, in the run and by meaning, unless the answers are known."""
        run = self._review.session.run
        for asked in filter_.asks:
            if asked not in review_state.found:
                self._shell.in_background(partial(self._read_asked, run, asked), "asked")
        self._meaning.want(review_state, filter_)

    def clear(self) -> None:
        """Cancel the neuron's job; else clear the marks; else clear the filter."""
        review_state = self._review.ready()
        if self._shell.place != "filter" and self._cancel_here():
            return
        if review_state.marked:
            review_state.marked.clear()
            self._panes.show_rows()
        elif review_state.filter.terms:
            self.refilter(Filter())

    def conflicts(self) -> None:
        """Show the neurons that people differ on; what was shown before where these are shown already."""
        review_state = self._review.ready()
        shown = review_state.filter.text == CONFLICTS
        if not shown and not review_state.progress()["conflict"]:
            raise UserError("people differ on no neuron", "")
        before, self._before = self._before, review_state.filter
        self.refilter(before if shown else filter_of(CONFLICTS))
        if review_state.in_wording and not shown:
            host, many = self._shell.host, len(review_state.in_wording)
            said = f"{counted(many, 'neuron')} of these {'differs' if many == 1 else 'differ'} in wording alone"
            host.say(said, f"{host.key('settle_wording')} settles them; {WORDING} shows them")

    def keep_as(self, name: str) -> None:
        """Save the present filter by a name."""
        text, host = self._review.ready().filter.text, self._shell.host
        save_filter(text, name)
        host.say(
            f"saved the filter: {visible(name).strip() or text}", f"{host.key('filters')} lists the saved ones"
        )

    def sort(self) -> None:
        """Sort the list by the next order and go to its top."""
        self.sort_by(SORTS[(SORTS.index(self._review.ready().sort) + 1) % len(SORTS)])

    def sort_by(self, sort: Sort) -> None:
        """Sort the list by an order and go to its top."""
        review_state = self._review.ready()
        review_state.resort(sort)
        review_state.go(0)
        self._panes.show_rows()

    def asked_read(self, message: AskedRead) -> bool:
        """Record which neurons a term matches; return whether this changes what the present filter shows."""
        review_state = self._review.review_state
        if review_state is None or message.run is not self._review.session.run:
            return False
        if isinstance(message.found, UserError):
            self._shell.host.refuse(message.found)
            return False
        review_state.know(message.asked, message.found)
        return message.asked in review_state.filter.asks and self._apply_anew(review_state)

    def near_found(self, message: NearFound) -> bool:
        """Record what is near to a word; return whether this changes what the present filter shows."""
        review_state = self._review.review_state
        return self._meaning.found(message) and review_state is not None and self._apply_anew(review_state)

    def _apply_anew(self, review_state: ReviewState) -> bool:
        review_state.refilter()
        self._panes.show_rows()
        return True

    def _read_asked(self, run: Run, asked: AskedTerm) -> None:
        """Find the neurons that a term of a filter matches; runs in a thread."""
        try:
            found: NDArray[np.int32] | UserError = neurons_asked_for(run, asked)
        except UserError as refusal:
            found = refusal
        self._shell.post_message(AskedRead(run, asked, found))
