"""Files that are whole or not there at all: written beside their place under another name, swapped in."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from neurotui.errors import UserError

Stamp = tuple[int, int, int] | None
"""What tells one file from another at the same place."""


def refuse_overwriting(path: Path, *, replace: bool, needed: Iterable[Path] = ()) -> None:
    """Raise ``UserError`` if `path` is there already, unless `replace`, or if it could not be written at all.

    What is `needed`, because it is read here, is never replaced.
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
    """Raise ``UserError`` if what was typed can name nothing but a folder: as a ``Path`` it would name a file."""
    if os.path.split(name)[1] in {"", os.curdir, os.pardir}:
        raise UserError(f"'{name}' is the name of a folder", "name a file in it")


def unfinished(path: Path) -> Path:
    """Return a name that nobody else uses for a file that will take the place of `path`, in the same folder."""
    return path.with_name(f"{path.name}.{secrets.token_hex(4)}.writing")


def leftovers(path: Path) -> list[Path]:
    """Return the unfinished files for `path` that are there: of commands at work, or that were killed."""
    ours = re.compile(re.escape(path.name) + r"\.[0-9a-f]{8}\.writing")
    return [file for file in path.parent.iterdir() if ours.fullmatch(file.name)]


def stamp_of(path: Path) -> Stamp:
    """Return what tells one file from another at the same place, or None while there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_mtime_ns


@contextmanager
def swapped_in(path: Path, *, replace: bool = False, needed: Iterable[Path] = ()) -> Iterator[Path]:
    """Yield a name to write a file to; leaving the block without an error puts it in the place of `path`.

    On any error `path` stays as it was and nothing is left beside it. ``UserError`` if `path` is there already
    (unless `replace`), is `needed`, or cannot be written.
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


def replies_of(run: Path) -> Path:
    """Return where the replies of language models are kept: ``run.replies.sqlite`` beside ``run.duckdb``."""
    return run.parent / f"{run.stem}.replies.sqlite"


def unwritten(path: Path, error: Exception) -> UserError:
    """Say that a file could not be written, why, and what to do."""
    reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
    if isinstance(error, PermissionError) or "permission denied" in str(error).lower():
        hint = f"make '{path.parent}' writable, or choose another place"
    else:
        hint = f"is there room on the disk? df -h '{path.parent}' tells"
    return UserError(f"'{path}' could not be written: {reason}", f"{hint}; nothing that was there has changed")


def swap_in(unfinished: Path, path: Path) -> None:
    """Put a whole file in the place of another so that at every moment one of the two is there.

    Permissions stay as they were, and a link stays a link: what it leads to is replaced.
    """
    path = path.resolve()
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    if path.exists():
        shutil.copymode(path, unfinished)
    unfinished.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a new file's name survive a power cut, where the platform can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
