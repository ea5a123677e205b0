"""The panes of the Browse screen, and how they are drawn from the review state."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from neurotui.review.meaning_requests import nothing
from neurotui.tui.widgets.detail import DetailPane
from neurotui.tui.widgets.key_line import KeyLine
from neurotui.tui.widgets.layer_bar import LayerLine
from neurotui.tui.widgets.neuron_list import NeuronList
from neurotui.tui.widgets.status import StatusLine, StatusText
from neurotui.tui.widgets.text_layout import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from neurotui.review.neuron_loader import LoadedNeuron
    from neurotui.review.state import ReviewState
    from neurotui.tui.browse.current_review import CurrentReview
    from neurotui.tui.browse.screen_protocol import ScreenProtocol
    from neurotui.types import Neuron

_PATIENCE = 0.2


class Panes:
    """The list, the detail pane and the lines at the foot. Nothing else draws on them.

    `loaded` returns a loaded neuron, or loads it and then those likely to be needed next. `asked` returns the
    status of a neuron's last request and whether it failed, `at_work` what runs in the background, and
    `no_meaning` why search by meaning does not work: each is empty if there is nothing to say. `looked_at` is
    called with the neuron that is shown.
    """

    def __init__(
        self,
        shell: ScreenProtocol,
        review: CurrentReview,
        *,
        loaded: Callable[..., LoadedNeuron | None],
        asked: Callable[[Neuron], tuple[str, bool]],
        at_work: Callable[[], str],
        no_meaning: Callable[[], str],
        looked_at: Callable[[Neuron], object],
    ) -> None:
        self.list = NeuronList()
        self.detail = DetailPane()
        self.layers = LayerLine()
        self.status = StatusLine()
        self.keys = KeyLine(read_only=review.session.read_only)
        self._shell = shell
        self._review = review
        self._loaded, self._looked_at = loaded, looked_at
        self._asked, self._at_work, self._no_meaning = asked, at_work, no_meaning
        self._saved = "read-only" if review.session.read_only else "all saved"
        self._accepted = ""
        self._trouble = ""

    @property
    def trouble(self) -> str:
        """The problem shown in the status line; empty if none."""
        return self._trouble

    def show_rows(self) -> None:
        """Redraw the list after its rows or their texts changed."""
        self.show_neuron()
        self.list.rows_changed()
        self.show_foot()

    def show_move(self) -> None:
        """Redraw after the cursor moved."""
        # In this order everything is drawn in one frame, not part by part.
        self.show_neuron()
        self.list.cursor_moved()
        self.show_foot()

    def show_run(self, review_state: ReviewState) -> None:
        """Show another run."""
        self.list.show(review_state)
        self.show_neuron()
        self.show_foot()

    def show_foot(self) -> None:
        """Redraw the lines at the foot: the position, and the keys that work there."""
        self.show_standing()
        self._shell.refresh_bindings()

    def show_request(self) -> None:
        """Show the status of label requests, beside the neuron and in the status line."""
        self.show_neuron()
        self.show_foot()

    def show_neuron(self) -> None:
        """Show the neuron under the cursor, at once if it is already loaded."""
        review_state = self._review.review_state
        if review_state is None:
            return
        if review_state.current is None:
            self._show_emptiness(review_state)
            return
        self._looked_at(review_state.overview.neuron(review_state.current))
        neighbours = review_state.rows[max(0, review_state.cursor - 1) : review_state.cursor + 3]
        loaded = self._loaded(review_state.current, *map(int, neighbours[::-1]))
        if loaded is None:
            self._shell.later(_PATIENCE, partial(self._show_waiting, review_state.current))
            return
        review_state.candidate_cache.know(review_state.current, loaded.detail.peaks, loaded.detail.others)
        label, told = review_state.label(review_state.current), review_state.says(review_state.current)
        asked = self._asked(review_state.overview.neuron(review_state.current))
        self.keys.offer("settle" if label.state == "conflict" else "")
        run = self._review.session.run.path
        self.detail.show(loaded, label, told, review_state.chosen, run, review_state.candidates(), asked)

    def show_standing(self) -> None:
        """Show position and progress in the status line."""
        session, review_state = self._review.session, self._review.review_state
        standing = StatusText(
            shown(session.run.path.name),
            shown(session.run.model),
            shown(session.annotator),
            self._trouble or self._saved,
            trouble=bool(self._trouble),
            accepted="" if self._trouble else shown(self._accepted),
            at_work=self._at_work(),
        )
        if review_state is not None:
            self.layers.show(review_state)
            standing = standing.within(review_state, session.rate())
        self.status.show(standing)

    def saved(self, what: str, *, accepted: str = "", moved: bool = False) -> None:
        """Report what has been saved and redraw everything that it changes; only called once it is on disk.

        `accepted` is the label that was. `moved` scrolls the cursor into view.
        """
        self._saved, self._accepted, self._trouble = what, accepted, ""
        if self._take():
            self.show_neuron()
            self.list.refresh()
        if moved:
            self.list.cursor_moved()
        self.show_foot()

    def say_trouble(self, what: str) -> None:
        """Show a problem in the status line until something is saved; an empty text clears it."""
        self._trouble = what
        self.show_standing()

    def take_changes(self) -> None:
        """Apply new journal events, from here or elsewhere, and draw them."""
        if self._take():
            self.show_neuron()
            self.list.refresh()
            self.show_foot()

    def _take(self) -> bool:
        """Reread the labels that changed; return whether the run has any of their neurons."""
        review_state, changed = self._review.review_state, self._review.session.changed()
        return review_state is not None and bool(changed) and review_state.take(changed)

    def _show_emptiness(self, review_state: ReviewState) -> None:
        if len(review_state.overview):
            self.list.say(*nothing(review_state, self._shell.host.key("clear"), self._no_meaning()))
        else:
            self.list.say("the run has no neurons", "make another: neurotui precompute TEXTS -o run.duckdb")
        self.detail.say("", "")

    def _show_waiting(self, neuron_id: int) -> None:
        """Show that a neuron is being loaded, instead of leaving another one's details beside the cursor."""
        review_state, loaded = self._review.review_state, self.detail.loaded
        if review_state is None or review_state.current != neuron_id or not self.detail.is_mounted:
            return
        if loaded is not None and loaded.detail.neuron_id != neuron_id:
            self.detail.say(f"reading {review_state.overview.neuron(neuron_id)}", "")
