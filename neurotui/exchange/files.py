"""Labels to a file and back into a journal, in whichever format the file's name says."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from neurotui.errors import UserError
from neurotui.exchange.registry import named_as, spec_of, usual_suffixes
from neurotui.exchange.rows import rows
from neurotui.exchange.targets import STANDARD_OUTPUT, records_in, refuse_folder_there, write_to
from neurotui.store.atomic import refuse_overwriting, replies_of
from neurotui.store.journal import journal_of
from neurotui.store.journal_lines import utc
from neurotui.store.labels import STATE_AFTER
from neurotui.types import Event, Scope, Side

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

    from neurotui.exchange.spec import FormatSpec
    from neurotui.store.journal import Journal
    from neurotui.store.labels import Labels
    from neurotui.store.run import Run
    from neurotui.types import JournalAction, Neuron, State


# Whatever reads a file of such a name expects none of our formats.
_OTHERS = {"xlsx", "duckdb", "wal", "sqlite"}

_ACTIONS: dict[str, JournalAction] = {state: action for action, state in STATE_AFTER.items()}


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. ``known`` were in the journal already, ``other_models`` are not this run's."""

    labels: int
    notes: int
    known: int
    other_models: int


def format_of(path: Path, wanted: str | None) -> FormatSpec:
    """Return the requested format, else the one that the file's suffix names; ``UserError`` if there is none."""
    if wanted:
        return spec_of(wanted)
    if path == STANDARD_OUTPUT:
        return spec_of("jsonl")
    found = named_as(path)
    if found is None:
        raise UserError(
            f"'{path}' does not say which format it is", f"end its name in {usual_suffixes()}, or add --format"
        )
    return found


def export(
    run: Run,
    labels: Labels,
    state: State,
    path: Path,
    *,
    form: str | None,
    replace: bool,
    journal: Path | None = None,
    chosen: Container[Neuron] | None = None,
) -> int:
    """Write the labels in a state to a file, whole or not at all; return how many. ``-``: standard output.

    With some neurons `chosen`, only theirs.
    ``UserError`` where `refuse_target` has one, if the file is there already (unless `replace`) or cannot be
    written.
    """
    writer = format_of(path, form)
    found = rows(run, labels, state, chosen)
    if path != STANDARD_OUTPUT:
        refuse_target(run, path, form=form, journal=journal)
    return write_to(path, writer, found, replace=replace)


def refuse_target(run: Run, path: Path, *, form: str | None, journal: Path | None = None) -> None:
    """Raise ``UserError`` if labels may not go to `path`, or if its name says another format than was asked for.

    Neither the run, nor the `journal` that the labels come from (by default the run's own), nor what was paid
    for is ever replaced.
    """
    if path.is_dir() and (form or named_as(path)) and format_of(path, form).mode == "folder":
        refuse_folder_there(path)
    replies = replies_of(run.path)
    if path.exists() and replies.exists() and path.samefile(replies):
        raise UserError(f"'{path}' holds the replies that were paid for", "choose another name")
    refuse_overwriting(path, replace=True, needed=[run.path, journal or journal_of(run.path)])
    if not form:
        return
    named, ending = named_as(path), path.suffix.lower().lstrip(".")
    if (named is not None and named.name != form) or (named is None and ending in _OTHERS):
        other = named.name if named is not None else ending
        hint = f"end its name in {spec_of(form).suffixes[0]}" + (
            f", or choose {other}" if named is not None else ""
        )
        raise UserError(f"'{path}' is named as {other}, but {form} is to be written", hint)


