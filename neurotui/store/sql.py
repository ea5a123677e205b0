"""Named SQL statements from the folder ``queries``.

A file holds statements, each below a line ``-- name: NAME``; the comment lines after it say what it is for.
Names are unique across all files.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

_MARK = "-- name: "


@cache
def _statements() -> dict[str, str]:
    found: dict[str, str] = {}
    for file in sorted(files("neurotui.queries").iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".sql"):
            continue
        for part in file.read_text(encoding="utf-8").split(_MARK)[1:]:
            name, _, statement = part.partition("\n")
            if found.setdefault(name.strip(), statement.strip()) != statement.strip():
                raise ValueError(f"{file.name}: a second statement is called '{name.strip()}'")
    return found


def statement(name: str) -> str:
    """Return the SQL of the statement called `name`; ``KeyError`` if there is none."""
    return _statements()[name]


def names() -> list[str]:
    """Return the names of all statements, sorted."""
    return sorted(_statements())
