"""Labels as CSV for spreadsheets, in UTF-8.

A spreadsheet runs a cell that begins like a formula. Text that begins so, or with an apostrophe, is written
with an apostrophe before it, which is taken off again on reading. Numbers stay numbers.
"""

from __future__ import annotations

import csv
import re
from dataclasses import asdict
from typing import IO, TYPE_CHECKING, Any

from neurotui.errors import UserError
from neurotui.exchange.record import COLUMNS
from neurotui.exchange.spec import FormatSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from neurotui.exchange.record import LabelRow

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_NUMBER = re.compile(r"-?\d+", re.ASCII)
_NUMBERS = {"layer", "unit", "history", "side"}


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
    reader = csv.reader(file, strict=True)
    try:
        header = next(reader, [])
        for cells in reader:
            if len(cells) != len(header):
                raise UserError(
                    f"'{name}', line {reader.line_num}: {len(cells)} cells below {len(header)} column names",
                    "mend or remove that line",
                )
            record: dict[str, Any] = {key: _text(cell) for key, cell in zip(header, cells, strict=True)}
            for key in _NUMBERS & record.keys():
                cell = str(record[key])
                record[key] = int(cell) if _NUMBER.fullmatch(cell) else cell
            yield reader.line_num, record
    except csv.Error as error:
        raise UserError(f"'{name}', line {reader.line_num}: not CSV ({error})", "mend that line") from error


def _cell(value: object) -> object:
    """Return a cell that no spreadsheet runs."""
    if isinstance(value, str):
        text = value.encode("utf-8", "replace").decode()
        return "'" + text if text.startswith(_RISKY) else text
    return "" if value is None else value


def _text(cell: str) -> str:
    """Take off the apostrophe that `_cell` put before a risky text."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_RISKY) else cell


SPEC = FormatSpec(name="csv", suffixes=(".csv",), write=write, read=read)
