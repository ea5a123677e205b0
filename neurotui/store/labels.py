"""The labels that result from a journal's events: a pure fold. ``undo`` holds the rules of undo and redo."""

from __future__ import annotations

from itertools import starmap
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from neurotui.spelling import compared_name
from neurotui.store.beside_run import journal_of, second_journal_of
from neurotui.store.event_order import place_of
from neurotui.store.journal_actions import COUNTED, STATE_AFTER, TURNS, WITH_A_LABEL
from neurotui.store.standing_label import own_label, standing_label
from neurotui.store.undo import UndoHistory
from neurotui.types import Event, Label, Neuron, Proposal
from neurotui.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from neurotui.store.journal import Journal

# A pair is quicker to make than a Neuron, and is found under the same key.
_neuron_of: Callable[[Event], Any] = attrgetter("layer", "unit")


class Labels:
    """The labels of one model's neurons: the events of its journal so far, folded.

    A label is a person's: nobody's decision changes another's. ``standing_label`` says what they add up to.
    Events of other models are passed over. Events have an order that survives wrong clocks and does not depend on
    their place in the file, so that two people's journals can be merged by concatenation in either order. An
    undone decision does not count until it is redone; a repeated event counts once, and where somebody has changed
    one of the two, which of them counts does not depend on their order. A name in other capitals is the same
    person.
    """

    def __init__(self, weights: str, events: Iterable[Event] = ()) -> None:
        self._weights = weights
        self._others: set[str] = set()
        self._all: list[Event] = []
        self._reset()
        self.apply(events)

    def _reset(self) -> None:
        self._latest = ("", "")
        self._by_id: dict[str, Event] = {}
        self._history: list[Event] = []
        self._events: dict[Neuron, list[Event]] = {}
        self._undo = UndoHistory(self._by_id)
        self._shares: dict[str, tuple[str, str]] = {}

    @property
    def others(self) -> int:
        """How many decisions and notes are of another model."""
        return len(self._others)

    def apply(self, events: Iterable[Event]) -> set[Neuron]:
        """Add events; return the neurons whose label may have changed."""
        distinct: dict[str, Event] = {}
        replaced = False
        for event in events:
            if event.weights != self._weights:
                if event.action in COUNTED:
                    self._others.add(event.id)
                continue
            before = distinct.get(event.id) or self._by_id.get(event.id)
            if before is None or (event != before and event > before):
                replaced |= event.id in self._by_id
                distinct[event.id] = event
        new = list(distinct.values())
        if replaced:
            self._all = [event for event in self._all if event.id not in distinct]
        self._all.extend(new)
        new.sort(key=place_of)
        if new and (replaced or place_of(new[0]) < self._latest):
            # An earlier event arrived late: later undos may now have another effect.
            touched = set(self._events)
            self._all.sort(key=place_of)
            self._reset()
            self._by_id.update((event.id, event) for event in self._all)
            self._fold(self._all)
            return touched | {event.neuron for event in self._all}
        self._by_id.update(distinct)
        self._fold(new)
        return set(starmap(Neuron, set(map(_neuron_of, new))))

    def fold_anew(self, events: Iterable[Event]) -> set[Neuron]:
        """Forget all events and apply these instead; return the neurons whose label may have changed."""
        before = set(self._events)
        self._others.clear()
        self._all.clear()
        self._reset()
        return before | self.apply(events)

    def label(self, neuron: Neuron) -> Label:
        """Return a neuron's standing label, with the state open if nothing was decided."""
        events = self._events.get(neuron)
        if not events:
            return Label(neuron)
        if len(events) == 1 and events[0].action in STATE_AFTER and events[0].id not in self._undo.undone:
            # As nearly all are: of a hundred thousand the rest would take twice as long.
            return own_label(neuron, events).label._replace(history=1)
        said = self.said_of(neuron)
        own = [own_label(neuron, decisions) for decisions in _by_annotator(said).values()]
        settled = [event for event in said if event.action == "settle"]
        if len(own) == 1 and not settled:
            label = own[0].label
        else:
            own = [one._replace(label=_noted(one.label, _of(one.label.by, said))) for one in own]
            label = standing_label(neuron, own, settled[-1] if settled else None)
        return _noted(label, said)._replace(history=_decisions_in(events))

    def own(self, neuron: Neuron, by: str) -> Label:
        """Return one annotator's label of a neuron and their note, with the state open if they decided nothing."""
        said = _of(by, self.said_of(neuron))
        decisions = [event for event in said if event.action in STATE_AFTER]
        label = own_label(neuron, decisions).label if decisions else Label(neuron)
        return _noted(label._replace(history=_decisions_in(said)), said)

    def annotators(self, neuron: Neuron | None = None) -> list[str]:
        """Return the names of those whose decisions of a neuron, by default of any, count: in order, each once."""
        neurons = self._events if neuron is None else (neuron,)
        names = {name: of[-1].by for one in neurons for name, of in _by_annotator(self.said_of(one)).items()}
        return [names[name] for name in sorted(names)]

    def said_of(self, neuron: Neuron) -> list[Event]:
        """Return a neuron's decisions and notes that are not undone, oldest first."""
        events = self._events.get(neuron, ())
        return [event for event in events if event.action in COUNTED and event.id not in self._undo.undone]

    def ever_decided(self, neuron: Neuron, by: str) -> bool:
        """Return whether somebody has ever decided a neuron, even if all of it is undone."""
        name = compared_name(by)
        events = self._events.get(neuron, ())
        return any(event.action in STATE_AFTER and compared_name(event.by) == name for event in events)

    def last_by(self, neuron: Neuron) -> str:
        """Return who did the last that was done about a neuron, decided or proposed; "" for nobody."""
        events = self._events.get(neuron)
        return events[-1].by if events else ""

    def shares(self) -> dict[str, str]:
        """Return who has which part of the neurons, as ``2/5`` by name; the last that each took counts."""
        return dict(self._shares.values())

    def share(self, by: str) -> str:
        """Return which part of the neurons somebody has; empty if they took none."""
        return self._shares.get(compared_name(by), ("", ""))[1]

    def proposals(self, neuron: Neuron, *, seen_by: str | None = None) -> list[Proposal]:
        """Return the labels written for a neuron, by a generator or on accepting, newest first.

        With `seen_by`, of what people accepted only what that one did.

        Labels written together keep their order. Of those with equal text, side and scope only the newest is kept,
        whoever wrote it; undone ones are left out.
        """
        written: dict[tuple[str, int, str], Proposal] = {}
        groups: dict[str, int] = {}
        whose = compared_name(seen_by) if seen_by is not None else ""
        group_of: dict[tuple[str, int, str], int] = {}
        for event in self._events.get(neuron, ()):
            if seen_by is not None and event.action != "propose" and compared_name(event.by) != whose:
                continue
            if event.text and event.action in WITH_A_LABEL and event.id not in self._undo.undone:
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
        events = self._events.get(neuron, ())
        return len({event.batch for event in events if event.action == "propose" and not event.importer})

    def all(self) -> list[Label]:
        """Return the label of every neuron that ever had a decision or a note, in neuron order."""
        return [self.label(neuron) for neuron in self.neurons()]

    def neurons(self) -> list[Neuron]:
        """Return every neuron that ever had a decision or a note, in neuron order."""
        said = (n for n, events in self._events.items() if any(event.action in COUNTED for event in events))
        return sorted(said)

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
        """Apply events that are in order, none earlier than those applied before."""
        if events:
            self._latest = place_of(events[-1])
        done: list[Event] = []  # what can be undone: handed over together, which is quicker
        of_neurons = self._events
        for event in events:
            action = event.action
            if action in TURNS:
                self._undo.add(done)
                done = []
                self._undo.turn(event)
            elif action == "share":
                self._shares[compared_name(event.by)] = (event.by, event.text)
            else:
                of_neuron = of_neurons.get(_neuron_of(event))
                if of_neuron is None:
                    of_neuron = of_neurons[event.neuron] = []
                of_neuron.append(event)
                if action != "propose":
                    self._history.append(event)
                    done.append(event)
                elif event.importer:
                    done.append(event)
        self._undo.add(done)


