"""The labels that result from a journal's events: a pure fold. ``undo`` holds the rules of undo and redo."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from neurotui.store.undo import ORDER, UndoHistory
from neurotui.types import Event, JournalAction, Label, Neuron, Proposal, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

STATE_AFTER: dict[JournalAction, State] = {"accept": "accepted", "reject": "rejected", "skip": "skipped"}
"""The state that each deciding action leads to."""


class Labels:
    """The labels of one model's neurons: the events of its journal so far, folded.

    Events of other models are ignored. Events are ordered by time, not by their place in the file, so that two
    people's journals can be merged by concatenation in either order. An undone decision does not count until it
    is redone; a repeated event counts once.
    """

    def __init__(self, weights: str, events: Iterable[Event] = ()) -> None:
        self._weights = weights
        self._all: list[Event] = []
        self._reset()
        self.apply(events)

    def _reset(self) -> None:
        self._latest = ("", "")
        self._by_id: dict[str, Event] = {}
        self._history: list[Event] = []
        self._events: dict[Neuron, list[Event]] = defaultdict(list)
        self._undo = UndoHistory()

    def apply(self, events: Iterable[Event]) -> set[Neuron]:
        """Add events; return the neurons whose label may have changed."""
        new = list({e.id: e for e in events if e.weights == self._weights and e.id not in self._by_id}.values())
        self._all.extend(new)
        new.sort(key=ORDER)
        if new and ORDER(new[0]) < self._latest:
            # An older event arrived late: later undos may now have another effect.
            self._all.sort(key=ORDER)
            self._reset()
            self._fold(self._all)
            return {event.neuron for event in self._all}
        self._fold(new)
        return {event.neuron for event in new}

    def label(self, neuron: Neuron) -> Label:
        """Return a neuron's label, with the state open if nothing was decided."""
        events = self._events.get(neuron, ())
        history = sum(event.action in STATE_AFTER for event in events)
        notes = [event.text for event in events if event.action == "note" and event.id not in self._undo.undone]
        note = notes[-1] if notes else ""
        counted = self.decisions(neuron)
        if not counted:
            return Label(neuron, note=note, history=history)
        last = counted[-1]
        said = (last.text, last.origin, last.by, last.time, note, history)
        fits, named = (last.fit, last.token_fit), (last.side, last.scope)
        return Label(neuron, STATE_AFTER[last.action], *said, *fits, *named)

    def decisions(self, neuron: Neuron) -> list[Event]:
        """Return a neuron's decisions that are not undone, oldest first: the last one is its label."""
        events = self._events.get(neuron, ())
        return [event for event in events if event.action in STATE_AFTER and event.id not in self._undo.undone]

    def proposals(self, neuron: Neuron) -> list[Proposal]:
        """Return the labels written for a neuron, by a generator or on accepting, newest first.

        Labels written together keep their order. Of those with equal text, side and scope only the newest is kept,
        whoever wrote it; undone ones are left out.
        """
        written: dict[tuple[str, int, str], Proposal] = {}
        groups: dict[str, int] = {}
        group_of: dict[tuple[str, int, str], int] = {}
        for event in self._events.get(neuron, ()):
            if event.text and event.action in {"propose", "accept"} and event.id not in self._undo.undone:
                named = (event.text, event.side, event.scope)
                before = written.pop(named, None)
                fit = event.fit or (before.fit if before else ())
                token_fit = event.token_fit or (before.token_fit if before else ())
                fits, about = (fit, token_fit), (event.side, event.scope)
                written[named] = Proposal(event.text, event.origin, *fits, *about)
                group_of[named] = groups.setdefault(event.batch or event.id, len(groups))
        return [written[named] for named in sorted(written, key=lambda one: -group_of[one])]

    def draws(self, neuron: Neuron) -> int:
        """Return how many times a generator has written labels for a neuron."""
        return len({event.batch for event in self._events.get(neuron, ()) if event.action == "propose"})

    def all(self) -> list[Label]:
        """Return the label of every neuron that ever had a decision or a note, in neuron order."""
        said = (n for n, events in self._events.items() if any(event.action != "propose" for event in events))
        return [self.label(neuron) for neuron in sorted(said)]

    def history(self) -> Sequence[Event]:
        """Return every decision and note, undone ones included, oldest first."""
        return self._history

    def undone(self, event: Event) -> bool:
        """Return whether a decision or note is undone and not redone since, by anybody."""
        return event.id in self._undo.undone

    def undoable(self, by: str) -> list[Event]:
        """Return what `by` would undo next, newest first: one decision, or all that were made together."""
        return self._undo.undoable(by)

    def redoable(self, by: str) -> list[Event]:
        """Return what `by` would redo next, in original order: one decision, or all that were undone together."""
        return self._undo.redoable(by)

    def _fold(self, events: list[Event]) -> None:
        """Apply events that are sorted by time, none older than those applied before."""
        for event in events:
            self._by_id[event.id] = event
            self._latest = ORDER(event)
            if event.action in {"undo", "redo"}:
                self._undo.turn(event)
            else:
                self._events[event.neuron].append(event)
                if event.action == "propose":
                    continue  # not a decision: there is nothing to undo
                self._history.append(event)
                self._undo.add(event)
