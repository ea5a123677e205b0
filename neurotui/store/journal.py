"""The journal: every decision, one JSON object a line, appended and never changed.

A decision is on the disk, flushed and under a file lock, before ``append`` returns; whatever happens to the
program after that, it is kept. Several programs may append to one journal and see one another's lines.
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, get_args

import portalocker

from neurotui.words import Action, Event, Neuron, Refusal

_FIELDS = {field.name: field for field in fields(Event)}
_OPTIONAL = {"text", "origin", "of"}
_ACTIONS = get_args(Action)
_LOCK_SECONDS = 10


class Journal:
    """An open journal: what it holds, and the way to add to it.

    ``events`` are in file order. ``torn`` is what an interrupted writer left at the end of the file and was
    dropped (empty almost always). Raises ``Refusal`` for a line that is no event, naming it.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.events: list[Event] = []
        self.torn = ""
        self._read_to = 0
        self._lines = 0
        self._last = ""
        if self.path.is_dir():
            raise Refusal(f"'{self.path}' is a folder, not a journal", "name a .jsonl file")
        if self.path.exists():
            self.refresh()

    def refresh(self) -> list[Event]:
        """Read what has been appended since, by anybody; return the new events."""
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
        action: Action,
        *,
        by: str,
        model: str,
        weights: str,
        text: str = "",
        origin: str = "",
        of: str = "",
        time: str = "",
    ) -> Event:
        """Write one decision and return it; when this returns, it survives anything.

        `time` is for decisions that were taken elsewhere and are imported; by default it is now. ``Refusal``
        if the line cannot be written: then nothing has been.
        """
        event = Event(uuid.uuid4().hex, time, by, action, model, weights, *neuron, text, origin, of)
        self.extend([event])
        return self.events[-1]

    def extend(self, events: list[Event]) -> None:
        """Write several decisions at once: all of them or, on a ``Refusal``, none."""
        try:
            created = not self.path.exists()
            with portalocker.Lock(self.path, "ab+", timeout=_LOCK_SECONDS) as file:
                self._catch_up(file)
                self._mend_end(file)
                start = file.seek(0, os.SEEK_END)
                stamped = self._stamped(events)
                try:
                    file.write(b"".join(map(_line, stamped)))
                    file.flush()
                    os.fsync(file.fileno())
                except OSError:
                    _roll_back(file, start)
                    raise
                self._take(stamped, file.tell())
                self._lines += len(stamped)
            if created:
                _sync_folder(self.path.parent)
        except (OSError, portalocker.LockException) as error:
            raise Refusal(
                f"the decision could not be saved to '{self.path}': {_reason(error)}",
                "make room or make it writable, and decide again; or choose another with --labels",
            ) from error

    def _stamped(self, events: list[Event]) -> list[Event]:
        """Give each event its time, later than every one before it whatever the clock says."""
        stamped = []
        last = self._last
        for event in events:
            time = event.time or (max(_now(), _after(last)) if last else _now())
            last = max(last, time)
            stamped.append(replace(event, time=time))
        return stamped

    def _catch_up(self, file: IO[bytes]) -> list[Event]:
        """Read whole lines from where the last reading ended; keep a last line without its end as torn."""
        if file.seek(0, os.SEEK_END) < self._read_to:
            raise Refusal(
                f"'{self.path}' has become shorter while it was open", "somebody changed it: open it again"
            )
        file.seek(self._read_to)
        data = file.read()
        whole, _, rest = data.rpartition(b"\n")
        new = []
        for number, line in enumerate(whole.split(b"\n") if whole else [], self._lines + 1):
            if line.strip():
                new.append(self._parsed(line, number))
        self._take(new, self._read_to + len(data) - len(rest))
        self._lines += data.count(b"\n")
        self.torn = rest.decode("utf-8", "replace")
        return new

    def _mend_end(self, file: IO[bytes]) -> None:
        """Before appending: end a last line that only lacks its end, cut off one that was never finished."""
        if not self.torn:
            return
        try:
            self._parsed(self.torn.encode(), self._lines + 1)
        except Refusal:
            file.truncate(self._read_to)
        else:
            file.seek(0, os.SEEK_END)
            file.write(b"\n")
            file.flush()
            self._catch_up(file)
        self.torn = ""

    def _take(self, events: list[Event], read_to: int) -> None:
        self.events.extend(events)
        self._read_to = read_to
        self._last = max([self._last, *(event.time for event in events)])

    def _parsed(self, line: bytes, number: int) -> Event:
        """Read one line; keys that a later version may have added are left alone."""
        try:
            record = json.loads(line)
            event = Event(**{key: value for key, value in record.items() if key in _FIELDS})
            for name in _FIELDS:
                wanted = int if name in {"layer", "unit"} else str
                if not isinstance(getattr(event, name), wanted):
                    raise TypeError(f"'{name}' is not {'a number' if wanted is int else 'text'}")
            datetime.fromisoformat(event.time)
            if event.action not in _ACTIONS:
                raise ValueError(f"'{event.action}' is not an action")
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise Refusal(
                f"'{self.path}', line {number}: not a decision ({error})",
                "mend or remove that line; nothing has been changed",
            ) from error
        return event

    def _unreadable(self, error: OSError) -> Refusal:
        return Refusal(f"'{self.path}' cannot be read: {_reason(error)}", "make it readable, or use --labels")


def _line(event: Event) -> bytes:
    record = {key: value for key, value in asdict(event).items() if value != "" or key not in _OPTIONAL}
    # ASCII only: a lone surrogate, which UTF-8 cannot hold, is then written and read back like the rest.
    return json.dumps(record).encode("ascii") + b"\n"


def _roll_back(file: IO[bytes], start: int) -> None:
    """Take back a line that was written in part, as far as the disk still lets us."""
    with contextlib.suppress(OSError):
        file.truncate(start)


def _sync_folder(folder: Path) -> None:
    """Make a new file's name survive a power cut, where the platform can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _after(time: str) -> str:
    return (datetime.fromisoformat(time) + timedelta(microseconds=1)).isoformat(timespec="microseconds")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
