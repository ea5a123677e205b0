"""``state:open``: the neurons in one state of the review."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from neurotui.review.terms.protocol import TermKind, quoted
from neurotui.types import STATES

if TYPE_CHECKING:
    from neurotui.review.terms.protocol import Columns, Mask
    from neurotui.types import State


class InState(NamedTuple):
    """Neurons in one state."""

    state: State

    def mask(self, columns: Columns) -> Mask:
        """Return the neurons in this state: (neurons,)."""
        found: Mask = columns.state == STATES.index(self.state)
        return found


def filter_text(state: State) -> str:
    """Return the filter that shows the neurons in a state."""
    return f"state:{state}"


def _parse(_sign: str, value: str) -> InState | str:
    for state in STATES:
        if state == value.lower():
            return InState(state)
    wrong = f"{quoted(value)} is no state:" if value else "which state?"
    return f"{wrong} {', '.join(STATES)}"


TERM = TermKind(
    key="state", parse=_parse, example="state:open", help=("state:open", "accepted, rejected, skipped")
)
