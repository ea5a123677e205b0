"""What is wrong with a run's tables: where they contradict each other, or hold what cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from neurotui.pooling import POOLINGS
from neurotui.store.describers import LONGEST_NAME
from neurotui.store.migrations import DESCRIBER_TABLES, WINDOW_TABLES
from neurotui.types import EXEMPLAR_KINDS

if TYPE_CHECKING:
    from neurotui.store.reader import Reader

CONTRADICTED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, MemoryError)
"""What Python raises where a program trips over contents that cannot be."""

_MAY_BE_EMPTY = {("phrases", "descriptor_id")}


class TableFault(NamedTuple):
    """What does not add up: the table, what is wrong with it, and in how many rows."""

    table: str
    wrong: str
    rows: int


def table_faults(reader: Reader) -> list[TableFault]:
    """Return where the tables do not add up. Where values are missing, nothing else is looked at."""
    missing = [
        TableFault(table, f"no value of '{column}'", rows - filled)
        for table, column, rows, filled in _filled(reader)
        if filled < rows and (table, column) not in _MAY_BE_EMPTY
    ]
    missing += [TableFault(*row) for row in reader.rows("lists_with_gaps")]
    if missing:
        return missing
    known = {"poolings": list(POOLINGS), "kinds": list(EXEMPLAR_KINDS)}
    found = [TableFault(*row) for row in reader.rows("table_faults", **known)]
    there = {table for table, _ in reader.rows("tables", database="run")}
    tables = ["matches"]
    if there >= WINDOW_TABLES:
        found += [TableFault(*row) for row in reader.rows("window_faults")]
    if there >= DESCRIBER_TABLES:
        found += [TableFault(*row) for row in reader.rows("describer_faults", longest=LONGEST_NAME)]
        tables.append("described_by")
    for table in tables:
        found += [TableFault(table, *row) for row in reader.rows("match_faults", table=f"run.{table}")]
    return sorted(found)


def _filled(reader: Reader) -> Iterator[tuple[str, str, int, int]]:
    """Yield each column of each table, with the number of rows and of those that have a value."""
    for table, _ in reader.rows("tables", database="run"):
        counts = {name: int(column[0]) for name, column in reader.columns("filled", table=f"run.{table}").items()}
        rows = counts.pop("all rows")
        yield from ((table, column, rows, filled) for column, filled in counts.items())


def blame(reader: Reader, error: BaseException | None) -> None:
    """Raise a ``UserError`` that names what the tables contradict each other in, if a program tripped over that.

    Where they add up, nothing is raised: the error is then a fault of ours.
    """
    if isinstance(error, CONTRADICTED) and (found := table_faults(reader)):
        raise reader.spoiled("; ".join(f"{one.table}: {one.wrong}" for one in found[:3])) from error


@contextmanager
def blaming(reader: Reader) -> Iterator[None]:
    """Blame the tables for what a program trips over within (see `blame`); other errors stay as they are."""
    try:
        yield
    except CONTRADICTED as error:
        blame(reader, error)
        raise
