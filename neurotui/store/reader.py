"""Run the statements of ``queries/`` on a run's file, from any thread, and close it while others read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb
import numpy as np

from neurotui.errors import UserError
from neurotui.store.connection import open_run
from neurotui.store.sql import statement

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")


class Reader:
    """A run's file, attached read only. Each statement has a cursor of its own.

    Raises ``UserError`` on opening if the file is not a complete run of a supported format, and from every method
    if a block turns out to be damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = open_run(path)
        self._turn = threading.Condition()
        self._cursors: list[duckdb.DuckDBPyConnection] = []

    def close(self) -> None:
        """Close the file; reads in other threads are interrupted and raise ``UserError`` there."""
        with self._turn:
            for cursor in self._cursors:
                cursor.interrupt()
            self._turn.wait_for(lambda: not self._cursors)
            self._connection.close()

    def rows(self, name: str, **parameters: object) -> list[tuple[Any, ...]]:
        """Return the rows of the statement `name`."""
        return self._read(name, parameters, lambda result: result.fetchall())

    def columns(self, name: str, **parameters: object) -> dict[str, NDArray[Any]]:
        """Return the columns of the statement `name`; these hold no NULL."""
        columns = self._read(name, parameters, lambda result: result.fetchnumpy())
        return {key: np.asarray(column) for key, column in columns.items()}

    def _read(
        self, name: str, parameters: dict[str, object], fetch: Callable[[duckdb.DuckDBPyConnection], T]
    ) -> T:
        """Run a statement on a cursor of its own and return what `fetch` makes of the result."""
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
            raise UserError(
                f"'{self._path}' cannot be read: {str(error).splitlines()[0]}",
                "it may be damaged: copy it again or make it again",
            ) from error
