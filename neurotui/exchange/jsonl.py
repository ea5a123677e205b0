"""Labels as JSON Lines: one object a line, in UTF-8."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from neurotui.errors import UserError
from neurotui.exchange.label_row import refuse_doubled
from neurotui.exchange.spec import FormatSpec
from neurotui.precompute.json_shape import hint_for, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from neurotui.exchange.label_row import LabelRow
    from neurotui.exchange.spec import Records

# Bytes in which an object or a list begins: a mark of the encoding and empty lines may come before it.
_BEGINNING = 64
# White space, and what a crash or an editor leaves around a line.
_AROUND = " \t\r\n\0\ufeff"
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")

_MEND = "mend or remove that line"


def write(rows: Iterable[LabelRow], file: IO[str]) -> int:
    """Write records to a text file; return how many. Half a surrogate pair, which UTF-8 lacks, is escaped."""
    count = 0
    for row in rows:
        line = json.dumps(asdict(row), ensure_ascii=False)
        file.write((line if _encodable(line) else json.dumps(asdict(row))) + "\n")
        count += 1
    return count


def read(file: IO[str], name: str) -> Records:
    """Yield the line number and the record of every line, or a ``UserError`` for a line that is no record.

    One list of records, as data frames write it, is read too: the number is then the record's. Any other single
    document is refused as a whole.
    """
    first = next((line for line in file if line.strip()), "")
    file.seek(0)
    if first.strip(_AROUND) == "{":
        _refuse_one_object(file.read(), name)
        file.seek(0)
    if first.lstrip().startswith("["):
        yield from _listed(file.read(), name)
        return
    for number, line in enumerate(file, 1):
        if not line.strip(_AROUND):
            continue
        try:
            record = _decoded(line, name)
        except (ValueError, RecursionError):
            yield number, UserError(f"'{name}', line {number}: not JSON{_why(line)}", _MEND)
            continue
        yield number, _record(record, f"'{name}', line {number}")


def begins(data: bytes) -> bool:
    """Return whether bytes begin with an object or a list, in UTF-8, UTF-16 or UTF-32, or are nothing at all."""
    first = data[:_BEGINNING].translate(None, b"\0\xef\xbb\xbf\xff\xfe \t\r\n")
    return first.startswith((b"{", b"[")) or not data.strip()


def _listed(text: str, name: str) -> Records:
    try:
        records = _decoded(text, name)
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"'{name}' begins as a JSON list and is none", "export it again, one object a line"
        ) from error
    if records and not any(isinstance(record, dict) for record in records):
        raise UserError(f"'{name}' is {shape_of(records)}, not of records", "export it again, one object a line")
    for number, record in enumerate(records, 1):
        yield number, _record(record, f"'{name}', record {number}")


def _refuse_one_object(text: str, name: str) -> None:
    """Raise ``UserError`` if a file is one object over several lines: each of them alone is no JSON."""
    try:
        whole = _decoded(text, name)
    except (ValueError, RecursionError):
        return
    raise UserError(f"'{name}' is {shape_of(whole)}, and not one record a line", hint_for(Path(name), whole))


def _record(found: Any, place: str) -> dict[str, Any] | UserError:  # noqa: ANN401 - whatever stands there
    return found if isinstance(found, dict) else UserError(f"{place}: not a JSON object", _MEND)


def _decoded(text: str, name: str) -> Any:  # noqa: ANN401 - whatever it holds
    def no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        record = dict(pairs)
        if len(record) < len(pairs):
            refuse_doubled((key for key, _ in pairs), name)
        return record

    return json.loads(text.strip(_AROUND).removesuffix(","), object_pairs_hook=no_doubles)


def _why(line: str) -> str:
    """Return, where it shows, why a line is no JSON."""
    return ", but a mark of a conflict in git" if line.startswith(_CONFLICT) else ""


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


SPEC = FormatSpec(name="jsonl", suffixes=(".jsonl",), write=write, read=read, begins=begins)
