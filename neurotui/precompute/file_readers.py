"""Read the entries of a file, one at a time, of any of the types in ``file_types.py``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from neurotui.errors import UserError
from neurotui.precompute.delimited import names_columns, rows
from neurotui.precompute.file_bytes import file_type, lines
from neurotui.precompute.file_record import FileRecord, refuse_doubled
from neurotui.precompute.json_shape import not_lines

if TYPE_CHECKING:
    from neurotui.precompute.settings import PrecomputeSettings

_AT_ONCE = 1_024


def records(path: Path, settings: PrecomputeSettings) -> Iterator[FileRecord]:
    """Yield the entries of a file; ``UserError`` for one that cannot be read, with its line."""
    return READERS[file_type(path).name](path, settings)


def _wanted(settings: PrecomputeSettings) -> tuple[str, ...]:
    """Return the fields that are asked for, with the one that a text's own id usually has."""
    return (*settings.text_fields, *settings.gold_fields, settings.id_field or "id")


def _table(path: Path, settings: PrecomputeSettings, delimiter: str) -> Iterator[FileRecord]:
    wanted = _wanted(settings)
    return rows(path, delimiter, wanted if settings.id_field else wanted[:-1])


def _plain(path: Path, settings: PrecomputeSettings) -> Iterator[FileRecord]:
    """Return a text a line; the rows of a table where the first line names the columns, with tabs between them."""
    if names_columns(path, settings.text_fields):
        return _table(path, settings, "\t")
    return (FileRecord({"text": line.rstrip("\r\n")}, number, read) for number, line, read in lines(path))


def _json_lines(path: Path, settings: PrecomputeSettings) -> Iterator[FileRecord]:
    where, wanted = f"'{path}'", _wanted(settings)
    doubled: list[list[str]] = []

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        fields = dict(pairs)
        if len(fields) < len(pairs):
            doubled.append([name for name, _ in pairs])
        return fields

    parts = {part for name in wanted for part in (name, *name.split("."))}
    for number, line, read in lines(path):
        if not line.strip():
            continue
        try:
            fields = json.loads(line, object_pairs_hook=once)
        except RecursionError as error:
            raise UserError(
                f"{where}, line {number}: nested too deep", "a text is one flat object a line"
            ) from error
        except ValueError as error:
            if not isinstance(error, json.JSONDecodeError):
                raise UserError(
                    f"{where}, line {number}: a number of too many digits", "write it as text"
                ) from error
            raise not_lines(path, number, f"not JSON ({error})") from error
        if not isinstance(fields, dict):
            raise not_lines(path, number, "not an object", fields)
        for names in doubled:
            refuse_doubled(f"{where}, line {number}", names, parts, "fields")
        doubled.clear()
        yield FileRecord(fields, number, read)


def _parquet(path: Path, settings: PrecomputeSettings) -> Iterator[FileRecord]:
    wanted = _wanted(settings)
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            refuse_doubled(f"'{path}'", names, wanted, "columns")
            # A column with a dot in its name is told from a field inside of one only where all are read.
            dotted = any("." in name for name in names)
            chosen = None if dotted else [name for name in names if _is_wanted(name, wanted)]
            batches = file.iter_batches(_AT_ONCE, columns=chosen)
            yield from _of_batches(batches, file.metadata.num_rows, file.schema_arrow, wanted)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(path, "Parquet", error) from error


def _arrow(path: Path, settings: PrecomputeSettings) -> Iterator[FileRecord]:
    """Yield the rows of an Arrow file or stream, as ``datasets`` keeps its own."""
    wanted = _wanted(settings)
    try:
        with path.open("rb") as stream:
            is_file = stream.read(6) == b"ARROW1"
        with pa.OSFile(str(path)) as source:
            if is_file:
                reader: Any = pa.ipc.open_file(source)
                batches = (reader.get_batch(number) for number in range(reader.num_record_batches))
                total = sum(reader.get_batch(number).num_rows for number in range(reader.num_record_batches))
            else:
                reader = pa.ipc.open_stream(source)
                batches, total = iter(reader), 0
            refuse_doubled(f"'{path}'", reader.schema.names, wanted, "columns")
            yield from _of_batches(batches, total, reader.schema, wanted)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(path, "Arrow", error) from error


def _of_batches(
    batches: Iterator[pa.RecordBatch], total: int, schema: pa.Schema, wanted: Sequence[str]
) -> Iterator[FileRecord]:
    """Yield the rows of some batches; a total of 0 is not known."""
    names = _class_names(schema)
    number = 0
    for batch in batches:
        columns = [name for name in batch.schema.names if _is_wanted(name, wanted)]
        values = {name: batch.column(name).to_pylist() for name in columns}
        others = dict.fromkeys(name for name in schema.names if name not in values)
        for row in range(batch.num_rows):
            number += 1
            fields = {name: column[row] for name, column in values.items()}
            # What is not asked for is named in errors alone.
            yield FileRecord(
                {**fields, **others} if number == 1 else fields, number, number / (total or number), names=names
            )


def _is_wanted(name: str, wanted: Sequence[str]) -> bool:
    return any(one == name or one.startswith(f"{name}.") for one in wanted)


def _class_names(schema: pa.Schema) -> dict[str, Sequence[str]]:
    """Return the names of the classes that numbers stand for, by column, as ``datasets`` writes them down."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError):
        return {}
    found: dict[str, Sequence[str]] = {}
    for name, feature in features.items() if isinstance(features, Mapping) else ():
        _add_class_names(feature, name, found)
    return found


def _add_class_names(feature: object, name: str, found: dict[str, Sequence[str]]) -> None:
    """Add the classes of a feature, and of what is inside it, which is named by dots."""
    if isinstance(feature, list):
        for inner in feature[:1]:
            _add_class_names(inner, name, found)
    elif isinstance(feature, Mapping):
        kind = feature.get("_type")
        if isinstance(feature.get("names"), list) and kind in {None, "ClassLabel"}:
            found[name] = [str(one) for one in feature["names"]]
        elif "feature" in feature and isinstance(kind, str):
            _add_class_names(feature["feature"], name, found)
        else:
            for part, inner in feature.items():
                _add_class_names(inner, f"{name}.{part}", found)


def _damaged(path: Path, kind: str, error: Exception) -> UserError:
    reason = (str(error) or type(error).__name__).splitlines()[0]
    return UserError(f"'{path}' cannot be read as {kind}: {reason}", "it may be damaged: copy it again")


READERS: dict[str, Callable[[Path, PrecomputeSettings], Iterator[FileRecord]]] = {
    "JSONL": _json_lines,
    "CSV": partial(_table, delimiter=","),
    "TSV": partial(_table, delimiter="\t"),
    "Parquet": _parquet,
    "Arrow": _arrow,
    "plain text": _plain,
}
"""What yields the entries of a file of each of the ``FILE_TYPES``; a wanted column may be there once only."""
