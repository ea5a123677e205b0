"""What the readers of other projects' formats share: JSON records, names of layers, origins of labels."""

from __future__ import annotations

import io
import json
import math
import re
from typing import IO, TYPE_CHECKING, Any

from neurotui.exchange import jsonl
from neurotui.types import PERSON

if TYPE_CHECKING:
    from neurotui.exchange.label_row import LabelRow
    from neurotui.exchange.spec import Records

NEUROTUI = "neurotui"
"""Who says of a neuron what no person has decided."""

# A hook point: where a layer's feed-forward block is, as tools call it; after it may stand a part of the block.
_HOOK = re.compile(r"(?:.*\.)?(?:layers?|h|blocks?)[._](\d+)[._](?:mlp|feed_forward|ffn)(?:[._].*)?", re.ASCII)
# A source of Neuronpedia: a layer, and a set of dictionaries.
_SOURCE = re.compile(r"(\d+)(?:-(.+))?", re.ASCII)
_NEURONS = {"", "mlp", "neurons"}
_BEGINNING = 64


def objects(file: IO[str], name: str) -> Records:
    """Yield the objects of JSON lines, of a JSON list, or the one that a whole file is, each with its number."""
    text = file.read()
    alone = _alone(text)
    if alone is not None:
        yield 1, alone
    else:
        yield from jsonl.read(io.StringIO(text, newline=""), name)


def _alone(text: str) -> dict[str, Any] | None:
    """Return the object that a file of several lines is; None for anything else."""
    if not text.lstrip().startswith("{") or "\n" not in text.strip():
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def begins_with(data: bytes, *keys: str) -> bool:
    """Return whether a JSON file's first object has all of some keys; a long one breaks off before its end."""
    if not data[:_BEGINNING].translate(None, b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[{")):
        return False
    text = data.decode("utf-8", "ignore").lstrip("\ufeff \t\r\n[")
    try:
        found, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return all(re.search(rf'"{key}"\s*:', text) for key in keys)
    return isinstance(found, dict) and found.keys() >= set(keys)


def layer_of_hook(hook: str) -> int | None:
    """Return the layer of a feed-forward block's hook point, as in ``layers.3.mlp``; None for any other."""
    found = _HOOK.fullmatch(hook.strip())
    return int(found[1]) if found else None


def layer_of_source(source: object) -> tuple[int | None, str]:
    """Return the layer of a source such as ``6-mlp``, and its name where it is of a dictionary's features."""
    found = _SOURCE.fullmatch(str(source).strip())
    if found is None:
        return None, ""
    return int(found[1]), "" if (found[2] or "").lower() in _NEURONS else str(source).strip()


def said_of(row: LabelRow) -> str:
    """Return what a file that knows no sides says of a neuron: its label, else what neurotui says; "" for nothing.

    A label of the negative of an activation is a whole sentence, which says so.
    """
    if row.state == "accepted":
        return row.sentence or row.label if row.side == -1 else row.label
    return row.sentence or "" if row.state == "open" and row.grounds == "described" else ""


def describer_of(row: LabelRow) -> str:
    """Return the origin of a label: the describer's name, or "" if a person wrote it."""
    if row.state != "accepted":
        return NEUROTUI
    return "" if row.origin == PERSON else row.origin


def stated_number(value: object) -> float | None:
    """Return a stated value as a number; None for what is none, or not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None
