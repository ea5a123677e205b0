"""The journal: every decision, one JSON object a line, appended and never changed.

A decision is written under a file lock and flushed to disk before ``append`` returns; it then survives any crash
of the program. Several programs may append to one journal and see each other's lines. What other programs do to
the file (replace, rewrite, sort, merge, truncate or remove it) is noticed: it is then read anew, or refused.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import uuid
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.store.atomic import refuse_other_than_file, sync_folder
from neurotui.store.event_order import after
from neurotui.store.file_signatures import is_utf16
from neurotui.store.journal_lines import (
    JOURNAL_FORMAT,
    NotADecisionError,
    event_of,
    holds_decisions,
    line_of,
    parse,
)
from neurotui.store.journal_lock import is_at, reason_of, write_locked
from neurotui.store.not_a_journal import is_export_row, not_a_journal
from neurotui.types import Event, JournalAction, Neuron
from neurotui.wording import counted, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LOCK_SECONDS = 10.0
"""How long a command waits for a lock that another program holds."""

_TRIES = 5
_PUT_BACK = "put it back and go on"
_Stamp = tuple[int, int, int, int]


class Journal:
    """An open journal, for reading and appending.

    ``events`` are in file order. ``torn`` is an incomplete last line, left by an interrupted writer and ignored
    (empty almost always). ``readings`` counts how often the file was read from its beginning: where it has grown,
    ``events`` are others than before. ``missing`` counts the events that the file held before it was last read so
    and holds no more. `run` is the run that the journal is opened for, for hints to name. Raises a ``UserError``
    that says what the file is if it is no journal, or names the line if one is not an event.
    """

    def __init__(self, path: Path | str, run: Path | None = None) -> None:
        self.path = Path(path)
        self.readings = 0
        self.missing = 0
        self.run = run
        self._begin()
        self._refuse_other_kinds("name a .jsonl file")
        if self.path.exists():
            self.refresh()

    def _begin(self) -> None:
        self.events: list[Event] = []
        self.torn = ""
        self._stamp: _Stamp | None = None
        self._read_to = 0
        self._lines = 0
        self._last = ""
        self._digest = hashlib.blake2b()
        self._passed_over: defaultdict[str, set[int]] = defaultdict(set)

    @property
    def notes(self) -> list[str]:
        """What was passed over in the file, each a sentence with its lines."""
        return [f"{listed('line', sorted(lines))}: {why}" for why, lines in self._passed_over.items()]

    def refresh(self) -> list[Event]:
        """Read what anybody has appended since the last read; return the new events."""
        self._refuse_other_kinds(_PUT_BACK)
        try:
            with self.path.open("rb") as file:
                return self._catch_up(file)
        except FileNotFoundError:
            self._refuse_if_gone()
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

    def extend(self, events: list[Event], *, wait: float = LOCK_SECONDS) -> None:
        """Write several decisions at once: all of them or, on a ``UserError``, none.

        Events that could not be read back are rejected too. `wait`: how many seconds for another's lock.
        """
        self.add(lambda _: events, wait=wait)

    def add(self, choose: Callable[[Sequence[Event]], list[Event]], *, wait: float = LOCK_SECONDS) -> list[Event]:
        """Write what `choose` returns, as `extend` does; return it as it was written.

        `choose` is given all that the journal holds, and nobody else writes until its events are written.
        """
        for _ in range(_TRIES):
            # A file that is gone is not made anew: what it held would seem never to have been.
            self._refuse_if_gone()
            self._refuse_other_kinds(_PUT_BACK)
            with write_locked(self.path, create=not self.events, wait=wait, run=self.run) as file:
                self._catch_up(file)
                written = self._write(file, choose(self.events))
                if is_at(file, self.path):
                    return written
        raise UserError(f"'{self.path}' is replaced again and again", "end the program that does it, decide again")

    def _write(self, file: IO[bytes], events: list[Event]) -> list[Event]:
        """Append events to the locked file, which has been read to its end."""
        stamped = self._stamped(events)
        lines = [line_of(event) for event in stamped]
        try:
            for line in lines:
                event_of(line)  # what could not be read back is never written
        except (ValueError, TypeError, ArithmeticError) as error:
            raise UserError(f"not a decision: {error}", "nothing has been saved") from error
        if not lines:
            return []
        self._mend_end(file)
        start, data = file.seek(0, os.SEEK_END), b"".join(lines)
        try:
            _write_all(file, data)
            os.fsync(file.fileno())
        except OSError:
            _roll_back(file, start)
            raise
        alone = start == self._read_to
        self._digest.update(data)
        self._take(stamped, start + len(data))
        self._lines += len(lines)
        stamp = _stamp_of(file)
        # Where somebody wrote without the lock meanwhile, the next look compares all of it.
        self._stamp = stamp if alone and stamp[2] == self._read_to else None
        if not start:
            sync_folder(self.path.parent)
        return stamped

    def _stamped(self, events: list[Event]) -> list[Event]:
        """Give each event its time, by the clock, and a place after all before it, whatever the clock says."""
        stamped = []
        last = self._last
        for event in events:
            now = _now()
            time, last = event.time or now, after(last, now)
            stamped.append(event._replace(time=time, order="" if last == time else last))
        return stamped

    def _catch_up(self, file: IO[bytes]) -> list[Event]:
        """Read from where the last read ended, or all if what was read before is not there any more."""
        stamp = _stamp_of(file)
        if stamp == self._stamp:
            return []
        file.seek(0)
        data = file.read()
        known: set[str] = set()
        if hashlib.blake2b(data[: self._read_to]).digest() == self._digest.digest():
            new = self._read(data)
        else:
            known = {event.id for event in self.events}
            before = dict(self.__dict__)
            self._begin()
            try:
                new = self._read(data)
                if known and not new:
                    raise self._gone(len(before["events"]), "holds no decision any more")
            except UserError:
                # What was read stays until the file can be read again.
                self.__dict__.update(before, _stamp=None)
                raise
            self.readings += 1
            self.missing = len(known - {event.id for event in new})
        self._stamp = stamp
        return [event for event in new if event.id not in known]

    def _read(self, data: bytes) -> list[Event]:
        """Read what comes after what was read before; keep an incomplete last line as torn."""
        if is_utf16(data):
            raise not_a_journal(self.path, data, self.run, "it is UTF-16")
        rest = data[self._read_to :]
        try:
            parsed = parse(rest, self._lines + 1)
        except NotADecisionError as error:
            raise self._refused(data, rest, error) from error
        self.torn = parsed.torn
        self._digest.update(rest[: parsed.end])
        self._take(parsed.events, self._read_to + parsed.end)
        self._lines += parsed.lines
        for why, numbers in parsed.passed_over.items():
            self._passed_over[why] |= set(numbers)
        return parsed.events

    def _mend_end(self, file: IO[bytes]) -> None:
        """Repair the end before appending: cut off an incomplete last line, end one that lacks only its end."""
        file.truncate(self._read_to)
        self.torn = ""
        if self._read_to == 0:
            return
        file.seek(self._read_to - 1)
        if file.read(1) != b"\n":
            _write_all(file, b"\n")
            self._digest.update(b"\n")
            self._read_to += 1
            self._lines += 1

    def _take(self, events: list[Event], read_to: int) -> None:
        self.events.extend(events)
        self._read_to = read_to
        self._last = max([self._last, *(event.order or event.time for event in events)])

    def _refused(self, data: bytes, rest: bytes, error: NotADecisionError) -> UserError:
        """Return what is wrong with a file that holds a line that is no decision."""
        if error.later:
            return UserError(
                f"'{self.path}', line {error.line}: a decision of format {error.later}; "
                f"this neurotui reads formats up to {JOURNAL_FORMAT}",
                "update it with: pip install --upgrade neurotui",
            )
        if not error.healthy and not self.events and not holds_decisions(data):
            return not_a_journal(self.path, data, self.run, str(error))
        line = rest.split(b"\n")[error.line - self._lines - 1]
        why = "it is a row of an export, which neurotui import takes" if is_export_row(line) else error
        return UserError(
            f"'{self.path}', line {error.line}: not a decision: {why}",
            "mend or remove that line; nothing has been changed",
        )

    def _refuse_other_kinds(self, hint: str) -> None:
        # Each time before it is opened: what has taken its place may be a pipe, which waits for ever.
        refuse_other_than_file(self.path, "a journal", hint)

    def _refuse_if_gone(self) -> None:
        if self.events and not self.path.exists():
            raise self._gone(len(self.events), "is gone")

    def _gone(self, lines: int, how: str) -> UserError:
        return UserError(
            f"'{self.path}' {how}: it held {counted(lines, 'line')}",
            f"{_PUT_BACK}; to begin a new one, quit and open the run again",
        )

    def _unreadable(self, error: OSError) -> UserError:
        return UserError(f"'{self.path}' cannot be read: {reason_of(error)}", "make it readable, or use --labels")


def new_id() -> str:
    """Return a unique id for an event or a batch."""
    return uuid.uuid4().hex


def _stamp_of(file: IO[bytes]) -> _Stamp:
    """Return what changes when an open file is replaced or written to."""
    status = os.fstat(file.fileno())
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


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
