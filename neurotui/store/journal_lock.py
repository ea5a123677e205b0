"""The lock under which a journal is written, and what to do where it cannot be had."""

from __future__ import annotations

import contextlib
import os
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.store.run_commands import command_line

if TYPE_CHECKING:
    from collections.abc import Iterator

# Others hold the lock for one write at a time: rarer tries would starve busy writers.
_INTERVAL = 0.01


@contextmanager
def write_locked(path: Path, *, create: bool, wait: float, run: Path | None) -> Iterator[IO[bytes]]:
    """Open a journal to append to, alone for as long as the block lasts; `wait` seconds at most for another.

    A file that was made here and is still empty afterwards is removed again. Raises ``UserError`` with what to do
    if the file cannot be opened, locked or written.
    """
    import portalocker  # noqa: PLC0415 - who only reads needs no lock

    try:
        with _opened(path, create=create, wait=wait) as file:
            made = os.fstat(file.fileno()).st_size == 0
            try:
                yield file
            finally:
                # Under the lock: whoever waits for this file looks whether it is still the one at the path.
                if made and create and os.fstat(file.fileno()).st_size == 0:
                    with contextlib.suppress(OSError):
                        path.unlink()
    except portalocker.AlreadyLocked as error:
        raise UserError(
            f"not saved: another program holds the lock of '{path}'",
            "decide again when it is done; a program that hangs can be ended",
        ) from error
    except portalocker.LockException as error:
        elsewhere = str(Path.home() / path.name)
        other = command_line("open", run or Path("run.duckdb"), "--labels", elsewhere)
        raise UserError(
            f"not saved: the disk of '{path}' does not lock files ({reason_of(error)})",
            f"keep the journal on another disk: copy it there and {other}",
        ) from error
    except OSError as error:
        raise UserError(
            f"the decision could not be saved to '{path}': {reason_of(error)}",
            "make room or make it writable, and decide again; or choose another with --labels",
        ) from error


@contextmanager
def _opened(path: Path, *, create: bool, wait: float) -> Iterator[IO[bytes]]:
    """Yield the file at a path, locked: where another has taken its place meanwhile, that one."""
    until = time.monotonic() + wait
    opener = partial(_open_file, create=create)
    while True:
        made = create and not path.exists()
        # Unbuffered: a buffer whose write failed would be written again when the file is closed.
        with open(path, "ab+", buffering=0, opener=opener) as file:
            _lock(file, path, until, made=made)
            try:
                if is_at(file, path):
                    yield file
                    return
            finally:
                _unlock(file)


def _lock(file: IO[bytes], path: Path, until: float, *, made: bool) -> None:
    """Lock a file, waiting for another program `until` then; one `made` on a disk without locks goes again."""
    import portalocker  # noqa: PLC0415 - as above

    while True:
        try:
            portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
        except portalocker.AlreadyLocked:
            if time.monotonic() > until:
                raise
            time.sleep(_INTERVAL)
        except portalocker.LockException:
            if made and not os.fstat(file.fileno()).st_size:
                path.unlink()
            raise
        else:
            return


def _unlock(file: IO[bytes]) -> None:
    import portalocker  # noqa: PLC0415 - as above

    portalocker.unlock(file)


def is_at(file: IO[bytes], path: Path) -> bool:
    """Return whether an open file is the one at a path."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _open_file(name: str, flags: int, *, create: bool) -> int:
    """Open a file; without `create` only one that is there."""
    return os.open(name, flags if create else flags & ~os.O_CREAT, 0o666)


def reason_of(error: Exception) -> str:
    """Return why a file could not be read, locked or written."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
