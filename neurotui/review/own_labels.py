"""An annotator's own labels, to be used again: those that they wrote, the newest first."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from neurotui.spelling import compared
from neurotui.types import PERSON

if TYPE_CHECKING:
    from neurotui.store.labels import Labels

# It is asked after every decision: a journal of a hundred thousand lines is not read through each time.
_LOOKED_THROUGH, _MOST = 5000, 200


def own_labels(labels: Labels, by: str) -> tuple[str, ...]:
    """Return the labels that `by` wrote and that are not undone, newest first, each once."""
    found: dict[str, None] = {}
    name = compared(by)
    for event in islice(reversed(labels.history()), _LOOKED_THROUGH):
        if (
            event.action in {"accept", "also"}
            and compared(event.by) == name
            and event.origin == PERSON
            and not labels.undone(event)
        ):
            found.setdefault(event.text)
            if len(found) == _MOST:
                break
    return tuple(found)
