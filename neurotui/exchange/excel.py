"""Labels in an Excel workbook: read row by row, as the values that the sheet shows; nothing in it is ever run.

Columns are found by their names as in CSV. A cell with a formula has the value that was worked out when the
workbook was saved, and nothing if none was; of merged cells the first has the value. An error in a column that
counts is told.
"""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from functools import partial
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from neurotui.errors import UserError
from neurotui.exchange.csv import FEWEST, TITLES, header_of, text_of
from neurotui.exchange.label_row import COLUMNS, named
from neurotui.exchange.read_row import NO_EXPORT, NoValue
from neurotui.exchange.spec import FormatSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from neurotui.exchange.spec import Read, Records

_BEGINS = b"PK\x03\x04"
# The largest unpacked workbook; a million rows take less.
_MOST_BYTES = 512 * 2**20
_AS_CSV = "save the sheet as CSV, in the program that made it, and name that file"
# "#N/A" is none of them: it stands for nothing in most columns.
_ERRORS = frozenset(
    {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#GETTING_DATA", "#SPILL!"}
    | {"#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!", "#BUSY!", "#PYTHON!", "#EXTERNAL!"}
)
# What the library raises for a damaged workbook, or for something that only begins like one.
_DAMAGED = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)

Cells = tuple[Any, ...]


def read(file: IO[bytes], name: str) -> Records:
    """Yield the row number and the record of every row below the columns' names; an error in its place.

    ``UserError`` for what is no workbook, for one without our columns, and for one with them on several sheets.
    """
    yield from _read(frozenset(COLUMNS), FEWEST, file, name)


def read_columns(columns: frozenset[str]) -> Read:
    """Return what reads a sheet of other columns than ours, of which at least one is among `columns`."""
    return partial(_read, columns, 1)


def begins(data: bytes) -> bool:
    """Return whether bytes are a workbook; of a file's first part that cannot be told, but for its name."""
    if not data.startswith(_BEGINS):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return "xl/workbook.xml" in packed.namelist()
    except _DAMAGED:
        return False


def _read(columns: frozenset[str], fewest: int, file: IO[bytes], name: str) -> Records:
    try:
        with warnings.catch_warnings():
            # The library warns of parts that it ignores; none of them holds labels.
            warnings.simplefilter("ignore")
            yield from _records(columns, fewest, file, name)
    except _DAMAGED as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise UserError(f"'{name}' is no Excel workbook that can be read ({reason})", _AS_CSV) from error


def _records(columns: frozenset[str], fewest: int, file: IO[bytes], name: str) -> Records:
    sheets = {title: _below_names(rows, columns, fewest, name) for title, rows in _sheets(file, name)}
    found = {title: table for title, table in sheets.items() if table is not None}
    if not found:
        raise UserError(f"'{name}' has no row with the names of its columns", NO_EXPORT)
    if len(found) > 1:
        titles = " and ".join(f"'{title}'" for title in islice(found, 2))
        raise UserError(f"'{name}' has labels on {len(found)} sheets, {titles}", _AS_CSV)
    header, rows = next(iter(found.values()))
    for number, cells in rows:
        if not any(map(_is_there, cells)) or [named(str(cell)) for cell in cells if cell is not None] == header:
            continue
        if any(map(_is_there, cells[len(header) :])):
            wrong = f"'{name}', row {number}: {len(cells)} cells below {len(header)} column names"
            yield number, UserError(wrong, "mend or remove that row")
            continue
        record = {key: _value(cell) for key, cell in zip(header, cells, strict=False) if key}
        wrong = next((key for key, cell in record.items() if key in columns and cell in _ERRORS), "")
        if wrong:
            told = f"'{name}', row {number}: the cell below '{wrong}' is an error, {record[wrong]}"
            yield number, UserError(told, "mend or remove that row")
        else:
            yield number, record


def _sheets(file: IO[bytes], name: str) -> Iterator[tuple[str, Iterator[tuple[int, Cells]]]]:
    """Yield the title of each visible sheet and its numbered rows."""
    try:
        import openpyxl  # noqa: PLC0415 - an extra, and other formats do without
    except ImportError as error:
        hint = f"pip install 'neurotui[excel]', or {_AS_CSV}"
        raise UserError(f"'{name}' is an Excel workbook: reading one takes openpyxl", hint) from error
    with zipfile.ZipFile(file) as packed:
        if sum(part.file_size for part in packed.infolist()) > _MOST_BYTES:
            raise UserError(f"'{name}' is too large a workbook", _AS_CSV)
    file.seek(0)
    workbook = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    for sheet in workbook.worksheets:
        if sheet.sheet_state == "visible":
            # A sheet may state a wrong size, and reading would stop there.
            sheet.reset_dimensions()
            yield sheet.title, enumerate(sheet.iter_rows(values_only=True), 1)


def _below_names(
    rows: Iterator[tuple[int, Cells]], columns: frozenset[str], fewest: int, name: str
) -> tuple[list[str], Iterable[tuple[int, Cells]]] | None:
    """Return the columns' names, and the rows below them; None for a sheet without them."""
    for _, cells in islice(rows, TITLES):
        titles = [str(cell) if cell is not None else "" for cell in cells]
        if sum(named(title) in columns for title in titles) >= fewest:
            return header_of([*titles[: _length(titles)]], name, columns), rows
    return None


def _length(titles: list[str]) -> int:
    """Return how many columns there are up to the last that has a name."""
    return max((place for place, title in enumerate(titles, 1) if title.strip()), default=0)


def _is_there(cell: object) -> bool:
    return cell is not None and bool(str(cell).strip())


def _value(cell: object) -> object:
    """Return a cell as other tables have it: numbers without a fraction whole."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if cell == "#N/A":
        return NoValue(cell)
    return text_of(cell) if isinstance(cell, str) else cell


SPEC = FormatSpec(
    name="excel",
    suffixes=(".xlsx", ".xlsm"),
    mode="binary",
    read=read,
    read_columns=read_columns,
    begins=begins,
    counts="row",
)
