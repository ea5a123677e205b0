"""Read a data set, one document at a time, from JSON lines, CSV, Parquet or plain text.

Documents are streamed, never collected. Input that cannot be read raises an error that names its file and line.
"""

from __future__ import annotations

import csv
import glob
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from neurotui.errors import UserError

if TYPE_CHECKING:
    from neurotui.precompute.settings import PrecomputeSettings

_BOM = b"\xef\xbb\xbf"
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
_SHOWN_FIELDS = 12


class Document(NamedTuple):
    """One text of the data set, unchanged. ``read`` is the share of all files read so far, 0 to 1."""

    source_id: str
    body: str
    gold: list[str]
    read: float


class _Record(NamedTuple):
    """One entry of a file: its fields, the line where it ends, and the share of the file read so far."""

    fields: Mapping[str, object]
    line: int
    read: float


def files(sources: Sequence[str]) -> list[Path]:
    """Return the files that paths and globs stand for, each once, those of a glob sorted.

    Raise ``UserError`` for a source without a file, a folder, or an empty file.
    """
    found: dict[Path, None] = {}
    for source in sources:
        # Path.exists raises for a name that is too long, as a text given in a file's place is.
        there = os.path.exists(source)  # noqa: PTH110
        paths = [source] if there else sorted(glob.glob(source, recursive=True))  # noqa: PTH207 - absolute too
        if not paths:
            raise UserError(f"there is no file '{source}'", "check the path; a glob must match a file")
        for path in map(Path, paths):
            _refuse_unreadable(path)
            found[path] = None
    if not found:
        raise UserError("no texts are given", "name a file of texts: .jsonl, .csv, .parquet or .txt")
    return list(found)


def documents(paths: Sequence[Path], settings: PrecomputeSettings) -> Iterator[Document]:
    """Yield every document of the files, in order, blank ones too.

    Several text fields are joined by a newline. Raises ``UserError`` for what cannot be read, with file and line.
    """
    sizes = [path.stat().st_size for path in paths]
    before = 0
    for path, size in zip(paths, sizes, strict=True):
        seen_text = False
        for record in _records(path, settings):
            document = _document(path, record, settings)
            seen_text = seen_text or bool(document.body.strip())
            yield document._replace(read=(before + size * record.read) / sum(sizes))
        if not seen_text:
            raise UserError(f"'{path}' holds no text", "leave it out, or name the field of the text: --text-field")
        before += size


def mended(text: str) -> str:
    r"""Return `text` with lone surrogates, which JSON's ``\ud800`` lets in and UTF-8 cannot hold, as U+FFFD."""
    return text if text.isascii() else _LONE_SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)


def _refuse_unreadable(path: Path) -> None:
    if path.is_dir():
        raise UserError(f"'{path}' is a folder", f"name its files: '{path}/*.jsonl'")
    if path.exists() and not path.is_file():
        raise UserError(f"'{path}' is a pipe or a device", "write the texts to a file: they are read twice")
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise UserError(f"'{path}' is empty", "a data set holds at least one text")
    except OSError as error:
        raise UserError(f"'{path}' cannot be read: {error.strerror}", "make it readable") from error


def _records(path: Path, settings: PrecomputeSettings) -> Iterator[_Record]:
    match path.suffix.lower():
        case ".jsonl" | ".ndjson" | ".json":
            return _json_lines(path)
        case ".csv":
            return _table(path, ",")
        case ".tsv":
            return _table(path, "\t")
        case ".parquet":
            return _parquet(path, settings)
        case _:
            return _plain(path)


def _lines(path: Path) -> Iterator[tuple[int, str, float]]:
    """Yield a file's lines: number from 1, text with its end, share of the file read."""
    size = path.stat().st_size
    read = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            read += len(line)
            content = line.removeprefix(_BOM) if number == 1 else line
            try:
                yield number, content.decode("utf-8"), read / size
            except UnicodeDecodeError as error:
                converted = quote(f"{path.stem}-utf8{path.suffix}")
                raise UserError(
                    f"'{path}', line {number}: not UTF-8 (byte 0x{content[error.start]:02x})",
                    f"convert it: iconv -f WINDOWS-1252 -t UTF-8 -- {quote(str(path))} > {converted}",
                ) from error


