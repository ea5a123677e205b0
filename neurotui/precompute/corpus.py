"""Read a data set, one document at a time, from files of the types in ``file_types.py``.

Documents are streamed, never collected. Input that cannot be read raises an error that names its file and line.
"""

from __future__ import annotations

import glob
import math
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from neurotui.errors import UserError
from neurotui.precompute.file_readers import records
from neurotui.precompute.file_record import MISSING, FileRecord, Several, field_names, value_of
from neurotui.precompute.file_types import usual_suffixes
from neurotui.precompute.json_shape import hint_for
from neurotui.store.fetched_files import fetched_files
from neurotui.types import no_progress

if TYPE_CHECKING:
    from neurotui.precompute.settings import PrecomputeSettings
    from neurotui.types import Progress

_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
# What pandas writes where there is no value, in tables and where it makes text of everything.
_NO_VALUE = {"nan", "<na>"}
_WHOLE_NUMBER = re.compile(r"-?\d+\.0+", re.ASCII)


class Document(NamedTuple):
    """One text of the data set, unchanged. ``read`` is the share of all files read so far, 0 to 1."""

    source_id: str
    body: str
    gold: list[str]
    read: float


def files(sources: Sequence[str], progress: Progress = no_progress) -> list[Path]:
    """Return the files named by paths, URLs and globs, without duplicates; the files of a glob are sorted.

    What URLs name is fetched, unless it was before. Raise ``UserError`` for a source without a file, a folder, or
    an empty file. Stage: fetching (kB).
    """
    fetched = fetched_files(sources, progress)
    found: dict[Path, None] = {}
    for source in sources:
        for path in fetched.get(source) or _here(source):
            _refuse_unreadable(path)
            found[path] = None
    if not found:
        raise UserError("no texts are given", f"name a file of texts: {usual_suffixes()}")
    return list(found)


def _here(source: str) -> list[Path]:
    # Path.exists raises for a name that is too long, as a text given in a file's place is.
    there = os.path.exists(source)  # noqa: PTH110
    paths = [source] if there else sorted(glob.glob(source, recursive=True))  # noqa: PTH207 - absolute too
    if not paths:
        raise UserError(f"there is no file '{source}'", "check the path; a glob must match a file")
    return [*map(Path, paths)]


def documents(paths: Sequence[Path], settings: PrecomputeSettings) -> Iterator[Document]:
    """Yield every document of the files, in order, blank ones too.

    Several text fields are joined by a newline. Raises ``UserError`` for what cannot be read, with file and line.
    """
    sizes = [path.stat().st_size for path in paths]
    before = 0
    for path, size, name in zip(paths, sizes, _names(paths), strict=True):
        seen_text = False
        for record in records(path, settings):
            document = _document(path, name, record, settings)
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
        suffixes = Counter(file.suffix for file in path.iterdir() if file.is_file())
        suffix = suffixes.most_common(1)[0][0] if suffixes else ".jsonl"
        raise UserError(f"'{path}' is a folder", f"name its files: '{path}/*{suffix}'")
    if path.exists() and not path.is_file():
        raise UserError(f"'{path}' is a pipe or a device", "write the texts to a file: they are read twice")
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise UserError(f"'{path}' is empty", "a data set holds at least one text")
    except OSError as error:
        raise UserError(f"'{path}' cannot be read: {error.strerror}", "make it readable") from error


def _names(paths: Sequence[Path]) -> list[str]:
    """Return each file's name without its suffix, with as many of its folders as tell it from the others."""
    names = [path.stem for path in paths]
    for depth in range(1, max(len(path.parts) for path in paths)):
        number = Counter(names)
        if len(number) == len(paths):
            break
        names = [
            "/".join([*path.parts[-1 - depth : -1], path.name]) if number[name] > 1 else name
            for name, path in zip(names, paths, strict=True)
        ]
    return names


def _document(path: Path, name: str, record: FileRecord, settings: PrecomputeSettings) -> Document:
    parts = [_text(path, record, field) for field in settings.text_fields]
    gold = [label for field in settings.gold_fields for label in _labels(path, record, field)]
    source_id = _source_id(path, name, record, settings)
    return Document(source_id, mended("\n".join(filter(None, parts))), gold, record.read)