def _by_annotator(said: Iterable[Event]) -> dict[str, list[Event]]:
    """Return each annotator's decisions, in order, by the name as it is compared."""
    found: dict[str, list[Event]] = {}
    for event in said:
        if event.action in STATE_AFTER:
            found.setdefault(compared_name(event.by), []).append(event)
    return found


def _noted(label: Label, said: Iterable[Event]) -> Label:
    """Return a label with the newest of the notes that people keep on its neuron; an empty note is none."""
    notes = {compared_name(event.by): event for event in said if event.action == "note"}.values()
    if not notes:
        return label
    note = max([event for event in notes if event.text] or notes, key=place_of)
    return label._replace(note=note.text, note_by=note.by, note_time=note.time)


def _of(by: str, events: Iterable[Event]) -> list[Event]:
    name = compared_name(by)
    return [event for event in events if compared_name(event.by) == name]


def _decisions_in(events: Iterable[Event]) -> int:
    return sum(event.action in STATE_AFTER for event in events)


def remarks(journal: Journal, labels: Labels, *, name: str) -> list[str]:
    """Return, in sentences that call the journal `name`, what of it does not count for these labels."""
    found = [f"'{name}', {note}" for note in journal.notes]
    if journal.torn:
        found.append(f"'{name}' ends in a line that was never finished; it is left out")
    if labels.others:
        one = labels.others == 1
        said = f"{counted(labels.others, 'decision')} {'is' if one else 'are'} of another model"
        found.append(f"'{name}': {said} and {'was' if one else 'were'} passed over")
    second = second_journal_of(journal.run) if journal.run else None
    if second is not None and journal.run is not None and journal.path == journal_of(journal.run):
        found.append(f"'{name}' is used; another journal of the run is '{second}'")
    return found
