"""Labels as CSV for spreadsheets, with a byte order mark, so that spreadsheets read it as UTF-8.

A spreadsheet runs a cell that begins like a formula. Text that begins so, or with an apostrophe, is written
with an apostrophe before it, which is taken off again on reading. Numbers stay numbers. On reading, the names of
our columns say what separates them.
"""

from __future__ import annotations

import csv
import re
from dataclasses import asdict
from functools import partial
from itertools import chain, islice
from typing import IO, TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.exchange.label_row import COLUMNS, named, refuse_doubled
from neurotui.exchange.read_row import NO_EXPORT
from neurotui.exchange.spec import FormatSpec
from neurotui.wording import short

if TYPE_CHECKING:
    from collections.abc import Iterable

    from neurotui.exchange.label_row import LabelRow
    from neurotui.exchange.spec import Read, Records

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_SEPARATORS = (",", ";", "\t", "|")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[,;\t]*', re.IGNORECASE)
_MARK = "\ufeff"
# The header is looked for in the first lines, and must have this many of our columns.
TITLES, FEWEST = 20, 2
_SHOWN = 60
# The largest cell that the module allows: texts in a journal may be of any length.
_LARGEST = 2**31 - 1


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


def read(file: IO[str], name: str) -> Records:
    """Yield the line number and the record of every line, or a ``UserError`` for a line that is no record.

    Titles and blank lines above the columns' names are passed over, and the names where they stand again, as in
    files that were joined.
    """
    yield from _read(frozenset(COLUMNS), FEWEST, file, name)


def read_columns(columns: frozenset[str]) -> Read:
    """Return what reads a file of other columns than ours, of which at least one is among `columns`."""
    return partial(_read, columns, 1)


def _read(columns: frozenset[str], fewest: int, file: IO[str], name: str) -> Records:
    above, header_line, separator = _beginning(file, name, columns, fewest)
    csv.field_size_limit(_LARGEST)
    reader = csv.reader(chain([header_line], file), delimiter=separator, strict=True)
    try:
        header = header_of(next(reader, []), name, columns)
        for cells in reader:
            if not any(cell.strip() for cell in cells) or [*map(named, cells)] == header:
                continue
            number = reader.line_num + above
            if len(cells) < len(header) or any(cell.strip() for cell in cells[len(header) :]):
                wrong = f"'{name}', line {number}: {len(cells)} cells below {len(header)} column names"
                yield number, UserError(wrong, "mend or remove that line")
                continue
            yield number, {key: text_of(cell) for key, cell in zip(header, cells, strict=False) if key}
    except csv.Error as error:
        number = reader.line_num + above
        raise UserError(f"'{name}', line {number}: not CSV ({error})", "mend that line") from error


def _beginning(file: IO[str], name: str, columns: frozenset[str], fewest: int) -> tuple[int, str, str]:
    """Read to the columns' names; return how many lines stand above them, their line, and what separates them."""
    separator, beginning = "", []
    for above, line in enumerate(islice(file, TITLES)):
        if said := _SEPARATOR_LINE.fullmatch(line.strip(f" \r\n{_MARK}")):
            separator = said[1]
            continue
        found = separator or max(_SEPARATORS, key=lambda one: _names_in(line, one, columns))
        if _names_in(line, found, columns) >= fewest:
            return above, line.removeprefix(_MARK), found
        beginning.append(line)
    if first := next((line.strip() for line in beginning if line.strip()), ""):
        raise UserError(
            f"'{name}' has no line with the names of its columns; it begins '{short(first, _SHOWN)}'", NO_EXPORT
        )
    raise UserError(f"'{name}' is empty", NO_EXPORT)


def _names_in(line: str, separator: str, columns: frozenset[str]) -> int:
    """Count the column names that a line contains."""
    return sum(named(cell) in columns for cell in line.split(separator))


def header_of(cells: list[str], name: str, columns: frozenset[str]) -> list[str]:
    """Return the columns' names; ``UserError`` if one of those to look for is there twice."""
    header = [named(cell) for cell in cells]
    refuse_doubled(header, name, columns)
    return header


def _cell(value: object) -> object:
    """Return a cell that no spreadsheet runs."""
    if isinstance(value, str):
        text = value.encode("utf-8", "replace").decode()
        return "'" + text if text.startswith(_RISKY) else text
    return "" if value is None else value


def text_of(cell: str) -> str:
    """Take off the apostrophe that `_cell` put before a risky text."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_RISKY) else cell


SPEC = FormatSpec(
    name="csv",
    suffixes=(".csv", ".tsv"),
    encoding="utf-8-sig",
    write=write,
    read=read,
    read_columns=read_columns,
)
