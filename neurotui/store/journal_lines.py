"""The lines of a journal: decisions to bytes, and back, whatever other programs have done to the file.

Healthy lines are read wherever they stand: between the conflict marks of git, after a byte order mark, joined to
another, in a JSON list, before the zeros that a crash leaves. What is passed over is told.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from neurotui.store.journal_times import utc
from neurotui.types import Blind, Event, JournalAction, Scope, Side

if TYPE_CHECKING:
    from collections.abc import Iterator

JOURNAL_FORMAT = 3
"""The version of a line, under ``format``.

Lines without it are version 1, which had no sides and scopes; 3 has ``also``, ``settle`` and ``share``. A later
version that only adds keys keeps this number: unknown keys are ignored.
"""

_FIELDS = Event._fields
_FITS = ("fit", "token_fit")
_OPTIONAL: dict[str, object] = {
    **dict.fromkeys(("text", "origin", "of", "batch", "scope", "order", "importer", "blind"), ""),
    **dict.fromkeys(_FITS, ()),
    "side": 1,
}
_TEXTS = [name for name in _FIELDS if name not in {"layer", "unit", "side", *_FITS}]
_texts_of = attrgetter(*_TEXTS)
_values_of = itemgetter(*_FIELDS)
_FIT = 3
_ACTIONS = get_args(JournalAction)
_SIDES, _SCOPES, _BLIND = get_args(Side), ("", *get_args(Scope)), get_args(Blind)
_LARGEST = 2**31 - 1

# So many bytes are read at once, where all their lines are as we write them. A shorter journal has been read with
# care before the quick way is loaded.
_BLOCK = 1 << 18

# How every line of ours begins. Within a text such quotes are escaped.
_STARTS = (b'{"format"', b'{"id"')
# What stands around a line and is no part of it: white space, byte order marks, zeros after a crash, and the
# commas of a JSON list.
_AROUND = b"\0 \t\r\n\xef\xbb\xbf,"
_PIECES = re.compile(rb'\0{2,}|(?=\{"(?:format|id)")')
_DECODER = json.JSONDecoder()
_CONFLICT = re.compile(rb"(?:<{7}|>{7}|\|{7})(?: .*)?|={7}")

CONFLICT = "conflict marks of git were passed over; both sides are read"
ZEROS = "zeros, as a crash leaves them, were passed over"
UNFINISHED = "a decision that was never finished was passed over"


class LaterFormatError(ValueError):
    """A line that a later version wrote; ``args[0]`` is its format."""


class Parsed(NamedTuple):
    """What some bytes of a journal hold.

    ``lines`` counts the whole lines. ``end`` is where what is taken ends: a last line that an interrupted writer
    left half-written, ``torn``, comes after it. ``Journal._mend_end`` cuts it off before the next line is written,
    and ``labels.remarks`` tells the person. ``passed_over`` has the numbers of the lines that were passed over, by
    why.
    """

    events: list[Event]
    lines: int
    end: int
    torn: str
    passed_over: dict[str, list[int]]


class NotADecisionError(ValueError):
    """A line that is none; ``line`` is its number and ``healthy`` how many decisions stand before it."""

    def __init__(self, line: int, healthy: int, error: Exception) -> None:
        super().__init__(_in_words(error))
        self.line = line
        self.healthy = healthy
        self.later = error.args[0] if isinstance(error, LaterFormatError) else 0


def parse(data: bytes, first: int) -> Parsed:
    """Read the decisions in some bytes, of which the first line has the number `first`.

    Raises ``NotADecisionError`` for a line that holds something else.
    """
    events: list[Event] = []
    passed_over: defaultdict[str, list[int]] = defaultdict(list)
    taken = data.rfind(b"\n") + 1
    at, lines = 0, 0
    while at < taken:
        stop = data.rfind(b"\n", at, at + _BLOCK)
        stop = stop if stop >= 0 else data.index(b"\n", at)
        block, at = data[at:stop], stop + 1
        own = _own_events(block) if taken >= _BLOCK else None
        if own is None:
            _read_with_care(block, first + lines, events, passed_over)
        else:
            events += own
        lines += block.count(b"\n") + 1
    rest, number_of_these = data[taken:], len(events)
    _read_with_care(rest, first + lines, events, passed_over)
    if len(events) > number_of_these:
        return Parsed(events, lines, len(data), "", dict(passed_over))
    # Nothing of the rest is a decision: it is what an interrupted writer left, and no line yet.
    last = first + lines
    passed_over[UNFINISHED] = [one for one in passed_over[UNFINISHED] if one != last]
    torn = rest.strip(_AROUND).decode("utf-8", "replace")
    return Parsed(events, lines, taken, torn, {why: at for why, at in passed_over.items() if at})


def _own_events(block: bytes) -> list[Event] | None:
    from neurotui.store.journal_fast_read import own_events  # noqa: PLC0415 - a short journal is read sooner than it is loaded

    return own_events(block)


def _read_with_care(
    block: bytes, first: int, events: list[Event], passed_over: defaultdict[str, list[int]]
) -> None:
    """Add what each line holds to `events` and `passed_over`."""
    for number, line in enumerate(block.split(b"\n"), first):
        try:
            for found in _in_line(line):
                if isinstance(found, str):
                    passed_over[found].append(number)
                else:
                    events.append(found)
        except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
            raise NotADecisionError(number, len(events), error) from error


def event_of(line: bytes) -> Event:
    """Return the decision of one whole line; raise an error that says what is wrong with it."""
    # As text: bytes are first looked through for how they are encoded, and ours are ASCII.
    return _event(json.loads(line.decode("ascii") if line.isascii() else line))


def holds_decisions(data: bytes) -> bool:
    """Return whether some bytes hold what looks like decisions of ours: what is wrong is then one of the lines."""
    return b'"action"' in data and b'"weights"' in data and any(start in data for start in _STARTS)


def line_of(event: Event) -> bytes:
    """Return a decision as one line."""
    record = {
        key: value for key, value in event._asdict().items() if key not in _OPTIONAL or value != _OPTIONAL[key]
    }
    # ASCII only: a lone surrogate, which UTF-8 cannot encode, is then written and read back like the rest.
    return json.dumps({"format": JOURNAL_FORMAT, **record}).encode("ascii") + b"\n"


def _in_line(line: bytes) -> Iterator[Event | str]:
    """Yield the decisions of a line, and why parts of it are passed over."""
    if line.startswith(_STARTS):
        try:
            yield event_of(line)
        except json.JSONDecodeError:
            yield from _mended(line)
    else:
        yield from _mended(line)


def _mended(line: bytes) -> Iterator[Event | str]:
    """Yield what a line holds that other programs or a crash have changed."""
    text = line.strip(_AROUND).removeprefix(b"[").removesuffix(b"]").strip(_AROUND)
    if not text:
        if b"\0\0" in line:
            yield ZEROS
        return
    if _CONFLICT.fullmatch(text):
        yield CONFLICT
        return
    if text.count(b"\0") >= len(text) // 2:
        # UTF-16, as PowerShell appends it: our lines are ASCII.
        text = text.replace(b"\0", b"").strip(b"\xff\xfe").strip(_AROUND)
    zeros = b"\0\0" in text
    for piece in filter(None, (one.strip(_AROUND) for one in _PIECES.split(text))):
        try:
            yield event_of(piece)
        except json.JSONDecodeError:
            if not zeros and not _is_unfinished(piece):
                raise
            yield UNFINISHED


def _is_unfinished(piece: bytes) -> bool:
    """Return whether a piece begins as our lines do and breaks off: nothing that is whole is passed over."""
    if not any(piece.startswith(start) or start.startswith(piece) for start in _STARTS):
        return False
    try:
        _DECODER.raw_decode(piece.decode("utf-8", "replace"))
    except ValueError:
        return not piece.endswith(b"}")
    return False


def _event(record: Any) -> Event:  # noqa: ANN401 - whatever a line holds
    """Return a line's object as an event; unknown keys, which a later version may have added, are ignored."""
    if not isinstance(record, dict):
        raise TypeError("it is no JSON object")
    version = record.get("format", 1)
    if type(version) is int and version > JOURNAL_FORMAT:
        raise LaterFormatError(version)
    try:
        event = Event._make(_values_of(_OPTIONAL | record))
    except KeyError:
        lacks = [name for name in _FIELDS if name not in record and name not in _OPTIONAL]
        raise TypeError(f"it lacks {', '.join(map(repr, lacks))}") from None
    if {*map(type, _texts_of(event))} != {str} or not (
        type(event.layer) is type(event.unit) is type(event.side) is int
    ):
        _refuse_types(event)
    if event.layer < 0 or event.unit < 0 or max(event.layer, event.unit) > _LARGEST:
        raise TypeError(f"'{'layer' if not 0 <= event.layer <= _LARGEST else 'unit'}' is not a number from 0")
    _refuse_values(event)
    order = _moment("order", event.order) if event.order else ""
    time = _moment("time", event.time)
    if time != event.time or order != event.order or event.fit != () or event.token_fit != ():
        fit, token_fit = (_fit(name, getattr(event, name)) for name in _FITS)
        return event._replace(time=time, order=order, fit=fit, token_fit=token_fit)
    return event


