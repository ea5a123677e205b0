"""Labels as CSV for spreadsheets, in UTF-8 with a byte order mark, by which they know it.

A spreadsheet runs a cell that begins like a formula. Text that begins so, or with an apostrophe, is written
with an apostrophe before it, which is taken off again on reading. Numbers stay numbers. On reading, the names of
our columns say what separates them.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import asdict
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

from neurotui.errors import UserError
from neurotui.exchange.record import COLUMNS
from neurotui.exchange.spec import FormatSpec
from neurotui.spelling import compared

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from neurotui.exchange.record import LabelRow

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_SEPARATORS = (",", ";", "\t", "|")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[,;\t]*', re.IGNORECASE)
_MARK = "\ufeff"


def write(rows: Iterable[LabelRow], file: IO[str]) -> int:
    """Write a header and one line a record; return how many. Nothing is an empty cell.

    The file must have been opened with ``newline=""``. Half a surrogate pair becomes a question mark.
    """
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    count = 0
    for row in rows:
        writer.writerow([_cell(value) for value in asdict(row).values()])
        count += 1
    return count


def read(file: IO[str], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the line number and the record of every line; ``UserError`` for a line that is no record."""
    first = file.readline().removeprefix(_MARK)
    said = _SEPARATOR_LINE.fullmatch(first.strip(" \r\n"))
    above = 1 if said else 0
    header_line = file.readline() if said else first
    separator = said[1] if said else _separator_of(header_line)
    reader = csv.reader(chain([header_line], file), delimiter=separator, strict=True)
    try:
        header = _header(next(reader, []), name)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            number = reader.line_num + above
            if len(cells) < len(header) or any(cell.strip() for cell in cells[len(header) :]):
                raise UserError(
                    f"'{name}', line {number}: {len(cells)} cells below {len(header)} column names",
                    "mend or remove that line",
                )
            yield number, {key: _text(cell) for key, cell in zip(header, cells, strict=False) if key}
    except csv.Error as error:
        number = reader.line_num + above
        raise UserError(f"'{name}', line {number}: not CSV ({error})", "mend that line") from error


def _separator_of(header: str) -> str:
    """Return what stands between the most names of our columns."""
    return max(_SEPARATORS, key=lambda one: sum(map(_is_ours, header.split(one))))


def _is_ours(cell: str) -> bool:
    return _named(cell) in COLUMNS


def _named(cell: str) -> str:
    """Return a column's name as ours are written: in small letters, with no blanks."""
    return compared(cell.strip().strip('"')).replace(" ", "_")


def _header(cells: list[str], name: str) -> list[str]:
    """Return the columns' names; ``UserError`` if one of ours is there twice."""
    header = [_named(cell) for cell in cells]
    for column, count in Counter(header).items():
        if count > 1 and column in COLUMNS:
            raise UserError(f"'{name}' has {count} columns '{column}'", "rename or remove the others")
    return header


def _cell(value: object) -> object:
    """Return a cell that no spreadsheet runs."""
    if isinstance(value, str):
        text = value.encode("utf-8", "replace").decode()
        return "'" + text if text.startswith(_RISKY) else text
    return "" if value is None else value


def _text(cell: str) -> str:
    """Take off the apostrophe that `_cell` put before a risky text."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_RISKY) else cell


SPEC = FormatSpec(name="csv", suffixes=(".csv", ".tsv"), encoding="utf-8-sig", write=write, read=read)
