"""Write labels in a format: to a text file, a binary file, a folder, or standard output."""

from __future__ import annotations

import gzip
import io
import shutil
import sys
from contextlib import ExitStack, contextmanager
from typing import IO, TYPE_CHECKING, cast

from neurotui.errors import UserError
from neurotui.exchange.registry import PACKED, STANDARD_OUTPUT
from neurotui.store.atomic import (
    refuse_overwriting,
    swapped_in,
    sync_folder,
    unfinished,
    unwritten,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from neurotui.exchange.rows import LabelRows
    from neurotui.exchange.spec import FormatSpec, Write


def writer_of(form: FormatSpec) -> Write:
    """Return what writes a format; ``UserError`` for one that is only read."""
    if form.write is None:
        raise UserError(f"labels are read from {form.name}, and not written as it", "choose another --format")
    return form.write


def write_to(path: Path, form: FormatSpec, rows: LabelRows, *, replace: bool) -> int:
    """Write records in a format, whole or not at all; return how many. ``-``: standard output.

    ``UserError`` if the path is there already (unless `replace`) or cannot be written. A folder that is there is
    never replaced.
    """
    write = writer_of(form)
    if path == STANDARD_OUTPUT:
        return _print(form, rows)
    if form.mode == "folder":
        with _new_folder(path) as folder:
            return write(rows, folder)
    with swapped_in(path, replace=replace) as new:
        if form.mode == "binary":
            with new.open("wb") as binary:
                return write(rows, binary)
        with ExitStack() as opened:
            file: IO[bytes] = opened.enter_context(new.open("wb"))
            if path.suffix.lower() == PACKED:
                # Without a name and a time: the same labels make the same bytes.
                packed = opened.enter_context(gzip.GzipFile("", "wb", fileobj=file, mtime=0))
                file = cast("IO[bytes]", packed)
            text = opened.enter_context(io.TextIOWrapper(file, encoding=form.encoding, newline=""))
            return write(rows, text)


def refuse_folder_there(path: Path) -> None:
    """Raise ``UserError`` if something has the name of a folder that is to be written."""
    if path.exists():
        raise UserError(f"'{path}' is there already, and a folder is never replaced", "choose another name")


def _print(form: FormatSpec, rows: LabelRows) -> int:
    if form.mode == "text":
        return writer_of(form)(rows, sys.stdout)
    if form.mode == "folder":
        raise UserError(f"{form.name} is a folder, and no folder goes to standard output", "name one with -o")
    if sys.stdout.isatty():
        raise UserError(f"{form.name} is no text that a terminal could show", "name a file with -o, or add | or >")
    return writer_of(form)(rows, sys.stdout.buffer)


@contextmanager
def _new_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder to fill; leaving the block without an error gives it its name."""
    refuse_folder_there(path)
    refuse_overwriting(path, replace=False)
    new = unfinished(path.resolve())
    try:
        new.mkdir()
        yield new
        new.rename(path.resolve())
        sync_folder(path.resolve().parent)
    except OSError as error:
        raise unwritten(path, error) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
