"""Batches as Neuronpedia takes them: JSON files of at most 128 features of one layer, with their activations.

Read are also the batches that SAEDashboard writes, which name their parts otherwise.
"""

from __future__ import annotations

import json
import math
from itertools import count, groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurotui.errors import UserError
from neurotui.exchange.foreign_json import begins_with, describer_of, layer_of_source, said_of
from neurotui.exchange.neuronpedia import describer, parts_of
from neurotui.exchange.same_model import last_part
from neurotui.exchange.spec import FormatSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neurotui.exchange.label_row import LabelRow
    from neurotui.exchange.rows import LabelRows
    from neurotui.exchange.spec import Records
    from neurotui.types import Detail

# What Neuronpedia takes at most: features in a batch, characters of an explanation, tokens of a text.
_FEATURES, _LONGEST, _TOKENS = 128, 512, 1024
_DIGITS = 4
_NAMED = 3
_MEND = "mend or remove it"


def write(rows: LabelRows, folder: Path) -> int:
    """Write the batches of every layer into a folder; return how many features they hold.

    ``UserError`` for explanations that are too long, and for neurons of which the run has no texts.
    """
    said = [of_one for of_neuron in rows.by_neuron() if (of_one := list(filter(said_of, of_neuron)))]
    long = [row.neuron for of_one in said for row in of_one if len(said_of(row)) > _LONGEST]
    _refuse(long, f"of more than {_LONGEST} characters")
    for layer, of_layer in groupby(said, lambda of_one: of_one[0].layer):
        for number, block in enumerate(_blocks(of_layer)):
            batch = {
                "modelId": last_part(rows.run.model).lower(),
                "source": f"{layer}-mlp",
                "features": [_feature(of_one, rows.detail(of_one[0])) for of_one in block],
            }
            text = json.dumps(batch, ensure_ascii=False, allow_nan=False, indent=1)
            (folder / f"{layer}-mlp-batch-{number}.json").write_bytes(text.encode("utf-8", "replace"))
    return len(said)


def read(path: Path, name: str) -> Records:
    """Yield every feature's number and fields, one for each explanation; of a folder, those of all its batches."""
    numbers = count(1)
    for file in sorted(path.glob("*batch-*.json")) if path.is_dir() else [path]:
        batch = _batch(file, name)
        about = _about(batch, file)
        for feature, number in zip(batch["features"], numbers, strict=False):
            for fields in _explanations(feature, f"'{name}', feature {number}"):
                yield number, fields if isinstance(fields, UserError) else {**about, **fields}


def begins(data: bytes) -> bool:
    """Return whether a file is a batch."""
    return any(begins_with(data, key, "features") for key in ("modelId", "model_id"))


def is_folder(path: Path) -> bool:
    """Return whether a folder holds batches."""
    return any(path.glob("*batch-*.json"))


def _batch(file: Path, name: str) -> dict[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UserError(f"'{file}' is not JSON", "mend it, or leave it out") from error
    if not isinstance(found, dict) or not isinstance(found.get("features"), list):
        raise UserError(f"'{file}' of '{name}' has no list of features", "name a batch that Neuronpedia takes")
    return found


def _blocks(of_layer: Iterator[list[LabelRow]]) -> Iterator[list[list[LabelRow]]]:
    """Yield as many neurons as a batch takes, until there are no more."""
    while block := list(islice(of_layer, _FEATURES)):
        yield block


def _about(batch: dict[str, Any], file: Path) -> dict[str, Any]:
    """Return what a batch says of all its features; ``UserError`` if it names no layer."""
    source = batch.get("source", batch.get("layer", ""))
    layer, dictionary = layer_of_source(source)
    if layer is None:
        raise UserError(f"'{file}': '{source}' is not a layer", "write it as in 6-mlp")
    model = batch.get("modelId", batch.get("model_id"))
    return {"layer": layer, "model": model, "dictionary": batch.get("sae_set") or dictionary}


def _explanations(feature: object, where: str) -> Iterator[dict[str, Any] | UserError]:
    """Yield the fields of every explanation of a feature, those of a feature without any, or what is wrong."""
    if not isinstance(feature, dict):
        yield UserError(f"{where}: not a JSON object", _MEND)
        return
    given = feature.get("explanations") or [{}]
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        yield UserError(f"{where}: no list of explanations", _MEND)
        return
    unit = feature.get("index", feature.get("feature_index"))
    for one in given:
        origin = describer(one.get("modelName"), one.get("methodName"))
        yield {"unit": unit, "label": one.get("text"), "origin": origin}


def _refuse(neurons: list[str], what: str) -> None:
    if neurons:
        names = ", ".join(neurons[:_NAMED]) + (", ..." if len(neurons) > _NAMED else "")
        raise UserError(f"Neuronpedia takes no explanations {what}: {names}", "choose others with --filter")


def _feature(of_one: list[LabelRow], detail: Detail | None) -> dict[str, Any]:
    activations = _activations(detail)
    if not activations:
        _refuse([of_one[0].neuron], "of neurons without texts in the run")
    rate = detail.statistics.firing_rate if detail is not None else math.nan
    density = {"density": round(rate, 6)} if math.isfinite(rate) else {}
    explanations = list(map(_explanation, of_one))
    return {
        "index": of_one[0].unit,
        **density,
        "explanations": explanations,
        "activations": activations,
    }


def _explanation(row: LabelRow) -> dict[str, str]:
    model, method = parts_of(describer_of(row))
    # Only names that Neuronpedia has given out: it refuses a batch with any other.
    named = {"methodName": method.lower(), "modelName": model.lower()} if method else {}
    return {"text": said_of(row), **named}


def _activations(detail: Detail | None) -> list[dict[str, Any]]:
    """Return the top exemplars of a neuron, strongest first."""
    return list(_texts(detail)) if detail is not None else []


def _texts(detail: Detail) -> Iterator[dict[str, Any]]:
    for exemplar in detail.exemplars:
        if exemplar.kind == "top" and exemplar.pieces:
            places = range(min(len(exemplar.pieces), _TOKENS))
            values = [round(exemplar.activation(place), _DIGITS) for place in places]
            yield {"tokens": list(exemplar.pieces[:_TOKENS]), "values": values}


SPEC = FormatSpec(
    name="neuronpedia-batch",
    suffixes=(".neuronpedia",),
    write=write,
    read=read,
    begins=begins,
    is_folder=is_folder,
    mode="folder",
    counts="feature",
    machines=True,
    of_others=True,
)
