"""What is reviewed on the Browse screen: always the present run, session and triage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from neurotui.review.candidates import Candidate
    from neurotui.review.session import Session
    from neurotui.review.state import ReviewState
    from neurotui.types import Neuron


class OpenReview:
    """The session and its triage, which is None until the run has been read, and another once it is reloaded.

    ``reading`` tells whether a run is being read now. `key` returns the key of an action, for hints.
    """

    def __init__(self, session: Session, key: Callable[[str], str]) -> None:
        self.session = session
        self.triage: ReviewState | None = None
        self.reading = False
        self._key = key

    @property
    def weights(self) -> str:
        """The weights of the model whose run is open now."""
        return self.session.run.weights

    @property
    def unread(self) -> str:
        """Why there is no triage yet, in words."""
        return "the run is still being read" if self.reading else "the run could not be read"

    def ready(self) -> ReviewState:
        """Return the triage; ``UserError`` while the run has not been read."""
        if self.triage is None:
            raise UserError(self.unread)
        return self.triage

    def current_id(self) -> int:
        """Return the id of the neuron under the cursor; ``UserError`` where there is none."""
        current = self.ready().current
        if current is None:
            raise UserError("no neuron is shown", f"{self._key('clear')} clears the filter")
        return current

    def current_neuron(self) -> Neuron:
        """Return the neuron under the cursor; ``UserError`` where there is none."""
        return self.ready().overview.neuron(self.current_id())

    def is_current(self, neuron_id: int) -> bool:
        """Tell whether the cursor is on a neuron."""
        return self.triage is not None and self.triage.current == neuron_id

    def find(self, neuron: Neuron) -> int | None:
        """Return a neuron's id, or None where the run has no such neuron, or has not been read."""
        return self.triage.find(neuron) if self.triage is not None else None

    def candidates_of(self, neuron: Neuron) -> list[Candidate]:
        """Return a neuron's candidates; none where the run has no such neuron."""
        neuron_id = self.find(neuron)
        return self.triage.candidates(neuron_id) if self.triage is not None and neuron_id is not None else []
