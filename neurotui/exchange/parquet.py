"""Labels as Parquet, for data frames: typed columns, null where there is nothing."""

from __future__ import annotations

from dataclasses import astuple, fields
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from neurotui.errors import UserError
from neurotui.exchange.label_row import LabelRow, refuse_doubled
from neurotui.exchange.spec import FormatSpec

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from neurotui.exchange.spec import Records

# How many records are in memory at once.
_ROWS = 10_000


def write(rows: Iterable[LabelRow], file: IO[bytes]) -> int:
    """Write records, a row each; return how many. Half a surrogate pair becomes a question mark."""
    import pyarrow as pa  # noqa: PLC0415 - slow to import, and text formats do without
    from pyarrow import parquet  # noqa: PLC0415

    schema, count, waiting = _schema(), 0, iter(rows)
    with parquet.ParquetWriter(file, schema) as writer:
        while block := list(islice(waiting, _ROWS)):
            columns = zip(*(map(_cell, astuple(row)) for row in block), strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema))
            count += len(block)
    return count


def read(file: IO[bytes], name: str) -> Records:
    """Yield each row's number and its record; ``UserError`` for what is not Parquet."""
    import pyarrow as pa  # noqa: PLC0415 - as above
    from pyarrow import parquet  # noqa: PLC0415

    before = 0
    try:
        with parquet.ParquetFile(file) as opened:
            refuse_doubled(opened.schema_arrow.names, name)
            for batch in opened.iter_batches(_ROWS):
                yield from enumerate(map(_readable, batch.to_pylist()), before + 1)
                before += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise UserError(f"'{name}' is not Parquet ({reason})", "name a file that neurotui export wrote") from error


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with text where older writers have its bytes."""
    return {
        key: value.decode("utf-8", "replace") if isinstance(value, bytes) else value for key, value in row.items()
    }


def _schema() -> pa.Schema:
    """Return the columns with their types, which are those of a record's fields."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    types = {"int": pa.int64(), "bool": pa.bool_(), "Side | None": pa.int64(), "float | None": pa.float64()}
    return pa.schema([(field.name, types.get(str(field.type), pa.string())) for field in fields(LabelRow)])


def _cell(value: object) -> object:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def begins(data: bytes) -> bool:
    """Return whether bytes begin as every Parquet file does."""
    return data.startswith(b"PAR1")


SPEC = FormatSpec(
    name="parquet", suffixes=(".parquet",), mode="binary", write=write, read=read, begins=begins, counts="row"
)
