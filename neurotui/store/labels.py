"""What the journal adds up to: pure functions of its events."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from itertools import takewhile
from operator import attrgetter
from typing import TYPE_CHECKING

from neurotui.types import Event, JournalAction, Label, Neuron, Proposal, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

STATE_AFTER: dict[JournalAction, State] = {"accept": "accepted", "reject": "rejected", "skip": "skipped"}
"""The state that each deciding action leads to."""

# Imported decisions may be of one moment: they too come in one order, wherever they stand in a file.
_ORDER = attrgetter("time", "id")


class Labels:
    """The labels of one model's neurons: the events of its journal so far, folded.

    Events of other models are passed over. Order is by time, not by place in the file, so that two people's
    journals merge by concatenation in either order. A decision that was undone does not count until it is
    redone; a repeated event counts once.
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
        self._undone: set[str] = set()
        self._done: dict[str, list[str]] = defaultdict(list)
        self._redoable: dict[str, dict[str, Event]] = defaultdict(dict)

    def apply(self, events: Iterable[Event]) -> set[Neuron]:
        """Take in events; return the neurons whose label may have changed."""
        new = list({e.id: e for e in events if e.weights == self._weights and e.id not in self._by_id}.values())
        self._all.extend(new)
        new.sort(key=_ORDER)
        if new and _ORDER(new[0]) < self._latest:
            # Something came in late: what was undone since may look different now.
            self._all.sort(key=_ORDER)
            self._reset()
            self._fold(self._all)
            return {event.neuron for event in self._all}
        self._fold(new)
        return {event.neuron for event in new}

    def label(self, neuron: Neuron) -> Label:
        """Return what was decided for a neuron: an open label where nothing was."""
        events = self._events.get(neuron, ())
        history = sum(event.action in STATE_AFTER for event in events)
        notes = [event.text for event in events if event.action == "note" and event.id not in self._undone]
        note = notes[-1] if notes else ""
        counted = self.decisions(neuron)
        if not counted:
            return Label(neuron, note=note, history=history)
        last = counted[-1]
        said = (last.text, last.origin, last.by, last.time, note, history)
        fits, named = (last.fit, last.token_fit), (last.side, last.scope)
        return Label(neuron, STATE_AFTER[last.action], *said, *fits, *named)

    def decisions(self, neuron: Neuron) -> list[Event]:
        """Return the decisions for a neuron that were not undone, oldest first: the last is its label."""
        events = self._events.get(neuron, ())
        return [event for event in events if event.action in STATE_AFTER and event.id not in self._undone]

    def proposals(self, neuron: Neuron) -> list[Proposal]:
        """Return the labels that were written for a neuron, by a generator or in accepting: the last first.

        What was written together keeps its order. Of one text, side and scope the last counts, whoever wrote
        it; what was undone does not.
        """
        written: dict[tuple[str, int, str], Proposal] = {}
        groups: dict[str, int] = {}
        group_of: dict[tuple[str, int, str], int] = {}
        for event in self._events.get(neuron, ()):
            if event.text and event.action in {"propose", "accept"} and event.id not in self._undone:
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
        """Return the label of every neuron that was ever decided or noted, in neuron order."""
        said = (n for n, events in self._events.items() if any(event.action != "propose" for event in events))
        return [self.label(neuron) for neuron in sorted(said)]

    def history(self) -> Sequence[Event]:
        """Return every decision and note, undone ones too, oldest first."""
        return self._history

    def undone(self, event: Event) -> bool:
        """Tell whether a decision or note was undone and not redone since, by anybody."""
        return event.id in self._undone

    def undoable(self, by: str) -> list[Event]:
        """Return what `by` would undo next, the last first: one decision, or all that were taken together."""
        done = (self._by_id[name] for name in reversed(self._done.get(by, [])))
        return _together((event, event.batch) for event in done)

    def redoable(self, by: str) -> list[Event]:
        """Return what `by` would redo next, in its order: one decision, or all that were undone together."""
        undone = ((self._by_id[undo.of], undo) for undo in reversed(self._redoable.get(by, {}).values()))
        # The undos of older journals bear no batch: those go by the decisions'.
        return _together((event, undo.batch or event.batch) for event, undo in undone)

    def _fold(self, events: list[Event]) -> None:
        """Count events that are in the order of time and none of which is older than what was counted."""
        for event in events:
            self._by_id[event.id] = event
            self._latest = _ORDER(event)
            if event.action in {"undo", "redo"}:
                self._turn(event)
            else:
                self._events[event.neuron].append(event)
                if event.action == "propose":
                    continue  # nobody decided anything: there is nothing to undo
                self._history.append(event)
                self._done[event.by].append(event.id)
                self._redoable[event.by].clear()

    def _turn(self, event: Event) -> None:
        """Undo or redo what `event` speaks of; an event of which nothing is known changes nothing.

        What somebody undid, whoever had decided it, is hers to redo. Then it stands where it stood among the
        decisions of who took it: undoing goes on from the last of them.
        """
        decided = self._by_id.get(event.of)
        if decided is None:
            return
        done, redoable = self._done[decided.by], self._redoable[event.by]
        if event.action == "undo" and event.of in done:
            done.remove(event.of)
            redoable[event.of] = event
            self._undone.add(event.of)
        elif event.action == "redo" and event.of in redoable:
            del redoable[event.of]
            insort(done, event.of, key=lambda name: _ORDER(self._by_id[name]))
            self._undone.discard(event.of)


def _together(events: Iterable[tuple[Event, str]]) -> list[Event]:
    """Return the first of some events, each with its batch, and those that follow in the same one."""
    steps = iter(events)
    first = next(steps, None)
    if first is None:
        return []
    rest = takewhile(lambda step: first[1] and step[1] == first[1], steps)
    return [first[0], *(event for event, _ in rest)]
