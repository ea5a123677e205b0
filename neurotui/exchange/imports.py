"""Labels of a file into a journal: what it says already is known, and whatever differs counts."""

from __future__ import annotations

import shlex
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from neurotui.errors import UserError
from neurotui.exchange.incoming import ImportedRow, parse_row
from neurotui.exchange.record import named, refuse_doubled
from neurotui.exchange.targets import STANDARD_INPUT, format_in, format_of, records_in, standard_input
from neurotui.exchange.times import day_first
from neurotui.spelling import compared
from neurotui.store.journal import new_id
from neurotui.store.labels import Labels
from neurotui.store.neuron_index import NeuronIndex
from neurotui.store.standing import ACTION_FOR
from neurotui.types import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from typing import Self

    from neurotui.store.journal import Journal
    from neurotui.store.run import Run
    from neurotui.types import JournalAction, Label, Neuron

_MINUTE = len("2026-11-23T16:30")
_NOW = "now"  # after every time
_WHOLE_MINUTE = ":00.000000+00:00"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: decisions and notes that it added.

    ``known`` were in the journal already, ``other_models`` are not this run's, and ``without_model`` do not say
    which model they are of: they are taken for this run's.
    """

    labels: int
    notes: int
    known: int
    other_models: int
    without_model: int


def import_labels(
    run: Run, journal: Journal, path: Path, *, form: str | None, by: str = "", encoding: str = ""
) -> Imported:
    """Append a file's labels to a journal, as decisions of whoever took them, at the time they did.

    All of them or, on a ``UserError``, none. What the journal says already is not said again; a row that says
    something else counts. They are undone in one step, by whoever imports them: `by`. ``-`` is standard input.
    """
    rows, others, without_model = _rows(run, journal, path, form, encoding)
    made: list[_NewEvents] = []

    def choose(held: Sequence[Event]) -> list[Event]:
        made[:] = [_NewEvents(run, Labels(run.weights, held), by).take(rows)]
        return made[0].events

    journal.add(choose)
    notes = sum(event.action == "note" for event in made[0].events)
    return Imported(len(made[0].events) - notes, notes, made[0].known, others, without_model)


def _rows(
    run: Run, journal: Journal, path: Path, form: str | None, encoding: str
) -> tuple[list[ImportedRow], int, int]:
    """Return what a file says of this run's neurons, and how many rows are of others or name no model."""
    given = standard_input() if path == STANDARD_INPUT else None
    reader = format_in(given) if given is not None and not form else format_of(path, form)
    raw = records_in(path, reader, run=run.path, encoding=encoding, given=given)
    name = f"'{path}'" if given is None else "standard input"
    read: list[tuple[int, dict[str, Any]]] = []
    for number, record in raw:
        if "action" in record and "by" in record and "state" not in record:
            # Told at its first line: what others have done to a journal is no matter of an import.
            what = "" if given is not None else f" {shlex.quote(str(path))}"
            raise UserError(
                f"{name} is a journal, not an export: journals are merged line by line",
                f"cat{what} >> {shlex.quote(str(journal.path))}",
            )
        read.append((number, _normalised(record, str(path))))
    which = day_first(record.get(column) for _, record in read for column in ("time", "note_time"))
    rows: list[ImportedRow] = []
    others = without_model = 0
    known: NeuronIndex | None = None
    for number, record in read:
        of = [record.get(column) for column in ("weights", "model")]
        weights, model = ("" if isinstance(one, dict | list) else str(one or "").strip() for one in of)
        if weights != run.weights if weights else model and model != run.model:
            others += 1
            continue
        without_model += not weights
        where = f"{name}, {reader.counts} {number}"
        rows.append(parse_row(record, where, day_first=which))
        if weights:
            continue
        if known is None:
            overview = run.overview()
            known = NeuronIndex(overview.layer, overview.unit)
        if known.find(rows[-1].neuron) is None:
            raise UserError(f"{where}: the run has no neuron {rows[-1].neuron}", "mend or remove that line")
    return _newest_last(rows), others, without_model


