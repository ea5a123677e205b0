"""Undo and redo: what is undone, and what each person can undo and redo next.

``labels.Labels`` keeps one of these up to date with the journal. ``review/session.py`` writes the events that undo
and redo.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from itertools import takewhile
from typing import TYPE_CHECKING

from neurotui.spelling import compared_name
from neurotui.store.event_order import place_of
from neurotui.store.journal_actions import COUNTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from neurotui.types import Event


def can_be_undone(event: Event) -> bool:
    """Return whether an event can be undone: a decision, a note, or a candidate that somebody imported.

    What a generator writes for one neuron is no decision, and undoing passes it over.
    """
    return event.action in COUNTED or (event.action == "propose" and bool(event.importer))


class UndoHistory:
    """The decisions and notes of a journal, from which each person undoes their own, the newest first.

    `known` has every event of the journal by id, those that come later in order too. ``undone`` are the ids of
    those that are undone and not redone since, by anybody.
    """

    def __init__(self, known: Mapping[str, Event]) -> None:
        self.undone: set[str] = set()
        self._known = known
        self._done: dict[str, list[Event]] = defaultdict(list)
        self._redoable: dict[str, dict[str, Event]] = defaultdict(dict)

    def add(self, events: Iterable[Event]) -> None:
        """Add events that can be undone: their owners can undo them next, and can redo nothing any more."""
        for event in events:
            owner = _owner(event)
            self._done[owner].append(event)
            if redoable := self._redoable.get(owner):
                redoable.clear()

    def turn(self, event: Event) -> None:
        """Undo or redo what `event` refers to; a reference to no decision before it changes nothing.

        A decision can be redone by whoever undid it. It then returns to its original position in its author's
        history, and undoing continues from the newest of them.
        """
        decided = self._known.get(event.of)
        if decided is None or not can_be_undone(decided) or place_of(decided) > place_of(event):
            return
        done, redoable = self._done[_owner(decided)], self._redoable[_owner(event)]
        if event.action == "undo" and event.of not in self.undone:
            # The last is undone first, and of an import there are thousands.
            if done[-1] is decided:
                done.pop()
            else:
                done.remove(decided)
            redoable[event.of] = event
            self.undone.add(event.of)
        elif event.action == "redo" and event.of in redoable:
            del redoable[event.of]
            insort(done, decided, key=place_of)
            self.undone.discard(event.of)

    def undoable(self, by: str) -> list[Event]:
        """Return what `by` would undo next, newest first: one decision, or all that were made together."""
        return _together((event, event.batch) for event in reversed(self._done.get(compared_name(by), [])))

    def redoable(self, by: str) -> list[Event]:
        """Return what `by` would redo next, in original order: one decision, or all that were undone together."""
        undone = (
            (self._known[undo.of], undo) for undo in reversed(self._redoable.get(compared_name(by), {}).values())
        )
        # Undos in older journals have no batch: they are grouped by the decisions' batch.
        return _together((event, undo.batch or event.batch) for event, undo in undone)


def _owner(event: Event) -> str:
    """Return who may undo an event, as names are compared: whoever imported it, else whoever made it."""
    return compared_name(event.importer or event.by)


def _together(events: Iterable[tuple[Event, str]]) -> list[Event]:
    """Return the first of some (event, batch) pairs' events, and those that follow in the same batch."""
    steps = iter(events)
    first = next(steps, None)
    if first is None:
        return []
    rest = takewhile(lambda step: first[1] and step[1] == first[1], steps)
    return [first[0], *(event for event, _ in rest)]