def _json_lines(path: Path) -> Iterator[_Record]:
    for number, line, read in _lines(path):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except RecursionError as error:
            raise UserError(
                f"'{path}', line {number}: nested too deep", "a text is one flat object a line"
            ) from error
        except ValueError as error:
            raise UserError(f"'{path}', line {number}: not JSON ({error})", _one_object_a_line(path)) from error
        if not isinstance(fields, dict):
            raise UserError(f"'{path}', line {number}: not an object", _one_object_a_line(path))
        yield _Record(fields, number, read)


def _one_object_a_line(path: Path) -> str:
    lines = quote(f"{path.stem}.lines.jsonl")
    return f"write one object a line; for a list of them: jq -c '.[]' -- {quote(str(path))} > {lines}"


def _table(path: Path, delimiter: str) -> Iterator[_Record]:
    csv.field_size_limit(2**31 - 1)
    read = 0.0

    def lines() -> Iterator[str]:
        nonlocal read
        for _, line, read in _lines(path):  # noqa: B007 - told to the reader below
            yield line

    # Strict, or a quote that is never closed would make one text of the rest of the file.
    reader = csv.DictReader(lines(), delimiter=delimiter, restval="", strict=True)
    end = 0
    try:
        for row in reader:
            end = reader.line_num
            yield _Record({name: cell for name, cell in row.items() if name is not None}, end, read)
    except csv.Error as error:
        raise UserError(
            f"'{path}', line {end + 1}: {error}",
            "a cell with a separator, a quote or a line end needs quotes around it, and quotes in it doubled",
        ) from error


def _parquet(path: Path, settings: PrecomputeSettings) -> Iterator[_Record]:
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            wanted = {*settings.text_fields, settings.id_field or "id", *settings.gold_fields}
            rows, number = file.metadata.num_rows, 0
            _refuse_missing(path, 1, names, settings)
            for batch in file.iter_batches(1_024, columns=[name for name in names if name in wanted]):
                for fields in batch.to_pylist():
                    number += 1
                    yield _Record(fields, number, number / rows)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UserError(
            f"'{path}' cannot be read as Parquet: {str(error).splitlines()[0]}",
            "it may be damaged: copy it again",
        ) from error


def _plain(path: Path) -> Iterator[_Record]:
    for number, line, read in _lines(path):
        yield _Record({"text": line.rstrip("\r\n")}, number, read)


def _document(path: Path, record: _Record, settings: PrecomputeSettings) -> Document:
    _refuse_missing(path, record.line, record.fields, settings)
    parts = [_text(path, record, name) for name in settings.text_fields]
    gold = [label for name in settings.gold_fields for label in _labels(path, record, name)]
    return Document(_source_id(path, record, settings), mended("\n".join(filter(None, parts))), gold, record.read)


def _refuse_missing(
    path: Path, line: int, fields: Mapping[str, object] | Sequence[str], settings: PrecomputeSettings
) -> None:
    """Raise ``UserError`` unless every field that was asked for is there."""
    asked = {"--text-field": settings.text_fields, "--gold-field": settings.gold_fields}
    asked["--id-field"] = (settings.id_field,) if settings.id_field is not None else ()
    for option, names in asked.items():
        for name in names:
            if name not in fields:
                there = [f"'{field}'" for field in list(fields)[:_SHOWN_FIELDS]]
                raise UserError(
                    f"'{path}', line {line}: there is no field '{name}'",
                    f"the fields there are: {', '.join(there) or 'none'}; choose with {option}",
                )


def _text(path: Path, record: _Record, name: str) -> str:
    value = record.fields[name]
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UserError(
            f"'{path}', line {record.line}: field '{name}' is not text but {_kind(value)}",
            "choose the field that holds the text with --text-field",
        )
    return value


def _source_id(path: Path, record: _Record, settings: PrecomputeSettings) -> str:
    """Return the text's own id where it has one, else the file's name and the line."""
    value = record.fields.get(settings.id_field or "id")
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        return mended(f"{path.stem}:{record.line}")
    return mended(str(value))


def _labels(path: Path, record: _Record, name: str) -> list[str]:
    value = record.fields[name]
    if value is None or value == "":
        return []
    labels = value if isinstance(value, list) else [value]
    if not all(isinstance(label, str | int | float) for label in labels):
        raise UserError(
            f"'{path}', line {record.line}: field '{name}' is not a label but {_kind(value)}",
            "a gold field holds a text, a number or a list of texts",
        )
    return [mended(str(label)) for label in labels]


def _kind(value: object) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return type(value).__name__
