"""Replies that were paid for, in one SQLite file: what is in it is never asked again.

A reply is kept under a hash of all that decides it. Every write is a transaction of its own, on the disk
before the work goes on, so that a kill loses nothing and several processes can share a file. Only good replies
come here. Beside a run's own file there is one for all runs of a person, as another model's run of the same texts
asks the same.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import platformdirs

from neurotui.errors import UserError
from neurotui.store.atomic import refuse_other_than_file

# Seconds to wait while another process writes.
_PATIENCE = 60.0
_MAKE = "CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, phrases TEXT NOT NULL) WITHOUT ROWID"
_READ = "SELECT phrases FROM replies WHERE key = ?"
_WRITE = "INSERT OR REPLACE INTO replies VALUES (?, ?)"


def replies_of_all_runs() -> Path:
    """Return the path of the replies that all runs of a person share; nothing may be there yet."""
    return platformdirs.user_cache_path("neurotui") / "replies.sqlite"


class Cache:
    """Replies by key, in the file at `path`; in memory alone where that is None.

    What is not there is looked for in the file `of_all_runs`, and what comes is kept there too, if it can be;
    nobody is told where it cannot. Raises ``UserError`` where the file at `path` cannot be used. May be used from
    several threads. The files are let go of with the object.
    """

    def __init__(self, path: Path | None = None, of_all_runs: Path | None = None) -> None:
        self._path = path
        self._of_all_runs = _if_usable(of_all_runs)
        self._lock = threading.Lock()
        if path is not None:
            refuse_other_than_file(path, "a file of replies", "move it away; without it, replies are paid anew")
        with self._told():
            self._file = sqlite3.connect(
                path or ":memory:", timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
            weakref.finalize(self, self._file.close)
            self._file.execute(_MAKE)

    def get(self, key: str) -> list[object] | None:
        """Return the strings kept under a key, as they are in the file; None where there are none."""
        found = self._own(key)
        if found is None and self._of_all_runs is not None:
            with suppress(UserError):
                found = self._of_all_runs.get(key)
            if found is not None:
                self._write({key: found})
        return found

    def put(self, replies: Mapping[str, tuple[str, ...]]) -> None:
        """Keep replies by key, all in one transaction."""
        self._write(replies)
        if self._of_all_runs is not None:
            with suppress(UserError):
                self._of_all_runs.put(replies)

    def _own(self, key: str) -> list[object] | None:
        with self._told(), self._lock:
            row = self._file.execute(_READ, (key,)).fetchone()
        try:
            found = json.loads(row[0]) if row else None
        except (ValueError, TypeError, RecursionError):
            return None
        return found if isinstance(found, list) else None

    def _write(self, replies: Mapping[str, Sequence[object]]) -> None:
        rows = [(key, json.dumps(phrases)) for key, phrases in replies.items()]
        with self._told(), self._lock:
            self._file.execute("BEGIN IMMEDIATE")
            with self._file:
                self._file.executemany(_WRITE, rows)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise UserError(
                f"the replies in '{self._path}' cannot be used: {error}",
                "check that neurotui wrote it and that the disk has room; without it, replies are paid anew",
            ) from error


def kept_replies(path: Path | None = None) -> Cache:
    """Return the replies in a run's file at `path`, if any, with those of all runs behind them."""
    return Cache(path, replies_of_all_runs())


def _if_usable(path: Path | None) -> Cache | None:
    if path is None:
        return None
    with suppress(UserError, OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Cache(path)
    return None


def key_of(*parts: object) -> str:
    """Return the key of a reply from all that decides it: anything that JSON can write."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
