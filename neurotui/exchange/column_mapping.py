"""Other people's columns as ours: which column holds what, what the file leaves out, how it names neurons."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from neurotui.errors import UserError
from neurotui.exchange.label_row import named
from neurotui.spelling import compared

if TYPE_CHECKING:
    from collections.abc import Iterable

FIELDS = (
    "neuron",
    "layer",
    "unit",
    "label",
    "state",
    "annotator",
    "time",
    "note",
    "note_annotator",
    "note_time",
    "origin",
    "side",
    "scope",
    "model",
)
"""What a column can be mapped to, or be set."""

_LAYER, _UNIT, _ANYTHING = "LAYER", "UNIT", "*"
_EXAMPLE = "'LAYER-UNIT'"
_SHOWN = 12


class Mapping(NamedTuple):
    """How a file's records become ours: ``columns`` are pairs of our field and their column.

    ``values`` are pairs of a field and what it is in every record, "" for nothing. ``pattern`` says how a neuron
    is written, with LAYER and UNIT in it, and ``*`` for anything.
    """

    columns: tuple[tuple[str, str], ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    pattern: str = ""

    @classmethod
    def parse(cls, columns: Iterable[str], values: Iterable[str], pattern: str) -> Mapping:
        """Read ``label=explanation`` and the like; ``UserError`` for what is no field of ours, or no pattern."""
        pairs = tuple(_pair(written, "--map", "label=explanation") for written in columns)
        said = tuple(_pair(written, "--set", "layer=3") for written in values)
        fields = [field for field, _ in (*pairs, *said)]
        for field in fields:
            if fields.count(field) > 1:
                raise UserError(f"'{field}' is given twice", "map or set a field once")
        for field, column in pairs:
            if not column.strip():
                raise UserError(f"--map {field}= names no column", f"--map {field}=COLUMN, or --set {field}=VALUE")
        if pattern:
            _expression(pattern)
        return cls(pairs, said, pattern)

    @property
    def wanted(self) -> frozenset[str]:
        """The names of the columns that are mapped, as ``named`` writes them."""
        return frozenset(named(column) for _, column in self.columns)

    def apply(self, record: dict[str, Any], where: str) -> dict[str, Any]:
        """Return a record under our names; ``UserError`` with its place for a neuron unlike the pattern.

        Columns that have our names are taken by them, unless they are mapped elsewhere.
        """
        if not self:
            return record
        found = {key: value for key, value in record.items() if named(key) not in self.wanted}
        for field, column in self.columns:
            found = {key: value for key, value in found.items() if named(key) != field}
            found[field] = _value(record, column)
        for field, value in self.values:
            found = {key: value for key, value in found.items() if named(key) != field}
            found[field] = value
        if self.pattern:
            found |= self._numbers(found.pop("neuron", None), where)
        return found

    def lacking(self, columns: set[str]) -> list[str]:
        """Return the mapped columns that are not among a file's; of ``a.b`` the first part counts."""
        there = set(map(named, columns))
        return [
            column
            for _, column in self.columns
            if named(column) not in there and named(column.partition(".")[0]) not in there
        ]

    def _numbers(self, name: object, where: str) -> dict[str, Any]:
        text = str("" if name is None else name).strip()
        fits = re.fullmatch(_expression(self.pattern), text, re.ASCII | re.IGNORECASE)
        if not fits:
            raise UserError(
                f"{where}: '{text}' is not written as '{self.pattern}'",
                "mend or remove that line, or say another --pattern",
            )
        return {part: int(number) for part, number in fits.groupdict().items()}

    def __bool__(self) -> bool:
        """Whether anything is said at all."""
        return any(self)


def refuse_lacking(mapping: Mapping, columns: set[str], name: str) -> None:
    """Raise ``UserError`` if a file has no column of a name that is mapped; `columns` are those that it has."""
    if missing := mapping.lacking(columns):
        there = ", ".join(sorted(columns)[:_SHOWN]) + (", ..." if len(columns) > _SHOWN else "")
        raise UserError(f"{name} has no column '{missing[0]}'", f"it has: {there}")


def _pair(written: str, option: str, example: str) -> tuple[str, str]:
    field, sign, value = written.partition("=")
    field = named(field)
    if not sign:
        raise UserError(f"'{written}' has no '='", f"write it as in {option} {example}")
    if field not in FIELDS:
        raise UserError(f"'{field}' is no field of a label", f"one of: {', '.join(FIELDS)}")
    return field, value


def _expression(pattern: str) -> str:
    """Return a pattern as a regular expression with the groups ``layer`` and ``unit``."""
    if pattern.count(_UNIT) != 1 or pattern.count(_LAYER) > 1:
        raise UserError(f"'{pattern}' does not say where layer and unit stand", f"write it as in {_EXAMPLE}")
    parts = {_LAYER: r"(?P<layer>\d{1,6})", _UNIT: r"(?P<unit>\d{1,9})", _ANYTHING: ".*?"}
    split = re.split(r"(LAYER|UNIT|\*)", pattern.strip())
    return "".join(parts.get(part) or re.escape(part) for part in split)


def _value(record: dict[str, Any], column: str) -> Any:  # noqa: ANN401 - whatever it holds
    """Return what stands under a column: by its name, or for ``a.b`` inside of ``a``."""
    if column in record:
        return record[column]
    for key, value in record.items():
        if compared(named(key)) == compared(named(column)):
            return value
    first, dot, rest = column.partition(".")
    inside = record.get(first) if dot else None
    return _value(inside, rest) if isinstance(inside, dict) else None
