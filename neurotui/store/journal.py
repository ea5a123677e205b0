"""The journal: every decision, one JSON object a line, appended and never changed.

A decision is written under a file lock and flushed to disk before ``append`` returns; it then survives any crash
of the program. Several programs may append to one journal and see each other's lines.
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, get_args

from neurotui.errors import UserError
from neurotui.store.atomic import refuse_other_than_file, sync_folder
from neurotui.types import Event, JournalAction, Neuron, Scope, Side

JOURNAL_FORMAT = 2
"""The version of a line, under ``format``; lines without it are version 1, which had no sides and scopes.

A later version that only adds keys keeps this number: unknown keys are ignored.
"""

_FIELDS = Event._fields
_FITS = ("fit", "token_fit")
_OPTIONAL: dict[str, object] = {
    **dict.fromkeys(("text", "origin", "of", "batch", "scope"), ""),
    **dict.fromkeys(_FITS, ()),
    "side": 1,
}
_FIT = 3
_ACTIONS = get_args(JournalAction)
_SIDES, _SCOPES = get_args(Side), ("", *get_args(Scope))
_LOCK_SECONDS = 10
# Others hold the lock for one write at a time: the library's retry every quarter second would starve busy writers.
_LOCK_INTERVAL = 0.01
_TICK, _ROOM = timedelta(microseconds=1), timedelta(days=366)
_LARGEST = 2**31 - 1


class Journal:
    """An open journal, for reading and appending.

    ``events`` are in file order. ``torn`` is an incomplete last line, left by an interrupted writer and ignored
    (empty almost always). Raises a ``UserError`` that names the line if one is not an event.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.events: list[Event] = []
        self.torn = ""
        self._read_to = 0
        self._lines = 0
        self._last = ""
        refuse_other_than_file(self.path, "a journal", "name a .jsonl file")
        if self.path.exists():
            self.refresh()

    def refresh(self) -> list[Event]:
        """Read what anybody has appended since the last read; return the new events."""
        try:
            with self.path.open("rb") as file:
                return self._catch_up(file)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unreadable(error) from error

    def append(  # noqa: PLR0913 - one argument a field of the line
        self,
        neuron: Neuron,
        action: JournalAction,
        *,
        by: str,
        model: str,
        weights: str,
        text: str = "",
        origin: str = "",
        of: str = "",
        time: str = "",
    ) -> Event:
        """Write one decision and return it; on return it is safely on disk.

        `time` is for imported decisions; by default it is now. Raises ``UserError`` if the line cannot be written;
        the journal is then unchanged.
        """
        event = Event(new_id(), time, by, action, model, weights, *neuron, text, origin, of)
        self.extend([event])
        return self.events[-1]

    def extend(self, events: list[Event]) -> None:
        """Write several decisions at once: all of them or, on a ``UserError``, none.

        Events that could not be read back are rejected too.
        """
        import portalocker  # noqa: PLC0415 - who only reads needs no lock

        try:
            created = not self.path.exists()
            # Unbuffered: a buffer whose write failed would be written again when the file is closed.
            with portalocker.Lock(
                self.path, "ab+", timeout=_LOCK_SECONDS, check_interval=_LOCK_INTERVAL, buffering=0
            ) as file:
                self._catch_up(file)
                self._mend_end(file)
                start = file.seek(0, os.SEEK_END)
                stamped = self._stamped(events)
                for number, event in enumerate(stamped, self._lines + 1):
                    self._parsed(_line(event), number)
                try:
                    _write_all(file, b"".join(map(_line, stamped)))
                    os.fsync(file.fileno())
                except OSError:
                    _roll_back(file, start)
                    raise
                self._take(stamped, file.tell())
                self._lines += len(stamped)
            if created:
                sync_folder(self.path.parent)
        except (OSError, portalocker.LockException) as error:
            raise UserError(
                f"the decision could not be saved to '{self.path}': {_reason(error)}",
                "make room or make it writable, and decide again; or choose another with --labels",
            ) from error

    def _stamped(self, events: list[Event]) -> list[Event]:
        """Give each event without a time one that is later than all before it, whatever the clock says."""
        stamped = []
        last = self._last
        for event in events:
            time = event.time or (max(_now(), _after(last)) if last else _now())
            last = max(last, time)
            stamped.append(event._replace(time=time))
        return stamped

    def _catch_up(self, file: IO[bytes]) -> list[Event]:
        """Read from where the last read ended; keep an incomplete last line as torn."""
        if file.seek(0, os.SEEK_END) < self._read_to:
            raise UserError(
                f"'{self.path}' has become shorter while it was open", "somebody changed it: open it again"
            )
        file.seek(self._read_to)
        whole, end, rest = file.read().rpartition(b"\n")
        lines = whole.split(b"\n") if end else []
        new = [self._parsed(line, number) for number, line in enumerate(lines, self._lines + 1) if line.strip()]
        last = self._whole(rest)
        self.torn = "" if last else rest.decode("utf-8", "replace")
        if last:
            new.append(last)
        self._take(new, self._read_to + len(whole) + len(end) + (len(rest) if last else 0))
        self._lines += len(lines)
        return new

    def _whole(self, rest: bytes) -> Event | None:
        """Return the event after the last newline if it is complete except for its own newline, else None."""
        try:
            return self._parsed(rest, self._lines + 1)
        except UserError:
            return None

    def _mend_end(self, file: IO[bytes]) -> None:
        """Repair the end before appending: cut off an incomplete last line, end one that lacks only its end."""
        file.truncate(self._read_to)
        self.torn = ""
        if self._read_to == 0:
            return
        file.seek(self._read_to - 1)
        if file.read(1) != b"\n":
            _write_all(file, b"\n")
            self._read_to += 1
            self._lines += 1

    def _take(self, events: list[Event], read_to: int) -> None:
        self.events.extend(events)
        self._read_to = read_to
        self._last = max([self._last, *(event.time for event in events)])

    def _parsed(self, line: bytes, number: int) -> Event:
        """Parse one line; unknown keys, which a later version may have added, are ignored."""
        try:
            record = json.loads(line)
            version = record.get("format", 1)
            if type(version) is int and version > JOURNAL_FORMAT:
                raise UserError(
                    f"'{self.path}', line {number}: a decision of format {version}; "
                    f"this neurotui reads formats up to {JOURNAL_FORMAT}",
                    "update it with: pip install --upgrade neurotui",
                )
            return _event(record)
        except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
            raise UserError(
                f"'{self.path}', line {number}: not a decision ({error})",
                "mend or remove that line; nothing has been changed",
            ) from error

    def _unreadable(self, error: OSError) -> UserError:
        return UserError(f"'{self.path}' cannot be read: {_reason(error)}", "make it readable, or use --labels")


