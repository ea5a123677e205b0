"""One entry of a file of texts that `precompute` reads, and its fields, those inside others named by dots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from neurotui.errors import UserError

_MOST_FIELDS, _DEEPEST = 12, 3


class FileRecord(NamedTuple):
    """One entry of a file: its fields, the line where it ends, and the share of the file read so far.

    ``cells`` says that every value is text, as in a table; ``names`` are the classes that numbers stand for.
    """

    fields: Mapping[str, object]
    line: int
    read: float
    cells: bool = False
    names: Mapping[str, Sequence[str]] = {}


class Several(NamedTuple):
    """The values of a field that stands in each part of a list."""

    values: tuple[object, ...]


class Missing:
    """What there is of a field that is not there."""


MISSING = Missing()


def value_of(fields: object, name: str) -> object:
    """Return a field: under its whole name, or within another, with dots between; ``MISSING`` without it.

    Of a list the field of every part is taken. A field inside of null is null.
    """
    if fields is None:
        return None
    if isinstance(fields, list):
        found = [value_of(part, name) for part in fields]
        known = [value for value in found if value is not MISSING]
        return Several(tuple(known)) if known or not fields else MISSING
    if not isinstance(fields, Mapping):
        return MISSING
    if name in fields:
        return fields[name]
    parts = name.split(".")
    for number in range(len(parts) - 1, 0, -1):
        outer = ".".join(parts[:number])
        if outer in fields:
            return value_of(fields[outer], ".".join(parts[number:]))
    return MISSING


def field_names(fields: Mapping[str, object]) -> list[str]:
    """Return the names of fields and of what stands inside them, as they are asked for; not all of very many."""
    found: list[str] = []

    def add(inside: Mapping[str, object], before: str, depth: int) -> None:
        for name, value in inside.items():
            part = value[0] if isinstance(value, list) and value else value
            if isinstance(part, Mapping) and part and depth < _DEEPEST:
                add(part, f"{before}{name}.", depth + 1)
            else:
                found.append(before + name)

    add(fields, "", 1)
    return found[:_MOST_FIELDS]


def refuse_doubled(where: str, names: Sequence[str], wanted: Collection[str], what: str) -> None:
    """Raise ``UserError`` if one of the wanted names, or what one of them is inside of, is there twice."""
    for name, number in Counter(names).items():
        if number > 1 and any(one == name or one.startswith(f"{name}.") for one in wanted):
            raise UserError(
                f"{where}: {number} {what} are called '{name}'",
                "which of them is meant cannot be told: rename one",
            )
