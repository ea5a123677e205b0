"""Where a format's records go to and come from: a text file, a binary file, a folder, standard output."""

from __future__ import annotations

import io
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurotui.errors import UserError
from neurotui.store.atomic import (
    refuse_other_than_file,
    refuse_overwriting,
    swapped_in,
    sync_folder,
    unfinished,
    unwritten,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from neurotui.exchange.record import LabelRow
    from neurotui.exchange.spec import FormatSpec

STANDARD_OUTPUT = Path("-")


def write_to(path: Path, form: FormatSpec, rows: Iterable[LabelRow], *, replace: bool) -> int:
    """Write records in a format, whole or not at all; return how many. ``-``: standard output.

    ``UserError`` if the path is there already (unless `replace`) or cannot be written. A folder that is there is
    never replaced.
    """
    if path == STANDARD_OUTPUT:
        return _print(form, rows)
    if form.mode == "folder":
        with _new_folder(path) as folder:
            return form.write(rows, folder)
    with swapped_in(path, replace=replace) as new:
        if form.mode == "binary":
            with new.open("wb") as binary:
                return form.write(rows, binary)
        with new.open("w", encoding="utf-8", newline="") as text:
            return form.write(rows, text)


def records_in(path: Path, form: FormatSpec) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each record of a file and its number; ``UserError`` where it cannot be read in this format."""
    if form.read is None:
        raise UserError(f"labels are written as {form.name}, and not read back", "name a file of another format")
    if form.mode != "folder":
        refuse_other_than_file(path, "a file of labels", "name a file that neurotui export wrote")
    try:
        if form.mode == "folder":
            yield from form.read(path, str(path))
        elif form.mode == "binary":
            with path.open("rb") as binary:
                yield from form.read(binary, str(path))
        else:
            text = path.read_bytes().decode("utf-8-sig")
            yield from form.read(io.StringIO(text, newline=""), str(path))
    except FileNotFoundError as error:
        raise UserError(f"there is no file '{path}'", "name a file that neurotui export wrote") from error
    except UnicodeDecodeError as error:
        raise UserError(f"'{path}' is not UTF-8 (byte {error.start})", f"iconv -t UTF-8 '{path}'") from error


def refuse_folder_there(path: Path) -> None:
    """Raise ``UserError`` if something has the name of a folder that is to be written."""
    if path.exists():
        raise UserError(f"'{path}' is there already, and a folder is never replaced", "choose another name")


def _print(form: FormatSpec, rows: Iterable[LabelRow]) -> int:
    if form.mode == "text":
        return form.write(rows, sys.stdout)
    if form.mode == "folder":
        raise UserError(f"{form.name} is a folder, and no folder goes to standard output", "name one with -o")
    if sys.stdout.isatty():
        raise UserError(f"{form.name} is no text that a terminal could show", "name a file with -o, or add | or >")
    return form.write(rows, sys.stdout.buffer)


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
