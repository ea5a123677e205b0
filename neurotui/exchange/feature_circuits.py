"""Annotations as feature-circuits keeps them: JSON Lines of features that people looked at; read only.

Of the components of a layer only ``mlp`` is one of neurons; features of the others are passed over. The file names
neither a model nor a dictionary.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from neurotui.errors import UserError
from neurotui.exchange.foreign_json import begins_with, objects
from neurotui.exchange.spec import FormatSpec

if TYPE_CHECKING:
    from neurotui.exchange.spec import Records

_NEURONS = "mlp"


def read(file: IO[str], name: str) -> Records:
    """Yield every feature's number and fields."""
    for number, record in objects(file, name):
        yield number, record if isinstance(record, UserError) else _fields(record)


def begins(data: bytes) -> bool:
    """Return whether a file begins with a feature of a component."""
    return begins_with(data, "Component", "Feature")


def _fields(record: dict[str, Any]) -> dict[str, Any]:
    told = {key.lower(): value.strip() if isinstance(value, str) else value for key, value in record.items()}
    component = told.get("component")
    if component != _NEURONS:
        return {"no_neuron": told.get("name") or component or "a feature"}
    about = {"layer": told.get("layer"), "unit": told.get("feature")}
    return {**about, "label": told.get("annotation"), "note": told.get("notes")}


SPEC = FormatSpec(name="feature-circuits", suffixes=(".jsonl",), read=read, begins=begins, of_others=True)
