"""Files that are whole or not there at all: written beside their place under another name, swapped in."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neurotui.words import Refusal


def refuse_overwriting(path: Path, *, replace: bool) -> None:
    """Raise ``Refusal`` if `path` is there already, unless `replace`, or if it could not be written at all."""
    if path.is_dir():
        raise Refusal(f"'{path}' is a folder", "name a file in it")
    if path.exists() and not replace:
        raise Refusal(f"'{path}' is there already", "choose another name, or add --force to replace it")
    if not path.parent.is_dir():
        raise Refusal(f"there is no folder '{path.parent}'", f"make it with: mkdir -p '{path.parent}'")


def unfinished(path: Path) -> Path:
    """Return a name that nobody else uses for a file that will take the place of `path`, in the same folder."""
    return path.with_name(f"{path.name}.{secrets.token_hex(4)}.writing")


def leftovers(path: Path) -> list[Path]:
    """Return the unfinished files for `path` that are there: of commands at work, or that were killed."""
    start, end = path.name + ".", ".writing"
    return [file for file in path.parent.iterdir() if file.name.startswith(start) and file.name.endswith(end)]


@contextmanager
def swapped_in(path: Path, *, replace: bool = False) -> Iterator[Path]:
    """Yield a name to write a file to; leaving the block without an error puts it in the place of `path`.

    On any error `path` stays as it was and nothing is left beside it. ``Refusal`` if `path` is there already
    (unless `replace`) or cannot be written.
    """
    refuse_overwriting(path, replace=replace)
    new = unfinished(path)
    try:
        yield new
        swap_in(new, path)
    except OSError as error:
        raise Refusal(
            f"'{path}' could not be written: {(error.strerror or str(error)).lower()}",
            f"is there room on the disk? df -h '{path.parent}' tells; nothing that was there has changed",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)


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