def new_id() -> str:
    """Return a unique id for an event or a batch."""
    return uuid.uuid4().hex


def journal_of(run: Path) -> Path:
    """Return the path of a run's own journal: ``run.labels.jsonl`` beside ``run.duckdb``."""
    return run.parent / f"{run.stem}.labels.jsonl"


def utc(time: str) -> str:
    """Return an ISO 8601 time as journals write it: UTC, to the microsecond, so that text order is time order.

    A time without a zone is taken as UTC. Raises ``ValueError`` or ``OverflowError`` for an invalid time, or one
    that leaves no room for later decisions.
    """
    read = datetime.fromisoformat(time)
    moment = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    _ = moment + _ROOM  # the next decisions come after it
    return moment.isoformat(timespec="microseconds")


def _event(record: dict[str, Any]) -> Event:
    """Return a line's object as an event; raise an error that says what is wrong with it."""
    event = Event(**{key: value for key, value in record.items() if key in _FIELDS})
    for name in _FIELDS:
        value = getattr(event, name)
        if name in {"layer", "unit"}:
            if type(value) is not int or not 0 <= value <= _LARGEST:
                raise TypeError(f"'{name}' is not a number from 0")
        elif name in _FITS:
            continue
        elif name == "side":
            if type(value) is not int or value not in _SIDES:
                raise TypeError("'side' is not 1 or -1")
        elif not isinstance(value, str):
            raise TypeError(f"'{name}' is not text")
    if event.action not in _ACTIONS:
        raise ValueError(f"'{event.action}' is not an action")
    if event.scope not in _SCOPES:
        raise ValueError(f"'{event.scope}' is not a scope")
    fit, token_fit = (_fit(name, getattr(event, name)) for name in _FITS)
    return event._replace(time=utc(event.time), fit=fit, token_fit=token_fit)


def _fit(name: str, value: Any) -> tuple[float, ...]:  # noqa: ANN401 - whatever a line holds
    """Return a line's fit: three numbers from 0 to 1, or an empty tuple."""
    numbers = value if isinstance(value, list | tuple) else [value]
    if len(numbers) not in {0, _FIT} or not all(type(one) in {int, float} and 0 <= one <= 1 for one in numbers):
        raise TypeError(f"'{name}' is not three numbers from 0 to 1")
    return tuple(map(float, numbers))


def _line(event: Event) -> bytes:
    record = {
        key: value for key, value in event._asdict().items() if key not in _OPTIONAL or value != _OPTIONAL[key]
    }
    # ASCII only: a lone surrogate, which UTF-8 cannot encode, is then written and read back like the rest.
    return json.dumps({"format": JOURNAL_FORMAT, **record}).encode("ascii") + b"\n"


def _write_all(file: IO[bytes], data: bytes) -> None:
    """Write all the data to an unbuffered file, whose ``write`` may take only a part at a time."""
    while data:
        data = data[file.write(data) :]


def _roll_back(file: IO[bytes], start: int) -> None:
    """Remove a partly written line, as far as the disk still allows."""
    with contextlib.suppress(OSError):
        file.truncate(start)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _after(time: str) -> str:
    return (datetime.fromisoformat(time) + _TICK).isoformat(timespec="microseconds")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
