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
from neurotui.store.labels import STATE_AFTER, Labels
from neurotui.store.neuron_index import NeuronIndex
from neurotui.types import Event

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

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
        made[:] = [_events(rows, run, Labels(run.weights, held), by)]
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


class _NewEvents(NamedTuple):
    events: list[Event]
    known: int


class _CurrentDecision(NamedTuple):
    """What is decided or noted of a neuron, in the journal or by an earlier row."""

    action: JournalAction | None = None
    text: str = ""
    by: str = ""
    time: str = ""
    origin: str = ""
    side: int = 1
    scope: str = ""


def _events(rows: list[ImportedRow], run: Run, labels: Labels, by: str) -> _NewEvents:
    """Return the events that make a journal say what the rows say."""
    events: list[Event] = []
    known, batch = 0, new_id()
    decided: dict[Neuron, _CurrentDecision] = {}
    noted: dict[Neuron, _CurrentDecision] = {}
    for said in rows:
        label = labels.label(said.neuron)
        about = (run.model, run.weights, *said.neuron)
        if said.action is None:
            _refuse_taking_back(said, label)
        else:
            row = _CurrentDecision(said.action, said.label, said.by, said.time, said.origin, said.side, said.scope)
            before = decided.get(said.neuron) or _decided(label)
            if _same(row, before) or (said.neuron not in decided and _is_past(row, label.time, said, labels)):
                known += 1
            else:
                _refuse_if_doubled(row, decided.get(said.neuron), said)
                decided[said.neuron] = row
                who = (said.by or by, said.action, *about)
                fits = (said.fit, said.token_fit, said.side, said.scope)
                events.append(
                    Event(new_id(), said.time, *who, said.label, said.origin, "", batch, *fits, importer=by)
                )
        if said.note is not None:
            row = _CurrentDecision("note", said.note, said.note_by, said.note_time)
            before = noted.get(said.neuron) or _CurrentDecision("note", label.note, label.note_by, label.note_time)
            if _same(row, before) or (said.neuron not in noted and _is_past(row, label.note_time, said, labels)):
                known += bool(said.note)
            else:
                noted[said.neuron] = row
                who = (said.note_by or by, "note", *about)
                events.append(Event(new_id(), said.note_time, *who, said.note, batch=batch, importer=by))
    return _NewEvents(events, known)


def _decided(label: Label) -> _CurrentDecision:
    actions: dict[str, JournalAction] = {state: action for action, state in STATE_AFTER.items()}
    text = label.text if label.state == "accepted" else ""
    said = (text, label.by, label.time, label.origin, label.side, label.scope)
    return _CurrentDecision(actions.get(label.state), *said)


def _same(row: _CurrentDecision, standing: _CurrentDecision) -> bool:
    """Return whether a row says what stands; what it leaves empty it does not say, and the time is no matter."""
    if (row.action, _encodable(row.text)) != (standing.action, _encodable(standing.text)):
        return False
    if row.by and compared(row.by) != compared(standing.by):
        return False
    if row.action != "accept":
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


def _refuse_if_doubled(row: _CurrentDecision, before: _CurrentDecision | None, said: ImportedRow) -> None:
    """Raise ``UserError`` if a file has two rows of one person and one moment that differ."""
    if before is not None and (row.time, compared(row.by)) == (before.time, compared(before.by)):
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
