"""The file of a run, open: named statements are read from it, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, TypeVar

import duckdb
import numpy as np

from neurotui.store.connection import open_run
from neurotui.store.disk import stamp_of
from neurotui.store.sql import statement
from neurotui.words import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

T = TypeVar("T")


class RunFile:
    """A run's file, open for reading. Every method may be called from any thread.

    ``meta`` is what the run says of itself. Raises ``Refusal`` on opening for what is not a whole run of our
    format, and from every read for blocks that turn out to be damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp = stamp_of(self.path)
        self._connection = open_run(self.path)
        self._turn = threading.Condition()
        self._cursors: list[duckdb.DuckDBPyConnection] = []
        self.meta: dict[str, str] = dict(self._rows("meta"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; what other threads are reading is broken off, and ends in a ``Refusal`` there."""
        with self._turn:
            for cursor in self._cursors:
                cursor.interrupt()
            self._turn.wait_for(lambda: not self._cursors)
            self._connection.close()

    def swapped(self) -> bool:
        """Tell whether another file lies where this run was opened."""
        return stamp_of(self.path) not in {None, self._stamp}

    def gone(self) -> bool:
        """Tell whether no file lies where this run was opened."""
        return stamp_of(self.path) is None

    def _rows(self, name: str, **parameters: object) -> list[tuple[Any, ...]]:
        return self._read(name, parameters, lambda result: result.fetchall())

    def _columns(self, name: str, **parameters: object) -> dict[str, NDArray[Any]]:
        """Return a statement's columns; runs hold no NULL in what is read this way."""
        columns = self._read(name, parameters, lambda result: result.fetchnumpy())
        return {key: np.asarray(column) for key, column in columns.items()}

    def _read(
        self, name: str, parameters: dict[str, object], fetch: Callable[[duckdb.DuckDBPyConnection], T]
    ) -> T:
        """Return what `fetch` makes of a statement's result, read by a cursor of its own."""
        try:
            with self._turn:
                cursor = self._connection.cursor()
                self._cursors.append(cursor)
            try:
                return fetch(cursor.execute(statement(name), parameters or None))
            finally:
                with self._turn:
                    self._cursors = [other for other in self._cursors if other is not cursor]
                    self._turn.notify_all()
        except duckdb.Error as error:
            raise Refusal(
                f"'{self.path}' cannot be read: {str(error).splitlines()[0]}",
                "it may be damaged: copy it again or make it again",
            ) from error
