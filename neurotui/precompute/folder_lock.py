"""Who works in a shards folder: a whole precompute alone, or any number of its parts together.

The lock is a file in the folder, and goes with the last process that works there; one that a killed process left
locks nothing. Where a disk locks no files, nobody is kept out.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

import portalocker

from neurotui.errors import UserError
from neurotui.store.journal_lock import is_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK = "in-use.lock"

_AT_ONCE = portalocker.LockFlags.NON_BLOCKING
_ALONE = portalocker.LockFlags.EXCLUSIVE | _AT_ONCE
_TOGETHER = portalocker.LockFlags.SHARED | _AT_ONCE


class FolderLock:
    """A lock that is held on a folder of shards; see ``working_in``."""

    def __init__(self, folder: Path, file: IO[bytes], *, together: bool) -> None:
        self._folder = folder
        self._file = file
        self._together = together

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep all others out for as long as the block lasts; ``UserError`` if one works there."""
        _lock(self._folder, self._file, _ALONE)
        yield  # if the block fails, so does the command
        if self._together:
            _lock(self._folder, self._file, _TOGETHER)


@contextmanager
def working_in(folder: Path, *, together: bool) -> Iterator[FolderLock]:
    """Lock a folder of shards for as long as the block lasts: alone, or `together` with other parts.

    Raises ``UserError`` at once if another command works there that does not go with this one.
    """
    file = _opened(folder, _TOGETHER if together else _ALONE)
    try:
        yield FolderLock(folder, file, together=together)
    finally:
        # The last one takes the file away, under the lock: whoever waits for it looks whether it is still there.
        with suppress(UserError, OSError):
            _lock(folder, file, _ALONE)
            if is_at(file, folder / LOCK):
                (folder / LOCK).unlink()
        file.close()


def _opened(folder: Path, how: portalocker.LockFlags) -> IO[bytes]:
    """Return the folder's lock file, locked."""
    while True:
        folder.mkdir(exist_ok=True)
        try:
            file = os.fdopen(os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666), "rb+", buffering=0)
        except FileNotFoundError:  # whoever was here took the folder away meanwhile
            continue
        try:
            _lock(folder, file, how)
            if is_at(file, folder / LOCK):
                return file
        except BaseException:
            file.close()
            raise
        file.close()


def _lock(folder: Path, file: IO[bytes], how: portalocker.LockFlags) -> None:
    try:
        portalocker.lock(file, how)
    except portalocker.AlreadyLocked as error:
        raise UserError(
            f"another command is making shards in '{folder}'",
            "wait until it has ended, or choose another folder with --shards",
        ) from error
    except portalocker.LockException:
        return
