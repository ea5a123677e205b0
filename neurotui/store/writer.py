"""Write a run: a new file beside the old one, swapped in when it is complete.

Readers keep the old file until they open the new one. If anything goes wrong, the old file stays as it was. Only
this module and its callers need pyarrow.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

import duckdb
import portalocker

from neurotui.errors import UserError
from neurotui.store.atomic import leftovers, refuse_overwriting, swap_in, unfinished, unwritten
from neurotui.store.connection import RUN_FORMAT, create, locked, memory
from neurotui.store.sql import statement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from types import TracebackType

    import pyarrow as pa

_TAKEN = portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING
# So that DuckDB 1.4 and 1.5 can read the run.
_STORAGE = "v1.4.0"
# A run is one transaction: committed in parts, its file would keep the gaps. What is not yet on the disk is one
# group of rows a table, of which a neuron's pooled activations are the widest, at up to 50 kB each.
_ROWS = 16_384


class Writer:
    """A run being written. Leaving the ``with`` block without an error swaps it in.

    Raises ``UserError`` if `path` exists already (unless `replace`), if another command is writing it or has a
    claim to it, or if the disk is full.
    """

    def __init__(self, path: Path, *, replace: bool = False, claim: Path | None = None) -> None:
        self.path = path
        self._claim = claim
        self._unfinished = unfinished(path.resolve())
        self._old: frozenset[str] = frozenset()
        self._lock = portalocker.Lock(self._unfinished, "rb", timeout=0, flags=_TAKEN)
        refuse_overwriting(path, replace=replace)

    def __enter__(self) -> Self:
        _clear_away(self.path, self._claim)
        self._connection = memory()
        try:
            self._connection.execute(
                f"ATTACH ? AS run (STORAGE_VERSION '{_STORAGE}', ROW_GROUP_SIZE {_ROWS})",
                [str(self._unfinished)],
            )
            # DuckDB releases its own lock before the file is swapped in.
            self._lock.acquire()
            create(self._connection)
            self._connection.execute("BEGIN")
        except BaseException as error:
            self._connection.close()
            _remove(self._unfinished)
            self._lock.release()
            if not isinstance(error, duckdb.Error | OSError):
                raise
            raise unwritten(self.path, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._connection.execute("COMMIT")
                self._connection.execute("CHECKPOINT run")
                self._connection.execute("DETACH run")
                self._connection.close()
                swap_in(self._unfinished, self.path)
                self._lock.release()
                return
        except (duckdb.Error, OSError) as failure:
            error = failure
        self._connection.close()
        _remove(self._unfinished)
        self._lock.release()
        if isinstance(error, duckdb.Error | OSError):
            raise unwritten(self.path, error) from error

    def meta(self, entries: Mapping[str, str]) -> None:
        """Write the run's metadata; the format version is added."""
        rows = {"format_version": str(RUN_FORMAT), **entries}
        for key, value in rows.items():
            self._connection.execute("INSERT INTO run.meta VALUES (?, ?)", [key, value])

    def append(self, table: str, block: pa.Table) -> None:
        """Append rows to a table; the block's columns are matched by name."""
        self._connection.register("block", block)
        self._connection.execute(f"INSERT INTO run.{table} BY NAME SELECT * FROM block")  # noqa: S608 - ours
        self._connection.unregister("block")

    def copy_all_but(self, written: Collection[str], source: Path) -> None:
        """Copy every table of the schema that another run has, but those that are `written`; once."""
        self._connection.execute("ATTACH ? AS old (READ_ONLY)", [str(source)])
        ours, theirs = (
            [name for name, _ in self._connection.execute(statement("tables"), {"database": one}).fetchall()]
            for one in ("run", "old")
        )
        self._old = frozenset(theirs)
        for table in [name for name in ours if name in self._old and name not in written]:
            self._connection.execute(f"INSERT INTO run.{table} SELECT * FROM old.{table}")  # noqa: S608 - ours

    def copy_describers(self, names: Sequence[str]) -> None:
        """Copy some of the describers that stand beside the run's own, after ``copy_all_but``."""
        for table, column in (("describers", "name"), ("described_by", "describer")):
            if table in self._old:
                self._connection.execute(
                    f"INSERT INTO run.{table} SELECT * FROM old.{table} WHERE list_contains(?, {column})",  # noqa: S608 - ours
                    [list(names)],
                )


@contextmanager
def claimed(path: Path) -> Iterator[Path | None]:
    """Keep others from writing a run for as long as the block lasts; yield the claim that its ``Writer`` takes.

    Raises ``UserError`` at once if another command is writing it or will. None where a disk locks no files.
    """
    _clear_away(path)
    claim = unfinished(path.resolve())
    try:
        file = claim.open("xb")
    except OSError as error:
        raise unwritten(path, error) from error
    try:
        with file:
            try:
                portalocker.lock(file, _TAKEN)
            except portalocker.AlreadyLocked as error:
                raise _taken(path) from error
            except portalocker.LockException:
                claim.unlink(missing_ok=True)
                yield None
                return
            # Another may have begun since, and have taken this file for one that was left.
            _clear_away(path, claim)
            if not claim.exists():
                raise _taken(path)
            yield claim
    finally:
        claim.unlink(missing_ok=True)


def _clear_away(path: Path, own: Path | None = None) -> None:
    """Remove files left by killed commands, but `own`; ``UserError`` if a running one is writing them."""
    for file in leftovers(path.resolve()):
        if file == own:
            continue
        try:
            with portalocker.Lock(file, "rb", timeout=0, flags=_TAKEN):
                duckdb.connect(str(file)).close()
        except portalocker.LockException as error:
            raise _taken(path) from error
        except FileNotFoundError:
            continue
        except duckdb.Error as error:
            if locked(error):
                raise _taken(path) from error
        _remove(file)


def _taken(path: Path) -> UserError:
    return UserError(f"another command is writing '{path}'", "wait until it has ended, or choose another name")


def _remove(file: Path) -> None:
    for name in (file.name, file.name + ".wal"):
        file.with_name(name).unlink(missing_ok=True)