def _moment(name: str, written: str) -> str:
    try:
        return utc(written)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"'{name}' is not a time: '{written}'") from error


def _refuse_values(event: Event) -> None:
    """Raise an error that names the field whose value is none of those that it can have."""
    if event.side not in _SIDES:
        raise TypeError("'side' is not 1 or -1")
    if event.action not in _ACTIONS:
        raise ValueError(f"'{event.action}' is not an action")
    if event.scope not in _SCOPES:
        raise ValueError(f"'{event.scope}' is not a scope")
    if event.blind not in _BLIND:
        raise ValueError(f"'{event.blind}' is not what was hidden")


def _refuse_types(event: Event) -> None:
    """Raise ``TypeError`` that names the field whose value is of another sort."""
    for name in ("layer", "unit"):
        if type(getattr(event, name)) is not int:
            raise TypeError(f"'{name}' is not a number from 0")
    if type(event.side) is not int:
        raise TypeError("'side' is not 1 or -1")
    for name in _TEXTS:
        if not isinstance(getattr(event, name), str):
            raise TypeError(f"'{name}' is not text")


def _fit(name: str, value: Any) -> tuple[float, ...]:  # noqa: ANN401 - whatever a line holds
    """Return a line's fit: three numbers from 0 to 1, or an empty tuple."""
    numbers = value if isinstance(value, list | tuple) else [value]
    if len(numbers) not in {0, _FIT} or not all(type(one) in {int, float} and 0 <= one <= 1 for one in numbers):
        raise TypeError(f"'{name}' is not three numbers from 0 to 1")
    return tuple(map(float, numbers))


def _in_words(error: Exception) -> str:
    """Return what is wrong with a line, without the words of a JSON parser."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    parser = isinstance(error, json.JSONDecodeError | RecursionError)
    # Python refuses a number of more digits than it likes to convert, in words about itself.
    return "it is not JSON" if parser or "int_max_str_digits" in str(error) else str(error)
