"""From imported rows to a journal's events: what it says already is known, and whatever differs counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from neurotui.errors import UserError
from neurotui.spelling import compared
from neurotui.store.journal import new_id
from neurotui.store.journal_actions import ACTION_FOR
from neurotui.store.labels import Labels
from neurotui.types import Event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurotui.exchange.read_row import ImportedRow
    from neurotui.store.run import Run
    from neurotui.types import JournalAction, Label, Neuron

_MINUTE = len("2026-11-23T16:30")
_WHOLE_MINUTE = ":00.000000+00:00"


class _CurrentDecision(NamedTuple):
    """What is decided or noted of a neuron, in the journal or by an earlier row."""

    action: JournalAction | None = None
    text: str = ""
    by: str = ""
    time: str = ""
    origin: str = ""
    side: int = 1
    scope: str = ""


class NewEvents:
    """The events that make a journal say what a file says, each of the person that its row names.

    `held` is what the journal holds; ``known`` counts what it says already. Whoever imports is `by`; the file's
    decisions and notes without a name are theirs.
    """

    def __init__(self, run: Run, held: Sequence[Event], by: str) -> None:
        self.events: list[Event] = []
        self.known = 0
        self._run = run
        self._labels = Labels(run.weights, held)
        self._by = by
        self._batch = new_id()
        # What earlier rows have said, by neuron and person; "" is whoever settles.
        self._decided: dict[tuple[Neuron, str], list[_CurrentDecision]] = {}
        self._noted: dict[tuple[Neuron, str], _CurrentDecision] = {}
        self._proposed = {_proposal(event) for event in held if event.action == "propose" and self._counts(event)}

    def take(self, said: ImportedRow) -> None:
        """Add what a row says that the journal does not say yet; ``UserError`` for what it cannot say."""
        if said.action is None:
            label = self._labels.own(said.neuron, said.by) if said.by else self._labels.label(said.neuron)
            _refuse_taking_back(said, label)
        elif said.action == "propose":
            self._take_candidate(said)
        else:
            self._take_decision(said, said.action)
        if said.note is not None:
            self._take_note(said, said.note)

    def _counts(self, event: Event) -> bool:
        return event.weights == self._run.weights and not self._labels.undone(event)

    def _take_candidate(self, said: ImportedRow) -> None:
        event = self._labelled(said, "propose", self._by)
        if _proposal(event) in self._proposed:
            self.known += 1
        else:
            self._proposed.add(_proposal(event))
            self.events.append(event)

    def _take_decision(self, said: ImportedRow, action: JournalAction) -> None:
        person, labels = said.by or self._by, self._labels
        row = _CurrentDecision(action, said.label, said.by, said.time, said.origin, said.side, said.scope)
        settles = action == "settle"
        whose = said.neuron, "" if settles else compared(person)
        stands = labels.label(said.neuron) if settles else labels.own(said.neuron, person)
        earlier = self._decided.get(whose)
        told = _decided(stands, action) if earlier is None else earlier
        # A row without an author adds nothing if it equals the standing label.
        also_told = [] if said.by or earlier is not None else _decided(labels.label(said.neuron), action)
        past = earlier is None and _is_past(row, stands.time, said, labels)
        if past or any(_same(row, one) for one in (*told, *also_told)):
            self.known += 1
            return
        _refuse_if_doubled(row, earlier or [], said)
        self._decided[whose] = [*told, row] if action == "also" else [row]
        self.events.append(self._labelled(said, action, person))

    def _take_note(self, said: ImportedRow, note: str) -> None:
        person = said.note_by or self._by
        whose, stands = (said.neuron, compared(person)), self._labels.own(said.neuron, person)
        row = _CurrentDecision("note", note, said.note_by, said.note_time)
        kept = self._noted.get(whose, _CurrentDecision("note", stands.note, stands.note_by, stands.note_time))
        past = whose not in self._noted and _is_past(row, stands.note_time, said, self._labels)
        if past or _same(row, kept):
            self.known += bool(note)
            return
        self._noted[whose] = row
        self.events.append(self._event(said.neuron, "note", person, said.note_time, note))

    def _labelled(self, said: ImportedRow, action: JournalAction, by: str) -> Event:
        event = self._event(said.neuron, action, by, said.time, said.label)
        event = event._replace(fit=said.fit, token_fit=said.token_fit, side=said.side, scope=said.scope)
        return event._replace(origin=said.origin, blind=said.blind)

    def _event(self, neuron: Neuron, action: JournalAction, by: str, time: str, text: str) -> Event:
        about = (self._run.model, self._run.weights, *neuron)
        return Event(new_id(), time, by, action, *about, text, batch=self._batch, importer=self._by)


def _proposal(event: Event) -> tuple[object, ...]:
    """Return what makes two candidates the same: their neuron, what they say and who says it."""
    return *event.neuron, _encodable(event.text), event.origin, event.side, event.scope


def _decided(label: Label, action: JournalAction) -> list[_CurrentDecision]:
    """Return what an annotator has decided, or what was settled where a row settles: one a label."""
    if action == "settle" and not label.settled:
        return []
    if label.state != "accepted":
        stands = "settle" if action == "settle" else ACTION_FOR.get(label.state)
        return [_CurrentDecision(stands, "", label.by, label.time, label.origin, label.side, label.scope)]
    first: JournalAction = "settle" if action == "settle" else "accept"
    return [
        _CurrentDecision(
            "also" if place else first, one.text, label.by, label.time, one.origin, one.side, one.scope
        )
        for place, one in enumerate(label.accepted)
    ]


def _same(row: _CurrentDecision, standing: _CurrentDecision) -> bool:
    """Return whether a row says what stands; what it leaves empty it does not say, and the time is no matter."""
    if (row.action, _encodable(row.text)) != (standing.action, _encodable(standing.text)):
        return False
    if row.by and compared(row.by) != compared(standing.by):
        return False
    if not row.text or row.action == "note":
        return True
    # An export says of every label what the run knows of it; the journal only of a descriptor's name.
    named = not standing.scope or not row.scope or (row.side, row.scope) == (standing.side, standing.scope)
    return named and (not row.origin or row.origin == standing.origin)


def _is_past(row: _CurrentDecision, now: str, said: ImportedRow, labels: Labels) -> bool:
    """Return whether the journal has just this row, and something later that stands instead."""
    if not row.time or row.time >= now:
        return False
    return any(
        event.action == row.action
        and _same_time(row.time, event.time)
        and _same(row, _CurrentDecision(event.action, event.text, event.by, origin=event.origin))
        for event in labels.said_of(said.neuron)
    )


def _same_time(written: str, time: str) -> bool:
    """Return whether two times are the same; a spreadsheet drops the seconds."""
    return written == time or (written.endswith(_WHOLE_MINUTE) and written[:_MINUTE] == time[:_MINUTE])


def _encodable(text: str) -> str:
    """Return a text as formats write it that cannot hold half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode()


def _refuse_if_doubled(row: _CurrentDecision, before: Sequence[_CurrentDecision], said: ImportedRow) -> None:
    """Raise ``UserError`` if a file has two rows of one person and one moment that differ."""
    if row.action != "also" and any(
        (row.time, compared(row.by)) == (one.time, compared(one.by)) for one in before
    ):
        raise UserError(
            f"{said.where}: {said.neuron} is in this file twice, with different values",
            "keep the row that is right",
        )


def _refuse_taking_back(said: ImportedRow, label: Label) -> None:
    """Raise ``UserError`` for a row that was made open: an import undoes nothing."""
    if (said.by or said.time) and label.state != "open":
        raise UserError(
            f"{said.where}: {said.neuron} is {label.state}, and an open row takes nothing back",
            "undo it in the app, or write rejected or skipped",
        )
