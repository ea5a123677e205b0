"""Where a format's records go to and come from: a text file, a binary file, a folder, standard output or input."""

from __future__ import annotations

import io
import shlex
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurotui.byte_order_marks import WIDE_MARKS
from neurotui.errors import UserError, command_line
from neurotui.exchange.registry import BUILT_IN, named_as, spec_of, usual_suffixes
from neurotui.store.atomic import (
    refuse_other_than_file,
    refuse_overwriting,
    swapped_in,
    sync_folder,
    unfinished,
    unwritten,
)
from neurotui.store.file_kind import is_utf16, packed_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neurotui.exchange.rows import LabelRows
    from neurotui.exchange.spec import FormatSpec

STANDARD_OUTPUT = STANDARD_INPUT = Path("-")

_SPREADSHEETS = {".xlsx", ".xls", ".ods", ".numbers"}
# What a Western Windows writes; elsewhere it is another, so that it is never taken without being asked for.
_USUAL, _SHOWN = "cp1252", 20
# How workbooks begin, whatever they are named.
_HEAD, _CONTROLS = 256, 2
_OFFICE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def format_of(path: Path, wanted: str | None) -> FormatSpec:
    """Return the requested format, else the one that the file's suffix names; ``UserError`` if there is none."""
    if wanted:
        return spec_of(wanted)
    if path == STANDARD_OUTPUT:
        return spec_of("jsonl")
    found = named_as(path)
    if found is None:
        hint = f"end its name in {usual_suffixes()}, or add --format"
        if path.suffix.lower() in _SPREADSHEETS:
            hint = "save it as CSV in the spreadsheet, and name that file"
        raise UserError(f"'{path}' does not say which format it is", hint)
    return found


def write_to(path: Path, form: FormatSpec, rows: LabelRows, *, replace: bool) -> int:
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
        with new.open("w", encoding=form.encoding, newline="") as text:
            return form.write(rows, text)


def standard_input() -> bytes:
    """Return all of standard input."""
    return sys.stdin.buffer.read()


def format_in(data: bytes) -> FormatSpec:
    """Return the one of our formats that some bytes without a name are in: where none says so, one that cannot."""
    ours = BUILT_IN.values()
    told = next((spec for spec in ours if spec.begins is not None and spec.begins(data)), None)
    return told or next(spec for spec in ours if spec.begins is None)


def records_in(
    path: Path, form: FormatSpec, *, run: Path, encoding: str = "", given: bytes | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each record of a file and its number; ``UserError`` where it cannot be read in this format.

    `given` is what the file holds, where it is standard input. A text is UTF-8 unless its mark or `encoding` says
    another; `run` is for a hint.
    """
    if form.read is None:
        raise UserError(f"labels are written as {form.name}, and not read back", "name a file of another format")
    if form.mode != "folder" and given is None:
        refuse_other_than_file(path, "a file of labels", "name a file that neurotui export wrote")
    try:
        if form.mode == "folder":
            yield from form.read(path, str(path))
        elif form.mode == "binary":
            with path.open("rb") if given is None else io.BytesIO(given) as binary:
                yield from form.read(binary, str(path))
        else:
            text = _decoded(path.read_bytes() if given is None else given, path, run, encoding)
            yield from form.read(io.StringIO(text, newline=""), str(path))
    except FileNotFoundError as error:
        raise UserError(f"there is no file '{path}'", "name a file that neurotui export wrote") from error


def _decoded(data: bytes, path: Path, run: Path, encoding: str) -> str:
    """Return a file's text; raise ``UserError`` with the command to type where it is in another encoding."""
    marked = next((name for mark, name in WIDE_MARKS if data.startswith(mark)), "")
    utf16 = "utf-16-le" if is_utf16(data) else "utf-16-be" if is_utf16(data[1:5]) and not data[0] else ""
    named = "standard input" if path == STANDARD_INPUT else f"'{path}'"
    if packer := packed_with(data):
        unpacked = f"{packer} -dc {shlex.quote(str(path))} | {command_line('import', run, '-')}"
        raise UserError(f"{named} is packed with {packer}", unpacked)
    if not (marked or utf16 or encoding) and _is_binary(data[:_HEAD].rstrip(b"\0")):
        raise UserError(f"{named} is no text", "save it as CSV, in the program that made it, and name that file")
    try:
        return data.decode(marked or encoding or utf16 or "utf-8").removeprefix("\ufeff")
    except LookupError as error:
        raise UserError(f"there is no encoding '{encoding}'", "name one as in --encoding cp1252") from error
    except UnicodeDecodeError as error:
        around = data[max(0, error.start - _SHOWN) : error.start + _SHOWN].decode(_USUAL, "replace")
        shown = " ".join(around.split())
        raise UserError(
            f"{named} is not {marked or encoding or 'UTF-8'} (byte {error.start}); "
            f"as Windows writes it in the West, there stands '{shown}'",
            f"if that is right: {command_line('import', run, str(path), '--encoding', _USUAL)}",
        ) from error


def _is_binary(head: bytes) -> bool:
    """Return whether a file begins as no text does: as a workbook, or with control characters of many kinds."""
    controls = {byte for byte in head if byte < ord("\t")}
    return head.startswith(_OFFICE) or b"\0\0" in head or len(controls) > _CONTROLS


def refuse_folder_there(path: Path) -> None:
    """Raise ``UserError`` if something has the name of a folder that is to be written."""
    if path.exists():
        raise UserError(f"'{path}' is there already, and a folder is never replaced", "choose another name")


def _print(form: FormatSpec, rows: LabelRows) -> int:
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
