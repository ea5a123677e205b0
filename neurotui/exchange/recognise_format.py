"""What a file of labels is and holds: its format by its contents, unpacked and decoded, record by record.

Where neither contents nor name tell the format, ``registry.format_of`` refuses the file.
"""

from __future__ import annotations

import gzip
import io
import shlex
import sys
import zlib
from typing import TYPE_CHECKING

from neurotui.byte_order_marks import WIDE_MARKS
from neurotui.errors import UserError
from neurotui.exchange.registry import BUILT_IN, STANDARD_INPUT, format_of, named_as, spec_of
from neurotui.store.atomic import refuse_other_than_file
from neurotui.store.file_signatures import is_run, is_utf16, packed_with
from neurotui.store.run_commands import command_line

if TYPE_CHECKING:
    from pathlib import Path

    from neurotui.exchange.spec import FormatSpec, Records

_GZIP = "gzip"
# How many bytes from the start of a file are enough to recognise its format.
_HEAD_OF_FILE = 65_536
# How workbooks begin, whatever their name; and in how many bytes control characters are counted.
_OFFICE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_HEAD = 256
_CONTROLS = 2
# What a Western Windows writes; elsewhere it is another, so that it is never taken without being asked for.
_USUAL = "cp1252"
# The bytes beside one that cannot be read.
_SHOWN = 20
_FILES_SHOWN = 3


def standard_input() -> bytes:
    """Return all of standard input."""
    return sys.stdin.buffer.read()


def format_in(data: bytes, *, plain: bool = False) -> FormatSpec:
    """Return the one of the formats that some bytes without a name are in: where none says so, one that cannot.

    If `plain`, others' formats are not looked for.
    """
    readable = (spec for spec in BUILT_IN.values() if spec.read is not None and spec.mode != "folder")
    found = [spec for spec in readable if not (plain and spec.of_others)]
    read = sorted(found, key=lambda one: not one.of_others)
    told = next((spec for spec in read if spec.begins is not None and spec.begins(data)), None)
    return told or next(spec for spec in read if spec.begins is None and not spec.of_others)


def read_as(path: Path, wanted: str | None, *, plain: bool = False) -> FormatSpec:
    """Return the requested format, else the one that a file begins in, else the one that its suffix names.

    If `plain`, others' formats are not looked for.
    """
    if wanted:
        return spec_of(wanted)
    of_others = [] if plain else [spec for spec in BUILT_IN.values() if spec.of_others and spec.read is not None]
    if path.is_dir():
        found = next((spec for spec in of_others if spec.is_folder is not None and spec.is_folder(path)), None)
    else:
        head = _head(path)
        if is_run(head):
            exported = command_line("export", path, "-o", "labels.csv")
            raise UserError(
                f"'{path}' is a run, not a file of labels", f"name its journal, or export it: {exported}"
            )
        found = next((spec for spec in of_others if spec.begins is not None and spec.begins(head)), None)
    if found is None and named_as(path) is None and (hint := _file_inside(path)):
        raise UserError(f"'{path}' is a folder, and of no format", hint)
    if found is None and path.suffix.lower() == ".json" and named_as(path) is None:
        return spec_of("jsonl")
    return found or format_of(path, None)


def _file_inside(path: Path) -> str:
    """Return the hint that names the files of a folder in which labels can be read; "" where there are none."""
    if not path.is_dir():
        return ""
    named = {file: named_as(file) for file in sorted(path.iterdir()) if file.is_file()}
    readable = [str(file) for file, form in named.items() if form is not None and form.read is not None]
    return f"name a file in it: {', '.join(map(shlex.quote, readable[:_FILES_SHOWN]))}" if readable else ""


def _head(path: Path) -> bytes:
    """Return how a file begins, unpacked; nothing where it cannot be read, which is told later."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_OF_FILE)
        if packed_with(head) != _GZIP:
            return head
        with gzip.open(path) as unpacked:
            return unpacked.read(_HEAD_OF_FILE)
    except (OSError, EOFError, zlib.error):
        return b""


def records_in(
    path: Path,
    form: FormatSpec,
    run: Path,
    *,
    encoding: str = "",
    given: bytes | None = None,
    columns: frozenset[str] = frozenset(),
) -> Records:
    """Yield each record of a file and its number; ``UserError`` where it cannot be read in this format.

    `given` is what the file holds, where it is standard input. A text is UTF-8 unless its mark or `encoding` says
    another; `run` is for a hint. `columns` are those to look for where they are not ours.
    """
    read = form.read_columns(columns) if columns and form.read_columns else form.read
    if read is None:
        hint = _file_inside(path) or "name a file of another format"
        raise UserError(f"labels are written as {form.name}, and not read back", hint)
    if form.mode != "folder" and given is None:
        refuse_other_than_file(path, "a file of labels", "name a file that neurotui export wrote")
    try:
        if form.mode == "folder":
            yield from read(path, str(path))
        elif form.mode == "binary":
            with path.open("rb") if given is None else io.BytesIO(given) as binary:
                yield from read(binary, str(path))
        else:
            text = _decoded(path.read_bytes() if given is None else given, path, run, encoding)
            yield from read(io.StringIO(text, newline=""), str(path))
    except FileNotFoundError as error:
        raise UserError(f"there is no file '{path}'", "name a file that neurotui export wrote") from error


def _decoded(data: bytes, path: Path, run: Path, encoding: str) -> str:
    """Return a file's text; raise ``UserError`` with the command to type where it is in another encoding."""
    named = "standard input" if path == STANDARD_INPUT else f"'{path}'"
    if (packer := packed_with(data)) == _GZIP:
        try:
            data, packer = gzip.decompress(data), ""
        except (OSError, EOFError, zlib.error) as error:
            raise UserError(f"{named} is packed with gzip and damaged ({error})", "copy it again") from error
    if packer:
        unpacked = f"{packer} -dc {shlex.quote(str(path))} | {command_line('import', run, '-')}"
        raise UserError(f"{named} is packed with {packer}", unpacked)
    marked = next((name for mark, name in WIDE_MARKS if data.startswith(mark)), "")
    utf16 = "utf-16-le" if is_utf16(data) else "utf-16-be" if is_utf16(data[1:5]) and not data[0] else ""
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
