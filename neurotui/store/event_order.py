"""The order of a journal's events, those of several machines among each other: whatever their clocks said.

``journal.Journal`` stamps each event that it writes after all that it has read; ``labels.Labels`` sorts what other
machines wrote, and ``undo.UndoHistory`` puts back what is redone.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neurotui.types import Event

_TICK = timedelta(microseconds=1)


def place_of(event: Event) -> tuple[str, str]:
    """Return an event's place in order: two machines may give the same one, and the id then decides."""
    return event.order or event.time, event.id


def after(last: str, now: str) -> str:
    """Return the order of an event written at `now` after one whose order is `last`, later by any clock.

    All are times in ISO 8601, UTC; `last` is empty before the first event.
    """
    if not last:
        return now
    return max(now, (datetime.fromisoformat(last) + _TICK).isoformat(timespec="microseconds"))
