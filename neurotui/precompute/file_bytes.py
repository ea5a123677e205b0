"""What a file is, by its first bytes: packed or not, columns or lines of text, and in which encoding."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import IO, TYPE_CHECKING, NamedTuple, cast

import pyarrow as pa

from neurotui.byte_order_marks import MARKS
from neurotui.errors import UserError
from neurotui.precompute.encodings import wrong_encoding
from neurotui.precompute.file_types import type_named, type_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from neurotui.precompute.file_types import FileType

_HEAD = 1 << 16

_PACKED: dict[bytes, Callable[[IO[bytes]], IO[bytes]]] = {
    b"\x1f\x8b": lambda raw: cast("IO[bytes]", gzip.GzipFile(fileobj=raw)),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
    b"\x28\xb5\x2f\xfd": lambda raw: _arrow_stream(raw, "zstd"),
    # Frames that unpackers skip may stand before the first one, as pzstd writes them.
    **{bytes([first]) + b"\x2a\x4d\x18": lambda raw: _arrow_stream(raw, "zstd") for first in range(0x50, 0x60)},
    b"\x04\x22\x4d\x18": lambda raw: _arrow_stream(raw, "lz4"),
}
_PACKED_SUFFIXES = {".gz", ".bz2", ".xz", ".zst", ".zstd", ".lz4"}

_EXPORT = "export its texts as CSV or as JSON lines, in UTF-8"
_OTHERS = (
    (0, b"\xd0\xcf\x11\xe0", "an Office file of the old kind", _EXPORT),
    (0, b"%PDF", "a PDF", "take its text out first, for instance with pdftotext"),
    (0, b"{\\rtf", "a rich text document", "save it as plain text, in UTF-8"),
    (0, b"SQLite format 3", "an SQLite database", _EXPORT),
    (8, b"DUCK", "a DuckDB file, as runs are", "name the file that the texts are in"),
    (0, b"FEA1", "a Feather file of the first version", "write it again with pyarrow, or as Parquet"),
    (0, b"Obj\x01", "an Avro file", _EXPORT),
    (0, b"ORC", "an ORC file", _EXPORT),
    (0, b"\x89HDF", "an HDF5 file", _EXPORT),
    (0, b"\x93NUMPY", "a NumPy array", _EXPORT),
    (0, b"\x80\x04\x95", "a pickle, which could run code when it is read", _EXPORT),
    (0, b"\x80\x05\x95", "a pickle, which could run code when it is read", _EXPORT),
    (0, b"GGUF", "the weights of a model", "name the file that the texts are in"),
    (0, b"7z\xbc\xaf", "a 7z archive", "unpack it first"),
    (0, b"Rar!", "a RAR archive", "unpack it first"),
    (0, b"version https://git-lfs", "what Git LFS leaves in a file's place", "fetch the file: git lfs pull"),
    (0, b"PK\x05\x06", "a ZIP archive with nothing in it", "name the file that the texts are in"),
    (257, b"ustar", "a tar archive", "unpack it first: tar -xf FILE"),
    (0, b"\x89PNG", "a picture", "name the file that the texts are in"),
    (0, b"\xff\xd8\xff", "a picture", "name the file that the texts are in"),
)
_IN_ZIP = (
    ("xl/", "an Excel workbook", "save it as CSV UTF-8, in the program that made it"),
    ("word/", "a Word document", "save it as plain text, in UTF-8"),
    ("content.xml", "an OpenDocument file", "save it as CSV or plain text, in UTF-8"),
)
_PAGES = (
    (b"<!doctype html", "a web page", "take its text out first: a text a line, or JSON lines"),
    (b"<html", "a web page", "take its text out first: a text a line, or JSON lines"),
    (b"<?xml", "an XML document", _EXPORT),
)
_ISO_2022 = (b"\x1b$B", b"\x1b$@", b"\x1b$)C", b"\x1b$)A")
# So many zero bytes make it likely that every other one is: UTF-16 without its mark.
_ZEROS = 0.2
# How many of the bytes that are zero in UTF-32 must be, and what share of the zeros may stand elsewhere in UTF-16.
_ZEROS_OF_WIDE, _ZEROS_OF_NONE = 0.5, 0.1
_HEAD_OF_PAGE = 512


class Line(NamedTuple):
    """A line of a text file: its number from 1, its text with its end, and the share of the file read so far."""

    number: int
    text: str
    read: float


def file_type(path: Path) -> FileType:
    """Return the type of a file: by its first bytes, else by the suffix that it had before it was packed.

    Raises ``UserError`` for a file that is of no type, with what it is.
    """
    head = _beginning(path)
    if (known := type_of(head)) is not None:
        return known
    refuse_other_kinds(path, head)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in _PACKED_SUFFIXES:
        suffixes.pop()
    named = type_named(suffixes[-1] if suffixes else "")
    if named.begins:
        raise UserError(
            f"'{path}' cannot be read as {named.name}: it does not begin as such a file",
            "it may be damaged: copy it again",
        )
    return named


def refuse_other_kinds(path: Path, head: bytes) -> None:
    """Raise ``UserError`` for bytes that no text and no table begins with."""
    if head.startswith(b"PK\x03\x04"):
        raise UserError(*_of_zip(path))
    for place, beginning, what, hint in _OTHERS:
        if head[place:].startswith(beginning):
            raise UserError(f"'{path}' is {what}, not a file of texts", hint)
    visible = head[:_HEAD_OF_PAGE].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for beginning, what, hint in _PAGES:
        if visible.startswith(beginning):
            raise UserError(f"'{path}' is {what}, not a file of texts", hint)
    if any(head.startswith(mark) for mark, _ in MARKS):
        return
    if head.count(0) > _ZEROS * len(head):
        raise UserError(*_of_zeros(path, head))
    if any(escape in head for escape in _ISO_2022):
        raise UserError(f"'{path}' is not UTF-8, but seems to be ISO-2022", _conversion(path, "ISO-2022-JP"))


def _of_zeros(path: Path, head: bytes) -> tuple[str, str]:
    """Return what a file with many zero bytes is, and what helps."""
    quarters = [head[first::4].count(0) for first in range(4)]
    even, odd, most = quarters[0] + quarters[2], quarters[1] + quarters[3], len(head) / 2
    if min(quarters[1:]) > _ZEROS_OF_WIDE * most / 2 and quarters[0] == 0:
        return f"'{path}' is not UTF-8, but seems to be UTF-32", _conversion(path, "UTF-32LE")
    if min(quarters[:3]) > _ZEROS_OF_WIDE * most / 2 and quarters[3] == 0:
        return f"'{path}' is not UTF-8, but seems to be UTF-32", _conversion(path, "UTF-32BE")
    # Latin letters leave a zero in one half of each pair, and hardly any in the other.
    if min(even, odd) < _ZEROS_OF_NONE * max(even, odd):
        order = "LE" if odd >= even else "BE"
        what = f"'{path}' is not UTF-8: every other byte is zero, as in UTF-16"
        return what, _conversion(path, f"UTF-16{order}")
    end = len(head.rstrip(b"\0"))
    if 0 not in head[:end]:
        return f"'{path}' ends in zero bytes: it was not written whole", "copy it again"
    return f"'{path}' is full of zero bytes, as no text is", "name the file that the texts are in"


def _conversion(path: Path, encoding: str) -> str:
    converted = quote(f"{path.stem}-utf8{path.suffix}")
    return f"convert it: iconv -f {encoding} -t UTF-8 -- {quote(str(path))} > {converted}"


def lines(path: Path) -> Iterator[Line]:
    r"""Yield the lines of a text file, unpacked; ``UserError`` for a damaged one, or another encoding than UTF.

    Lines end as the file's first ones do: in ``\n``, or in ``\r`` where there is no other end.
    """
    size = path.stat().st_size
    with path.open("rb") as raw, _whole(path):
        stream = io.BufferedReader(cast("io.RawIOBase", _unpacked(raw)), _HEAD)
        head = stream.peek(_HEAD)
        codec = next((name for mark, name in MARKS if head.startswith(mark)), "")
        known = head.decode(codec or "utf-8", "replace")
        end = "\r" if "\r" in known and "\n" not in known else "\n"
        if codec in {"", "utf-8"} and end == "\n":
            for number, line in enumerate(stream, 1):
                content = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
                yield Line(number, _decoded(path, number, content), raw.tell() / size)
            return
        text = io.TextIOWrapper(stream, codec or "utf-8", newline=end)
        number = 0
        try:
            for number, said in enumerate(text, 1):
                own = said.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}") if number == 1 else said
                yield Line(number, own, raw.tell() / size)
        except UnicodeDecodeError as error:
            raise UserError(
                f"'{path}', line {number + 1}: not {(codec or 'utf-8').upper()} ({error.reason})",
                "it may be damaged: copy it again, or save it as UTF-8",
            ) from error


def _decoded(path: Path, number: int, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise wrong_encoding(path, number, content, error) from error


def _beginning(path: Path) -> bytes:
    """Return the first bytes of a file, unpacked."""
    with path.open("rb") as raw, _whole(path):
        unpacked = _unpacked(raw)
        head = bytes(unpacked.read(_HEAD))
    if unpacked is not raw and type_of(head) is not None:
        raise UserError(f"'{path}' is a packed file of columns", "unpack it: it is read in parts")
    if unpacked is not raw and any(head.startswith(beginning) for beginning in _PACKED):
        raise UserError(f"'{path}' is packed twice", "unpack it once")
    return head


def _unpacked(raw: IO[bytes]) -> IO[bytes]:
    """Return what a file holds, unpacked where its first bytes say that it is packed."""
    head = raw.read(8)
    raw.seek(0)
    for beginning, opener in _PACKED.items():
        if head.startswith(beginning):
            return opener(raw)
    return raw


def _arrow_stream(raw: IO[bytes], compression: str) -> IO[bytes]:
    return cast("IO[bytes]", pa.CompressedInputStream(pa.PythonFile(raw, "r"), compression))


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    """Turn what unpackers raise about a damaged file into a ``UserError``."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, lzma.LZMAError, pa.ArrowException, OSError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(f"'{path}' cannot be unpacked: {reason}", "it may be damaged: copy it again") from error


def _of_zip(path: Path) -> tuple[str, str]:
    """Return what a ZIP file is, and what helps."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        names = []
    for beginning, what, hint in _IN_ZIP:
        if any(name.startswith(beginning) for name in names):
            return f"'{path}' is {what}, not a file of texts", hint
    return f"'{path}' is a ZIP archive, not a file of texts", f"unpack it first: unzip -- {quote(str(path))}"
