"""Atomic file writes: a file is written under another name beside its target, then swapped in."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from neurotui.errors import UserError

Stamp = tuple[int, int, int] | None
"""Identifies a file among those that were at one path: None if there is none."""


# What is no file of bytes; reading from some of these waits for ever, or never ends.
_OTHER_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def refuse_other_than_file(path: Path, what: str, hint: str) -> None:
    """Raise ``UserError`` if a folder, a pipe, a device or a socket lies where `what` is to be read.

    Nothing is opened: that alone may wait for ever. A file that is not there is no matter of this.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise UserError(f"'{path}' cannot be read: {(error.strerror or str(error)).lower()}", hint) from error
    for holds, kind in _OTHER_KINDS:
        if holds(mode):
            raise UserError(f"'{path}' is {kind}, not {what}", hint)


def refuse_overwriting(path: Path, *, replace: bool, needed: Iterable[Path] = ()) -> None:
    """Raise ``UserError`` if `path` exists already, unless `replace`, or if it could not be written at all.

    Files that are `needed`, because the caller reads them, are never replaced.
    """
    if path.is_dir():
        raise UserError(f"'{path}' is a folder", "name a file in it")
    if path.exists() and not path.is_file():
        raise UserError(f"'{path}' is a pipe or a device", "name a file; - is standard output where that serves")
    if any(path.exists() and other.exists() and path.samefile(other) for other in needed):
        raise UserError(f"'{path}' is what this command reads", "choose another name")
    if path.exists() and not replace:
        raise UserError(f"'{path}' is there already", "choose another name, or add --force to replace it")
    folder = path.resolve().parent
    for above in (folder, *folder.parents):
        if above.exists() and not above.is_dir():
            raise UserError(f"'{above}' is a file, so nothing can be written into it", "name a file in a folder")
    if not folder.is_dir():
        raise UserError(f"there is no folder '{folder}'", f"make it with: mkdir -p '{folder}'")


def refuse_folder(name: str) -> None:
    """Raise ``UserError`` if a typed name can only be a folder, as in ``runs/``: ``Path`` would drop the slash."""
    if os.path.split(name)[1] in {"", os.curdir, os.pardir}:
        raise UserError(f"'{name}' is the name of a folder", "name a file in it")


def unfinished(path: Path) -> Path:
    """Return a unique name, in the same folder, for a file that will replace `path`."""
    return path.with_name(f"{path.name}.{os.urandom(4).hex()}.writing")


def leftovers(path: Path) -> list[Path]:
    """Return the existing unfinished files for `path`, left by running or killed commands."""
    ours = re.compile(re.escape(path.name) + r"\.[0-9a-f]{8}\.writing")
    return [file for file in path.parent.iterdir() if ours.fullmatch(file.name)]


def stamp_of(path: Path) -> Stamp:
    """Return what identifies the file now at a path, or None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_mtime_ns


@contextmanager
def swapped_in(path: Path, *, replace: bool = False, needed: Iterable[Path] = ()) -> Iterator[Path]:
    """Yield a name to write a file to; leaving the block without an error moves it to `path`.

    On any error `path` stays as it was and nothing is left beside it. Raises ``UserError`` if `path` exists
    already (unless `replace`), is `needed`, or cannot be written.
    """
    refuse_overwriting(path, replace=replace, needed=needed)
    new = unfinished(path.resolve())
    try:
        yield new
        swap_in(new, path)
    except OSError as error:
        raise unwritten(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)


def unwritten(path: Path, error: Exception) -> UserError:
    """Return the error for a file that could not be written, with the reason and what to do."""
    reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
    if isinstance(error, PermissionError) or "permission denied" in str(error).lower():
        hint = f"make '{path.parent}' writable, or choose another place"
    elif getattr(error, "errno", None) == errno.EROFS:
        hint = f"'{path.parent}' lies on a disk that is read only: choose another place"
    else:
        hint = f"is there room on the disk? df -h '{path.parent}' tells"
    return UserError(f"'{path}' could not be written: {reason}", f"{hint}; nothing that was there has changed")


def swap_in(unfinished: Path, path: Path) -> None:
    """Replace a file atomically by a finished one: at every moment one of the two exists.

    Permissions stay as they were, and a link stays a link: its target is replaced.
    """
    path = path.resolve()
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    if path.exists():
        shutil.copymode(path, unfinished)
    unfinished.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder, so that a new file's name survives a power cut, where the platform supports it."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
