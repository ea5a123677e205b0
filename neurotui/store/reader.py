"""Run the statements of ``queries/`` on a run's file, from any thread, and close it while others read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from neurotui.errors import UserError
from neurotui.store.connection import open_run
from neurotui.store.duckdb_engine import Connection, Error
from neurotui.store.fetch_cache import if_fetched_again, origin_of
from neurotui.store.run_commands import command_line
from neurotui.store.sql import statement

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")

# Seconds to wait for reads that are interrupted, and between two attempts.
_PATIENCE, _INTERRUPT_EVERY = 2.0, 0.05
# A run says some thirty things of itself.
_MOST_META = 1_000
# What these statements find may lack a value.
_WITH_GAPS = {"texts", "held_at", "prevalences", "read_whole", "held_out_named"}


class Reader:
    """A run's file, attached read only. Each statement has a cursor of its own.

    Raises ``UserError`` on opening if the file is not a complete run of a supported format, and from every method
    if a block turns out to be damaged. `opened` is the file as ``open_run`` opened it, if it has.
    """

    def __init__(self, path: Path, opened: Connection | None = None) -> None:
        self._path = path
        self._connection = open_run(path) if opened is None else opened
        self._turn = threading.Condition()
        self._cursors: list[Connection] = []
        self._closed = False

    def close(self) -> None:
        """Close the file; reads in other threads are interrupted and raise ``UserError`` there, as do later ones.

        A read that cannot be interrupted is waited for once, and not for long; the file then stays open.
        """
        end = time.monotonic() + (0 if self._closed else _PATIENCE)
        with self._turn:
            self._closed = True
            while self._cursors and time.monotonic() < end:
                # Again and again: a statement that is just about to begin takes no notice.
                for cursor in self._cursors:
                    cursor.interrupt()
                self._turn.wait(_INTERRUPT_EVERY)
            if not self._cursors:
                self._connection.close()

    def rows(self, name: str, **parameters: object) -> list[tuple[Any, ...]]:
        """Return the rows of the statement `name`; ``UserError`` where a value is missing that must be there."""
        rows = self._read(name, parameters, lambda result: result.fetchall())
        if name not in _WITH_GAPS and any(None in row for row in rows):
            raise self.spoiled(f"a row of '{name}' without a value")
        return rows

    def columns(self, name: str, **parameters: object) -> dict[str, NDArray[Any]]:
        """Return the columns of the statement `name`; ``UserError`` where a value is missing."""
        columns = self._read(name, parameters, lambda result: result.fetchnumpy())
        for key, column in columns.items():
            if isinstance(column, np.ma.MaskedArray) and column.mask.any():
                raise self.spoiled(f"a row of '{name}' without '{key}'")
        return {key: np.asarray(column) for key, column in columns.items()}

    def meta(self) -> dict[str, str]:
        """Return what the run says of itself; ``UserError`` where it says more than any run does."""
        rows = self.rows("meta")
        if len(rows) > _MOST_META:
            raise self.spoiled(f"{len(rows):,} entries in 'meta'")
        return dict(rows)

    def spoiled(self, what: str) -> UserError:
        """Return the error for contents that cannot be."""
        return UserError(
            f"'{origin_of(self._path)}' holds what no run can: {what}",
            f"{command_line('verify', self._path)} --sample 0 looks at all of it; "
            + if_fetched_again(self._path, "make the run again"),
        )

    def _read(self, name: str, parameters: dict[str, object], fetch: Callable[[Connection], T]) -> T:
        """Run a statement on a cursor of its own and return what `fetch` makes of the result."""
        try:
            with self._turn:
                if self._closed:
                    raise UserError(f"'{self._path}' has been closed", "open it again")
                cursor = self._connection.cursor()
                self._cursors.append(cursor)
            try:
                return fetch(cursor.execute(statement(name), parameters or None))
            finally:
                with self._turn:
                    self._cursors = [other for other in self._cursors if other is not cursor]
                    self._turn.notify_all()
        except Error as error:
            raise UserError(
                f"'{origin_of(self._path)}' cannot be read: {str(error).splitlines()[0]}",
                f"it may be damaged: {if_fetched_again(self._path, 'make it again')}",
            ) from error