def take_in(run: Run, journal: Journal, path: Path, *, form: str | None) -> Imported:
    """Append a file's labels to a journal, as decisions of whoever took them, at the time they did.

    All of them or, on a ``UserError``, none. What an earlier import of the same record added is not added again:
    an event's id is made from what it says.
    """
    known = {event.id for event in journal.events}
    events: list[Event] = []
    other = repeated = 0
    reader = format_of(path, form)
    for number, record in records_in(path, reader):
        where = f"'{path}', {reader.counts} {number}"
        if not isinstance(record.get("weights"), str):
            raise UserError(
                f"{where}: no label that neurotui exported: there is no 'weights'",
                "name a file that neurotui export wrote",
            )
        if record["weights"] != run.weights:
            other += 1
            continue
        for event in _events(record, run.model, where):
            if event.id in known:
                repeated += 1
                continue
            known.add(event.id)
            events.append(event)
    if events:
        journal.extend(sorted(events, key=lambda event: event.time))
    notes = sum(event.action == "note" for event in events)
    return Imported(len(events) - notes, notes, repeated, other)


def _events(record: dict[str, Any], model: str, where: str) -> list[Event]:
    """Return what one record decides: its decision and its note, as far as it has them."""
    found = []
    state = record.get("state")
    if not isinstance(state, str) or state not in {*_ACTIONS, "open"}:
        raise UserError(f"{where}: '{state}' is not a state", f"one of: {', '.join([*_ACTIONS, 'open'])}")
    if state != "open":
        origin = record.get("origin") or ""
        found.append(_event(record, model, where, _ACTIONS[state], record.get("label") or "", origin))
    if record.get("note"):
        found.append(_event(record, model, where, "note", record["note"], ""))
    return found


def _event(record: dict[str, Any], model: str, where: str, action: JournalAction, text: str, origin: str) -> Event:
    layer, unit = record.get("layer"), record.get("unit")
    words = [record.get("annotator") or "", record.get("time") or "", text, origin]
    if type(layer) is not int or type(unit) is not int or not all(isinstance(word, str) for word in words):
        raise UserError(f"{where}: layer and unit must be numbers, the rest text", "mend or remove that line")
    if action == "accept" and not text.strip():
        raise UserError(f"{where}: an accepted neuron without a label", "give it one, or leave it open")
    by, time = words[0], words[1]
    try:
        time = utc(time) if time else ""
    except (ValueError, OverflowError) as error:
        raise UserError(f"{where}: '{time}' is not a time", "write it as 2026-11-23T16:30:00+00:00") from error
    side, scope = _named_side(record, where) if action == "accept" else (1, "")
    # What older exports lack is no part of the id where it says nothing: they would be imported twice.
    named = [str(side), scope] if (side, scope) != (1, "") else []
    said = "\0".join([record["weights"], str(layer), str(unit), action, text, origin, by, time, *named])
    identity = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    about = (by, action, model, record["weights"], layer, unit)
    fits = (_fit(record, "fit", where), _fit(record, "token_fit", where))
    return Event(identity, time, *about, text, origin, "", "", *fits, side, scope)


def _fit(record: dict[str, Any], name: str, where: str) -> tuple[float, ...]:
    """Return a fit with its interval, or nothing where a record has none, as those of earlier versions."""
    found = [record.get(key) for key in (name, f"{name}_lower", f"{name}_upper")]
    if all(one in (None, "") for one in found):
        return ()
    try:
        fit = tuple(float(one) if isinstance(one, int | float | str) else math.nan for one in found)
    except ValueError:
        fit = (math.nan,)
    if not all(0 <= one <= 1 for one in fit):
        raise UserError(f"{where}: '{name}' is not three numbers from 0 to 1", "mend or empty those cells")
    return fit


def _named_side(record: dict[str, Any], where: str) -> tuple[Side, Scope | Literal[""]]:
    """Return the side and the scope of the descriptor that a label names; older exports have neither."""
    side, scope = record.get("side") or 1, record.get("scope") or ""
    for known in get_args(Side):
        for named in (*get_args(Scope), ""):
            if type(side) is int and (side, scope) == (known, named):
                return known, named
    raise UserError(f"{where}: '{side}' is not a side, or '{scope}' not a scope", "mend or remove that line")
