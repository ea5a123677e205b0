"""Explanations as OpenAI's neuron explainer keeps them: a file a neuron, in a folder a layer; read only.

A record names its neuron and lists explanations with what a simulation of each scored. A neuron's own record, with
its activations, holds no explanation, and says nothing.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurotui.errors import UserError
from neurotui.exchange.foreign_json import begins_with, objects, stated_number
from neurotui.exchange.spec import FormatSpec, StatedScore

if TYPE_CHECKING:
    from neurotui.exchange.spec import Records

_OPENAI = "openai"
_MEASURE = "ev_correlation_score"


def read(path: Path, name: str) -> Records:
    """Yield the fields of every explanation, a neuron's best scored first; of a folder, those of all its files."""
    files = sorted(path.glob("*/*.jsonl")) or sorted(path.glob("*.json*")) if path.is_dir() else [path]
    number = 0
    for file in files:
        try:
            text = file.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UserError(f"'{file}' is not UTF-8 (byte {error.start})", "mend it, or leave it out") from error
        for _, record in objects(io.StringIO(text, newline=""), str(file)):
            number += 1
            for fields in (
                [record] if isinstance(record, UserError) else _fields(record, f"'{name}', record {number}")
            ):
                yield number, fields


def begins(data: bytes) -> bool:
    """Return whether a file begins with a neuron's explanations, or with its own record."""
    known = ("scored_explanations", "most_positive_activation_records", "attribute_explanations")
    return any(begins_with(data, "neuron_id", key) for key in known)


def is_folder(path: Path) -> bool:
    """Return whether a folder holds such files, layer by layer."""
    first = next(path.glob("[0-9]*/[0-9]*.jsonl"), None)
    if first is None:
        return False
    with first.open("rb") as file:
        return begins(file.read(65_536))


def _fields(record: dict[str, Any], where: str) -> list[dict[str, Any] | UserError]:
    neuron = record.get("neuron_id")
    if not isinstance(neuron, dict):
        return [
            UserError(f"{where}: names no neuron", "mend or remove it; neuron_id has layer_index and neuron_index")
        ]
    about = {"layer": neuron.get("layer_index"), "unit": neuron.get("neuron_index"), "origin": _OPENAI}
    listed = record.get("scored_explanations")
    scored = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    if not scored:
        return [{**about, "label": None}]
    best_first = sorted(scored, key=lambda one: -_score(one))
    return [{**about, "label": _stripped(one.get("explanation")), "score": _stated(one)} for one in best_first]


def _score(explanation: dict[str, Any]) -> float:
    """Return how well a simulation correlates with the activations; the lowest of all for none, or NaN."""
    return next((one.value for one in _stated(explanation) or ()), -math.inf)


def _stated(explanation: dict[str, Any]) -> tuple[StatedScore, ...] | None:
    """Return what a simulation of an explanation scored, empty for no number; None without a simulation."""
    simulation = explanation.get("scored_simulation")
    if simulation is None:
        return None
    value = stated_number(simulation.get(_MEASURE)) if isinstance(simulation, dict) else None
    return () if value is None else (StatedScore(_MEASURE, "", value),)


def _stripped(text: object) -> object:
    return text.strip() if isinstance(text, str) else text


SPEC = FormatSpec(
    name="openai",
    suffixes=(".jsonl",),
    read=read,
    begins=begins,
    is_folder=is_folder,
    mode="folder",
    counts="record",
    machines=True,
    of_others=True,
)