def _newest_last(rows: list[ImportedRow]) -> list[ImportedRow]:
    """Put the rows of each neuron in the order of their times: the newest stands, however files were joined."""
    of_each: defaultdict[Neuron, list[ImportedRow]] = defaultdict(list)
    for said in rows:
        of_each[said.neuron].append(said)
    in_order = {neuron: iter(sorted(said, key=lambda one: one.time or _NOW)) for neuron, said in of_each.items()}
    return [next(in_order[said.neuron]) for said in rows]


def _normalised(record: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a record with its columns named as ours are; ``UserError`` if one of ours is there twice."""
    renamed = {named(column): value for column, value in record.items()}
    if len(renamed) < len(record):
        refuse_doubled(record, name)
    return renamed


class _CurrentDecision(NamedTuple):
    """What is decided or noted of a neuron, in the journal or by an earlier row."""

    action: JournalAction | None = None
    text: str = ""
    by: str = ""
    time: str = ""
    origin: str = ""
    side: int = 1
    scope: str = ""


class _NewEvents:
    """The events that make a journal say what a file says, each of the person that its row names.

    ``known`` counts what the journal says already. Whoever imports is `by`; the file's decisions and notes without
    a name are theirs.
    """

    def __init__(self, run: Run, labels: Labels, by: str) -> None:
        self.events: list[Event] = []
        self.known = 0
        self._run = run
        self._labels = labels
        self._by = by
        self._batch = new_id()
        # What earlier rows have said, by neuron and person; "" is whoever settles.
        self._decided: dict[tuple[Neuron, str], list[_CurrentDecision]] = {}
        self._noted: dict[tuple[Neuron, str], _CurrentDecision] = {}

    def take(self, rows: Iterable[ImportedRow]) -> Self:
        """Add what rows say; return this."""
        for said in rows:
            if said.action is None:
                label = self._labels.own(said.neuron, said.by) if said.by else self._labels.label(said.neuron)
                _refuse_taking_back(said, label)
            else:
                self._take_decision(said, said.action)
            if said.note is not None:
                self._take_note(said, said.note)
        return self

    def _take_decision(self, said: ImportedRow, action: JournalAction) -> None:
        person, labels = said.by or self._by, self._labels
        row = _CurrentDecision(action, said.label, said.by, said.time, said.origin, said.side, said.scope)
        settles = action == "settle"
        whose = said.neuron, "" if settles else compared(person)
        stands = labels.label(said.neuron) if settles else labels.own(said.neuron, person)
        earlier = self._decided.get(whose)
        told = _decided(stands, action) if earlier is None else earlier
        # A row of nobody in particular says nothing new if that is what stands.
        also_told = [] if said.by or earlier is not None else _decided(labels.label(said.neuron), action)
        past = earlier is None and _is_past(row, stands.time, said, labels)
        if past or any(_same(row, one) for one in (*told, *also_told)):
            self.known += 1
            return
        _refuse_if_doubled(row, earlier or [], said)
        self._decided[whose] = [*told, row] if action == "also" else [row]
        event = self._event(said.neuron, action, person, said.time, said.label)
        event = event._replace(fit=said.fit, token_fit=said.token_fit, side=said.side, scope=said.scope)
        self.events.append(event._replace(origin=said.origin, blind=said.blind))

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

    def _event(self, neuron: Neuron, action: JournalAction, by: str, time: str, text: str) -> Event:
        about = (self._run.model, self._run.weights, *neuron)
        return Event(new_id(), time, by, action, *about, text, batch=self._batch, importer=self._by)


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
            f"{said.where}: {said.neuron} stands in this file twice, and not the same is said of it",
            "keep the row that is right",
        )


def _refuse_taking_back(said: ImportedRow, label: Label) -> None:
    """Raise ``UserError`` for a row that was made open: an import undoes nothing."""
    if (said.by or said.time) and label.state != "open":
        raise UserError(
            f"{said.where}: {said.neuron} is {label.state}, and an open row takes nothing back",
            "undo it in the app, or write rejected or skipped",
        )
