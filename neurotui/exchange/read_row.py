"""The values of one row of an imported file: capitals, ``3.0`` for 3 and empty cells are forgiven.

Whether the run has such a neuron is asked in ``checked_rows.py``, as is all that takes the whole file.
"""

from __future__ import annotations

import math
import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast, get_args

from neurotui.errors import UserError
from neurotui.exchange.spreadsheet_times import AmbiguousError, written_time
from neurotui.spelling import compared
from neurotui.store.journal_actions import ACTION_FOR
from neurotui.types import Blind, Neuron, Scope, Side
from neurotui.wording import short

if TYPE_CHECKING:
    from neurotui.exchange.spec import StatedScore
    from neurotui.types import JournalAction, State

CANDIDATE = "candidate"
"""The state of a row whose label was proposed, by a machine or by others, and decides nothing."""

_STATES = (*ACTION_FOR, "open", CANDIDATE)
_LABELLED = {"accepted", CANDIDATE}
_WHOLE = re.compile(r"(-?\d+)(?:[.,]0+)?", re.ASCII)
_MEND = "mend or remove that line"
_AS_TIME = "write it as 2026-11-23T16:30:00+00:00"
NO_EXPORT = (
    "name a file that neurotui export wrote, or say which columns hold what: "
    "--map neuron=COLUMN --map label=COLUMN"
)
"""The way out for a table that is not ours."""
_LARGEST = 2**31 - 1
_SHOWN = 60
_TRUE = {"true", "1", "1.0", "yes"}
# What other programs write into an empty cell. A label or a name may be one of these words.
_NOTHING = {"na", "n/a", "#n/a", "nan", "null", "none", "<na>", "nat"}
_NEVER_WORDS = (
    "label_number",
    "settled",
    "blind",
    "side",
    "scope",
    "time",
    "note_time",
    "layer",
    "unit",
    *(f"{fit}{end}" for fit in ("fit", "token_fit") for end in ("", "_lower", "_upper")),
)


class NoValue(str):
    """What a cell shows that has no value, as ``#N/A``: nothing in most columns, an error where words must be."""

    __slots__ = ()


class ImportedRow(NamedTuple):
    """What a record says of a neuron; what it does not say is empty. ``where`` it stands, for a message.

    ``action`` is None for an open neuron. ``note`` is None where the record has none, and "" where one was there
    and is cleared. ``scores`` are those that the file states of the label.
    """

    where: str
    neuron: Neuron
    action: JournalAction | None
    label: str
    origin: str
    by: str
    time: str
    note: str | None
    note_by: str
    note_time: str
    fit: tuple[float, ...]
    token_fit: tuple[float, ...]
    side: Side
    scope: Scope | Literal[""]
    blind: Blind = ""
    scores: tuple[StatedScore, ...] = ()


def parse_row(record: dict[str, Any], where: str, *, day_first: bool | None) -> ImportedRow:
    """Return what a record says; raise ``UserError`` with its place if it is no label."""
    record = _emptied(record)
    words = {name: _text(record.get(name), name, where) for name in _TEXTS}
    neuron = _neuron(record, words, where)
    state, label = compared(words["state"]), words["label"]
    if not state:
        if not label.strip() and not words["note"]:
            raise UserError(f"{where}: {neuron} has neither a state nor a label", f"{_MEND}; states: {_listed()}")
        state = "accepted" if label.strip() else "open"
    if state not in _STATES:
        raise UserError(f"{where}: '{words['state']}' is not a state", f"one of: {_listed()}")
    if words["blind"] not in get_args(Blind):
        raise UserError(f"{where}: '{words['blind']}' is not what can be hidden", "empty that cell")
    if state in _LABELLED and not label.strip():
        kind = "a candidate" if state == CANDIDATE else "an accepted neuron"
        raise UserError(f"{where}: {kind} without a label", "give it one, or leave it open")
    if state == "open" and label.strip():
        raise UserError(f"{where}: {neuron} is open, and has a label", "write accepted as its state, or no label")
    times = [_time(record, name, where, day_first=day_first) for name in ("time", "note_time")]
    side, scope = _named_side(record, words, where) if state in _LABELLED else (1, "")
    cleared = "" if words["note_annotator"] else None
    return ImportedRow(
        where,
        neuron,
        _action(record, state),
        label if state in _LABELLED else "",
        words["origin"],
        words["annotator"],
        times[0],
        words["note"] or cleared,
        words["note_annotator"] or words["annotator"],
        times[1] or times[0],
        _fit(record, "fit", where),
        _fit(record, "token_fit", where),
        cast("Side", side),
        scope,
        cast("Blind", words["blind"]),
    )


def _action(record: dict[str, Any], state: str) -> JournalAction | None:
    """Return what leads to a row's state: a settlement, a label beside another one, or a decision by itself."""
    if state == CANDIDATE:
        return "propose"
    if state in {"accepted", "rejected"} and str(record.get("settled")).strip().casefold() in _TRUE:
        return "settle"
    if state == "accepted" and (_whole(record.get("label_number")) or 1) > 1:
        return "also"
    return ACTION_FOR.get(cast("State", state))


_TEXTS = (
    "neuron",
    "state",
    "label",
    "origin",
    "note",
    "note_annotator",
    "annotator",
    "scope",
    "blind",
)


