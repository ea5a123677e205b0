"""Read CSV and TSV: a header that names columns, then a row a line, or over several lines in quotes."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from neurotui.errors import UserError
from neurotui.precompute.file_bytes import Line, lines
from neurotui.precompute.file_record import FileRecord, refuse_doubled

_DELIMITERS = (",", "\t", ";", "|")
_QUOTED = re.compile(r'"(?:[^"]|"")*"', re.DOTALL)
_NAMED = re.compile(r"sep=(.)\s*")
_QUOTES = "a cell with a separator, a quote or a line end needs quotes around it, and quotes in it doubled"


def rows(path: Path, delimiter: str, wanted: Sequence[str]) -> Iterator[FileRecord]:
    """Yield the rows of a table; `wanted` are the columns that are asked for.

    `delimiter` is what the file's name says; the header's own goes before it. Raises ``UserError`` for a wanted
    column that is there twice, and for cells that are not whole, with file and line.
    """
    csv.field_size_limit(2**31 - 1)
    found = lines(path)
    first = next((line for line in found if line.text.strip()), None)
    named = _NAMED.fullmatch(first.text) if first is not None else None
    if named:
        delimiter, first = named[1], next(found, None)
    if first is None:
        return
    if not named:
        delimiter = _delimiter_of(first.text, delimiter, wanted)
    header = [name.strip() for name in _parsed(path, first.number, first.text, delimiter)]
    refuse_doubled(f"'{path}', line {first.number}", header, wanted, "columns")
    divided = _tabbed(path, found, len(header)) if delimiter == "\t" else _commas(path, found, delimiter)
    for cells, line, read in divided:
        if cells:
            more = [""] * (len(header) - len(cells))
            yield FileRecord(dict(zip(header, [*cells, *more], strict=False)), line, read, cells=True)


def names_columns(path: Path, wanted: Sequence[str]) -> bool:
    """Say whether a text file begins with the names of the wanted columns, with tabs between them."""
    first = next(lines(path), None)
    return first is not None and "\t" in first.text and _names(first.text, "\t") >= {*wanted}


def _names(header: str, delimiter: str) -> set[str]:
    return {name.strip().strip('"') for name in header.split(delimiter)}


def _delimiter_of(header: str, usual: str, wanted: Sequence[str]) -> str:
    """Return what divides a header: something else than usual if only that gives what is asked for."""
    for delimiter in (usual, *_DELIMITERS):
        if _names(header, delimiter) >= {*wanted}:
            return delimiter
    return usual


def _commas(path: Path, found: Iterator[Line], delimiter: str) -> Iterator[tuple[list[str], int, float]]:
    last = Line(1, "", 0.0)

    def texts() -> Iterator[str]:
        nonlocal last
        for last in found:
            yield last.text

    begin = 2
    # Strict, or a quote that is never closed would make one text of the rest of the file.
    reader = csv.reader(texts(), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield cells, last.number, last.read
            begin = last.number + 1
    except csv.Error as error:
        raise UserError(f"'{path}', line {begin}: {error}", _QUOTES) from error


def _tabbed(path: Path, found: Iterator[Line], width: int) -> Iterator[tuple[list[str], int, float]]:
    """Yield the rows of a TSV. A line with a cell for every column is a row, whatever quotes stand in it.

    Programs that follow CSV's rules put quotes around cells with tabs, quotes or line ends: such cells are taken
    out of their quotes, and a row that is not whole goes on in the next line.
    """
    ahead = next(found, None)
    while ahead is not None:
        line, ahead = ahead, next(found, None)
        text = line.text.rstrip("\r\n")
        cells = text.split("\t")
        if len(cells) == width and not (_opens(cells[-1]) and _goes_on(ahead, width)):
            yield [_unquoted(cell) for cell in cells], line.number, line.read
            continue
        if '"' not in text:
            yield (cells if text else []), line.number, line.read
            continue
        whole, begin = [line.text], line.number
        # Counted line by line: a quote that is never closed may take in the whole file.
        quotes = line.text.count('"')
        while quotes % 2:
            if ahead is None:
                raise UserError(f"'{path}', line {begin}: a quote that is opened there is never closed", _QUOTES)
            whole.append(ahead.text)
            quotes += ahead.text.count('"')
            line, ahead = ahead, next(found, None)
        yield _parsed(path, begin, "".join(whole), "\t"), line.number, line.read


def _goes_on(following: Line | None, width: int) -> bool:
    """Say whether the next line is no row of its own."""
    return following is not None and following.text.count("\t") + 1 != width


def _opens(cell: str) -> bool:
    return cell.startswith('"') and not _QUOTED.fullmatch(cell)


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if len(cell) > 1 and _QUOTED.fullmatch(cell) else cell


def _parsed(path: Path, line: int, text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise UserError(f"'{path}', line {line}: {error}", _QUOTES) from error
