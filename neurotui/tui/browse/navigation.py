"""Moving on the Browse screen: through the list, or through the detail pane if it has the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from neurotui.review.filters import Filter
from neurotui.tui.dispatch import Moves

if TYPE_CHECKING:
    from neurotui.tui.browse.current_review import CurrentReview
    from neurotui.tui.browse.panes import Panes
    from neurotui.tui.browse.screen_protocol import ScreenProtocol
    from neurotui.tui.dispatch import Handlers
    from neurotui.types import Neuron


class Navigation:
    """Moves the cursor by rows, layers and unreviewed neurons, and to any neuron; scrolls the detail."""

    def __init__(self, shell: ScreenProtocol, review: CurrentReview, panes: Panes) -> None:
        self._shell = shell
        self._review = review
        self._panes = panes

    @property
    def handlers(self) -> Handlers:
        """The handlers, by action id."""
        return {
            **Moves(self).handlers,
            "previous_layer": self.previous_layer,
            "next_layer": self.next_layer,
            "previous_open": self.previous_open,
            "next_open": self.next_open,
            "other_pane": self.other_pane,
        }

    def move(self, steps: int) -> None:
        """Move the cursor, or scroll the detail pane if it has the focus."""
        if self._shell.place == "detail":
            self._panes.detail.scroll_by(steps)
        else:
            self._review.ready().move(steps)
            self._panes.show_move()

    def page_size(self) -> int:
        """Return how many rows, or lines of the detail, are visible."""
        if self._shell.place == "detail":
            return self._panes.detail.scrollable_content_region.height
        return self._panes.list.rows_shown

    def extent(self) -> int:
        """Return how many rows, or lines of the detail, there are."""
        if self._shell.place == "detail":
            return self._panes.detail.virtual_size.height
        return len(self._review.ready())

    def previous_layer(self) -> None:
        """Go to the first row of the previous layer."""
        self._go_to_layer(-1)

    def next_layer(self) -> None:
        """Go to the first row of the next layer."""
        self._go_to_layer(1)

    def previous_open(self) -> None:
        """Go to the previous unreviewed neuron."""
        self._go_to_open(-1)

    def next_open(self) -> None:
        """Go to the next unreviewed neuron."""
        self._go_to_open(1)

    def other_pane(self) -> None:
        """Focus the other pane."""
        self._shell.focus_pane(detail=self._shell.place != "detail")

    def go_to_place(self, place: int) -> None:
        """Put the cursor on a row; does nothing until the run has been read."""
        if self._review.review_state is not None:
            self._review.review_state.go(place)
            self._panes.show_move()

    def go_to(self, neuron_id: int) -> None:
        """Go to a neuron; a filter that hides it is cleared."""
        review_state = self._review.ready()
        if not review_state.go_to(neuron_id):
            review_state.refilter(Filter())
            review_state.go_to(neuron_id)
        self._panes.show_rows()

    def go_to_neuron(self, neuron: Neuron | None) -> None:
        """Go to the neuron chosen in a view; by name, since the run may have been reloaded meanwhile."""
        if neuron is None:
            return
        neuron_id = self._review.ready().find(neuron)
        if neuron_id is None:
            self._shell.host.say(f"this run has no neuron {neuron}", "it was made from other layers")
        else:
            self.go_to(neuron_id)

    def _go_to_layer(self, step: Literal[1, -1]) -> None:
        if self._review.ready().go_to_layer(step):
            self._panes.show_move()

    def _go_to_open(self, step: Literal[1, -1]) -> None:
        if self._review.ready().go_to_open(step):
            self._panes.show_move()
        else:
            host = self._shell.host
            way, other = ("below", "previous_open") if step > 0 else ("above", "next_open")
            host.say(f"nothing unreviewed {way}", f"{host.key(other)} looks the other way")