def _emptied(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without what stands for nothing in cells that hold numbers, times or one of few words."""
    empty = {name for name in _NEVER_WORDS if _stands_for_nothing(record.get(name))}
    empty -= {name for name in ("layer", "unit") if isinstance(record.get(name), NoValue)}
    # Whoever wrote a note is named beside it.
    if _stands_for_nothing(record.get("note")) and _stands_for_nothing(record.get("note_annotator") or "na"):
        empty |= {"note", "note_annotator"}
    return {name: value for name, value in record.items() if name not in empty} if empty else record


def _stands_for_nothing(value: object) -> bool:
    return isinstance(value, str) and value.strip().lower() in _NOTHING


def _listed() -> str:
    return ", ".join(_STATES)


def _is_empty(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _text(value: object, name: str, where: str) -> str:
    """Return a text; a whole number is one where a spreadsheet made a number of it."""
    if _is_empty(value):
        return ""
    if isinstance(value, NoValue):
        raise UserError(f"{where}: the cell below '{name}' is an error, {value}", _MEND)
    if isinstance(value, date):
        # Nobody can tell what was written: a spreadsheet makes a date of "May 5", and shows it in many ways.
        raise UserError(f"{where}: '{name}' is the date {value:%Y-%m-%d}", "make it text in the spreadsheet")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise UserError(f"{where}: '{name}' must be text, and is {short(repr(value), _SHOWN)}", _MEND)
    return value


def _neuron(record: dict[str, Any], words: dict[str, str], where: str) -> Neuron:
    """Return the neuron, by its layer and unit or by its name; where it has both they must agree."""
    numbers = [_of_neuron(record.get(name), name, where) for name in ("layer", "unit")]
    name = compared(words["neuron"])
    named = Neuron.parse(name) if _is_name(name) else None
    if all(_is_empty(record.get(name)) for name in ("layer", "unit")):
        if named is None and name:
            raise UserError(
                f"{where}: '{short(words['neuron'], _SHOWN)}' is not a neuron",
                "write the layer and the unit, as in L3.797",
            )
        if named is None:
            raise UserError(
                f"{where}: no label that neurotui exported: it names no neuron",
                NO_EXPORT,
            )
        return named
    layer, unit = numbers
    for field, number in (("layer", layer), ("unit", unit)):
        if number is None and _is_empty(record.get(field)):
            raise UserError(f"{where}: no {field}", f"say which column holds it, as in --map {field}=COLUMN")
    if layer is None or unit is None:
        raise UserError(f"{where}: layer and unit must be numbers, the rest text", _MEND)
    if layer < 0 or unit < 0:
        raise UserError(f"{where}: layer and unit count from 0", _MEND)
    if max(layer, unit) > _LARGEST:
        raise UserError(f"{where}: no model has so many neurons: layer {layer:.0e}, unit {unit:.0e}", _MEND)
    if named is not None and named != (layer, unit):
        raise UserError(
            f"{where}: '{named}' is not layer {layer}, unit {unit}", f"{_MEND}: was one column sorted?"
        )
    return Neuron(layer, unit)


def _of_neuron(value: object, name: str, where: str) -> int | None:
    """Return a layer or a unit; None for what is no whole number, and ``UserError`` for a cell without a value."""
    return _whole(_text(value, name, where) if isinstance(value, NoValue) else value)


def _is_name(name: str) -> bool:
    try:
        Neuron.parse(name)
    except UserError:
        return False
    return True


def _whole(value: object) -> int | None:
    """Return a whole number, however a spreadsheet writes it; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    found = _WHOLE.fullmatch(str(value).strip())
    return int(found[1]) if found else None


def _time(record: dict[str, Any], name: str, where: str, *, day_first: bool | None) -> str:
    value = record.get(name)
    if _is_empty(value):
        return ""
    try:
        return written_time(value, day_first=day_first)
    except AmbiguousError as error:
        raise UserError(f"{where}: of '{value}', which is the day, and which the month?", _AS_TIME) from error
    except (ValueError, OverflowError) as error:
        raise UserError(f"{where}: '{value}' is not a time", _AS_TIME) from error


def _fit(record: dict[str, Any], name: str, where: str) -> tuple[float, ...]:
    """Return a fit with its interval, or nothing where a record has none, as those of earlier versions."""
    found = [record.get(key) for key in (name, f"{name}_lower", f"{name}_upper")]
    if all(map(_is_empty, found)):
        return ()
    try:
        fit = tuple(map(_number, found))
    except ValueError:
        fit = (math.nan,)
    if not all(0 <= one <= 1 for one in fit):
        raise UserError(f"{where}: '{name}' is not three numbers from 0 to 1", "mend or empty those cells")
    return fit


def _number(value: object) -> float:
    """Return a number, with a decimal point or a comma."""
    if isinstance(value, str):
        return float(value.replace(",", "."))
    return float(value) if isinstance(value, int | float | Decimal) else math.nan


def _named_side(record: dict[str, Any], words: dict[str, str], where: str) -> tuple[int, Scope | Literal[""]]:
    """Return the side and the scope of the descriptor that a label names; older exports have neither."""
    given, scope = record.get("side"), compared(words["scope"])
    side = 1 if _is_empty(given) else _whole(given)
    for known in (*get_args(Scope), ""):
        if side in get_args(Side) and scope == known:
            return cast("int", side), known
    raise UserError(f"{where}: '{given}' is not a side, or '{words['scope']}' not a scope", _MEND)
