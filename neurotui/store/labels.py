"""What the journal adds up to: pure functions of its events."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from neurotui.words import Event, Label, Neuron, State

if TYPE_CHECKING:
    from collections.abc import Iterable

_STATES: dict[str, State] = {"accept": "accepted", "reject": "rejected", "skip": "skipped"}


class Labels:
    """The labels of one model's neurons: the events of its journal so far, folded.

    Events of other models are passed over. Order is by time, so that two people's journals merge by
    concatenation; an event may come in late. A decision that was undone does not count until it is redone.
    """

    def __init__(self, weights: str) -> None:
        self._weights = weights
        self._events: dict[Neuron, list[Event]] = defaultdict(list)
        self._by_id: dict[str, Event] = {}
        self._undone: set[str] = set()
        self._done: dict[str, list[str]] = defaultdict(list)
        self._redoable: dict[str, list[str]] = defaultdict(list)

    def apply(self, events: Iterable[Event]) -> set[Neuron]:
        """Take in events; return the neurons whose label may have changed."""
        changed: set[Neuron] = set()
        for event in events:
            if event.weights != self._weights or event.id in self._by_id:
                continue
            self._by_id[event.id] = event
            changed.add(event.neuron)
            if event.action in {"undo", "redo"}:
                self._turn(event)
            else:
                self._events[event.neuron].append(event)
                self._done[event.by].append(event.id)
                self._redoable[event.by].clear()
        for neuron in changed:
            self._events[neuron].sort(key=lambda event: event.time)
        return changed

    def label(self, neuron: Neuron) -> Label:
        """Return what was decided for a neuron: an open label where nothing was."""
        events = self._events.get(neuron, ())
        decisions = [event for event in events if event.action != "note"]
        counted = [event for event in decisions if event.id not in self._undone]
        notes = [e.text for e in events if e.action == "note" and e.id not in self._undone]
        note = notes[-1] if notes else ""
        if not counted:
            return Label(neuron, note=note, history=len(decisions))
        last = counted[-1]
        return Label(
            neuron, _STATES[last.action], last.text, last.origin, last.by, last.time, note, len(decisions)
        )

    def all(self) -> list[Label]:
        """Return the label of every neuron that was ever decided or noted, in neuron order."""
        return [self.label(neuron) for neuron in sorted(self._events)]

    def undoable(self, by: str) -> Event | None:
        """Return the decision that `by` would undo next, or None."""
        done = self._done[by]
        return self._by_id[done[-1]] if done else None

    def redoable(self, by: str) -> Event | None:
        """Return the decision that `by` would redo next, or None."""
        undone = self._redoable[by]
        return self._by_id[undone[-1]] if undone else None

    def _turn(self, event: Event) -> None:
        """Undo or redo what `event` speaks of; an event of which nothing is known changes nothing."""
        if event.of not in self._by_id:
            return
        by = self._by_id[event.of].by
        undo = event.action == "undo"
        source, target = (self._done, self._redoable) if undo else (self._redoable, self._done)
        if event.of in source[by]:
            source[by].remove(event.of)
            target[by].append(event.of)
            (self._undone.add if undo else self._undone.discard)(event.of)
