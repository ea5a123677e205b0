"""Explanations as delphi keeps them: a folder with a file for each, named by its hook point and its number.

``explanations/layers.3.mlp_latent797.txt`` holds one JSON text; beside them ``scores/`` has what scorers answered,
and ``run_config.json`` which model, which dictionary and which explainer they are of.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurotui.errors import UserError
from neurotui.exchange.foreign_json import layer_of_hook, said_of
from neurotui.exchange.spec import FormatSpec
from neurotui.types import Neuron

if TYPE_CHECKING:
    from neurotui.exchange.rows import LabelRows
    from neurotui.exchange.spec import Records

_EXPLANATIONS, _SCORES, _SETTINGS = "explanations", "scores", "run_config.json"
# Joins the labels of a neuron, which has only one explanation there.
_LABELS = "; "
_NAME = re.compile(r"(.+)_(?:latent|feature)(\d+)\.txt", re.ASCII)
# What it writes where the explainer's reply held no explanation.
_NONE = "Explanation could not be parsed."


def write(rows: LabelRows, folder: Path) -> int:
    """Write a file for every neuron of which something is said; return how many."""
    inside = folder / _EXPLANATIONS
    inside.mkdir()
    count = 0
    for of_neuron in rows.by_neuron():
        if texts := list(dict.fromkeys(filter(None, map(said_of, of_neuron)))):
            name = f"layers.{of_neuron[0].layer}.mlp_latent{of_neuron[0].unit}.txt"
            (inside / name).write_text(json.dumps(_LABELS.join(texts)), "utf-8")
            count += 1
    return count


def read(path: Path, name: str) -> Records:
    """Yield every explanation's number and fields, in the order of the files' names."""
    inside = path / _EXPLANATIONS if (path / _EXPLANATIONS).is_dir() else path
    if not inside.is_dir():
        raise UserError(f"'{name}' is not a folder", "name the folder that holds 'explanations'")
    about = _about(path)
    scored = {file.name for file in (path / _SCORES).glob("*/*.txt")}
    for number, file in enumerate(sorted(inside.glob("*.txt")), 1):
        found = _NAME.fullmatch(file.name)
        if found is None:
            yield number, _unlike(file, "is not named as in layers.3.mlp_latent797.txt")
            continue
        layer = layer_of_hook(found[1])
        if layer is None:
            yield number, {"no_neuron": found[1]}
            continue
        text = _text(file)
        score = True if file.name in scored else None
        yield (
            number,
            text
            if isinstance(text, UserError)
            else {**about, "layer": layer, "unit": int(found[2]), "label": text, "score": score},
        )


def neuron_in(name: str) -> Neuron | None:
    """Return the neuron that a file's name is about; None for a name that is of no neuron."""
    found = _NAME.fullmatch(name)
    layer = layer_of_hook(found[1]) if found else None
    return None if found is None or layer is None else Neuron(int(layer), int(found[2]))


def is_folder(path: Path) -> bool:
    """Return whether a folder holds explanations."""
    return any(
        _NAME.fullmatch(file.name) for place in (_EXPLANATIONS, "") for file in (path / place).glob("*.txt")
    )


def _text(file: Path) -> str | UserError:
    """Return the explanation in a file, "" where it says that there is none."""
    try:
        text = json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        return _unlike(file, "holds no JSON text")
    if not isinstance(text, str):
        return _unlike(file, "holds no JSON text")
    return "" if text.strip() == _NONE else text.strip()


def _about(path: Path) -> dict[str, Any]:
    """Return what the settings say of all explanations; nothing where there are none."""
    try:
        settings = json.loads((path / _SETTINGS).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(settings, dict):
        return {}
    told = {"model": "model", "dictionary": "sparse_model", "origin": "explainer_model"}
    return {field: settings[key] for field, key in told.items() if isinstance(settings.get(key), str)}


def _unlike(file: Path, what: str) -> UserError:
    return UserError(f"'{file}' {what}", "mend it, or take it out of the folder")


SPEC = FormatSpec(
    name="delphi",
    suffixes=(".delphi",),
    write=write,
    read=read,
    is_folder=is_folder,
    mode="folder",
    counts="explanation",
    machines=True,
    of_others=True,
)
