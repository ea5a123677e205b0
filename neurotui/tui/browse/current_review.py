"""The present session and review state of the Browse screen, also after the run is reloaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from neurotui.labelling.types import Fit
    from neurotui.review.candidates import Candidate
    from neurotui.review.session import Session
    from neurotui.review.state import ReviewState
    from neurotui.types import Neuron


class CurrentReview:
    """The session and its ``ReviewState``: None until the run has been read, and a new one after each reload.

    ``reading`` says whether a run is being read now. `key` returns the key of an action, for hints.
    """

    def __init__(self, session: Session, key: Callable[[str], str]) -> None:
        self.session = session
        self.review_state: ReviewState | None = None
        self.reading = False
        self._key = key

    @property
    def weights(self) -> str:
        """The hash of the weights of the open run's model."""
        return self.session.run.weights

    @property
    def unread(self) -> str:
        """Why there is no review state yet, in words."""
        return "the run is still being read" if self.reading else "the run could not be read"

    def ready(self) -> ReviewState:
        """Return the review state; ``UserError`` until the run has been read."""
        if self.review_state is None:
            raise UserError(self.unread)
        return self.review_state

    def current_id(self) -> int:
        """Return the neuron_id under the cursor; ``UserError`` if there is none."""
        current = self.ready().current
        if current is None:
            raise UserError("no neuron is shown", f"{self._key('clear')} clears the filter")
        return current

    def current_neuron(self) -> Neuron:
        """Return the neuron under the cursor; ``UserError`` if there is none."""
        return self.ready().overview.neuron(self.current_id())

    def is_current(self, neuron_id: int) -> bool:
        """Return whether the cursor is on this neuron."""
        return self.review_state is not None and self.review_state.current == neuron_id

    def find(self, neuron: Neuron) -> int | None:
        """Return a neuron's id, or None if the run has no such neuron or has not been read."""
        return self.review_state.find(neuron) if self.review_state is not None else None

    def know_fits(self, neuron: Neuron, fits: Iterable[Fit]) -> None:
        """Record the fits of a neuron's labels; does nothing if the run has no such neuron."""
        neuron_id = self.find(neuron)
        if self.review_state is not None and neuron_id is not None:
            self.review_state.candidate_cache.know_fits(neuron_id, fits)

    def candidates_of(self, neuron: Neuron) -> list[Candidate]:
        """Return a neuron's candidates; none if the run has no such neuron."""
        neuron_id = self.find(neuron)
        return (
            self.review_state.candidates(neuron_id)
            if self.review_state is not None and neuron_id is not None
            else []
        )
