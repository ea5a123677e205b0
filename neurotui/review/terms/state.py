"""``state:open``: neurons in one state of the review; ``state:wording``: in conflict by wording alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

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


class InWording(NamedTuple):
    """Neurons on which people differ in wording alone."""

    def mask(self, columns: Columns) -> Mask:
        """Return these neurons: (neurons,)."""
        found: Mask = np.zeros(len(columns.overview), np.bool_)
        found[list(columns.in_wording)] = True
        return found


def filter_text(state: State) -> str:
    """Return the filter that shows the neurons in a state."""
    return f"state:{state}"


_WORDING = "wording"
# Cells of a wrong state that a message quotes: all the right ones stand behind it.
_LONGEST_VALUE = 6
WORDING = f"state:{_WORDING}"
"""The filter that shows the neurons on which people differ in wording alone."""


def _parse(_sign: str, value: str) -> InState | InWording | str:
    if value.lower() == _WORDING:
        return InWording()
    for state in STATES:
        if state == value.lower():
            return InState(state)
    wrong = f"{quoted(value, _LONGEST_VALUE)} is no state:" if value else "which state?"
    return f"{wrong} {', '.join((*STATES, _WORDING))}"


TERM = TermKind(
    key="state",
    parse=_parse,
    example="state:open",
    help=("state:open", "accepted, rejected, skipped, conflict; state:wording"),
)