def _field(path: Path, record: FileRecord, name: str, option: str) -> object:
    """Return a field's value; ``UserError`` where it is not there."""
    value = value_of(record.fields, name)
    if value is MISSING:
        there = [f"'{field}'" for field in field_names(record.fields)]
        hint = f"the fields there are: {', '.join(there) or 'none'}; choose with {option}"
        if record.cells:
            hint += "; the first line of a table names its columns"
        raise UserError(
            f"'{path}', line {record.line}: there is no field '{name}'", _one_document(path, record) or hint
        )
    return value


def _one_document(path: Path, record: FileRecord) -> str:
    """Return what makes JSON lines of a file whose one line holds all the texts; "" for any other file."""
    inside = [value for value in record.fields.values() if isinstance(value, list | Mapping) and value]
    if path.suffix.lower() != ".json" or record.line != 1 or record.read < 1 or not inside:
        return ""
    return hint_for(path, record.fields)


def _text(path: Path, record: FileRecord, name: str) -> str:
    value = _field(path, record, name, "--text-field")
    if isinstance(value, Several):
        return "\n".join(filter(None, (_said(path, record, name, one) for one in value.values)))
    return _said(path, record, name, value)


def _said(path: Path, record: FileRecord, name: str, value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bytes):
        # Programs older than Parquet's type for text keep text as bytes.
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            pass
    if not isinstance(value, str):
        inner = value[0] if isinstance(value, list) and value else value
        inside = [f"'{name}.{field}'" for field in field_names(inner)] if isinstance(inner, Mapping) else []
        raise UserError(
            f"'{path}', line {record.line}: field '{name}' is not text but {_kind(value)}",
            _one_document(path, record)
            or (
                f"what is inside of it is named with a dot: {', '.join(inside)}; choose with --text-field"
                if inside
                else "choose the field that holds the text with --text-field"
            ),
        )
    return value


def _source_id(path: Path, name: str, record: FileRecord, settings: PrecomputeSettings) -> str:
    """Return the text's own id where it has one, else the file's name and the line."""
    if settings.id_field is None:
        value = value_of(record.fields, "id")
    else:
        value = _field(path, record, settings.id_field, "--id-field")
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "" or value != value:  # noqa: PLR0124 - NaN
        return mended(f"{name}:{record.line}")
    return mended(str(value))


def _labels(path: Path, record: FileRecord, name: str) -> list[str]:
    value = _field(path, record, name, "--gold-field")
    if isinstance(value, Several):
        labels = [part for one in value.values for part in (one if isinstance(one, list) else [one])]
    else:
        labels = value if isinstance(value, list) else [value]
    names = record.names.get(name, ())
    return [mended(label) for one in labels if (label := _label(path, record, name, one, names))]


def _label(path: Path, record: FileRecord, name: str, value: object, names: Sequence[str]) -> str:
    """Return one label as text, "" for none: equal numbers are one label, and what is no number is none."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    match value:
        case None:
            return ""
        case bool() | date():
            return str(value)
        case int() | float() if names and value == value // 1:
            # -1 says that nobody has labelled the text; pandas makes fractions of numbers where one is missing.
            return names[int(value)] if 0 <= value < len(names) else ""
        case int() | float() | Decimal():
            return _number(value)
        case str() if value.strip().casefold() in _NO_VALUE:
            return ""
        case str():
            return _cell(value.strip()) if record.cells else value.strip()
    raise UserError(
        f"'{path}', line {record.line}: field '{name}' is not a label but {_kind(value)}",
        "a gold field holds a text, a number, a date or a list of them",
    )


def _number(value: float | Decimal) -> str:
    if math.isnan(value):
        return ""
    return str(int(value)) if math.isfinite(value) and value == int(value) else str(value)


def _cell(said: str) -> str:
    """Return a label that a table holds: numbers are text there."""
    return said.partition(".")[0] if _WHOLE_NUMBER.fullmatch(said) else said


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
