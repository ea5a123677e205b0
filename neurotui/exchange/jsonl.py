"""Labels as JSON Lines: one object a line, in UTF-8."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import IO, TYPE_CHECKING, Any

from neurotui.errors import UserError
from neurotui.exchange.spec import FormatSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from neurotui.exchange.record import LabelRow

# Bytes in which an object begins, if one does: a mark of the encoding and empty lines may come before it.
_BEGINNING = 64


def write(rows: Iterable[LabelRow], file: IO[str]) -> int:
    """Write records to a text file; return how many. Half a surrogate pair, which UTF-8 lacks, is escaped."""
    count = 0
    for row in rows:
        line = json.dumps(asdict(row), ensure_ascii=False)
        file.write((line if _encodable(line) else json.dumps(asdict(row))) + "\n")
        count += 1
    return count


def read(file: IO[str], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the line number and the record of every line; ``UserError`` for a line that is no record."""
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UserError(f"'{name}', line {number}: not JSON ({error})", "mend or remove that line") from error
        if not isinstance(record, dict):
            raise UserError(f"'{name}', line {number}: not a JSON object", "mend or remove that line")
        yield number, record


def begins(data: bytes) -> bool:
    """Return whether bytes begin with an object, in UTF-8, UTF-16 or UTF-32."""
    return data[:_BEGINNING].translate(None, b"\0\xef\xbb\xbf\xff\xfe \r\n").startswith(b"{")


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


SPEC = FormatSpec(name="jsonl", suffixes=(".jsonl",), write=write, read=read, begins=begins)
