"""Explanations as Neuronpedia gives them out: JSON Lines, packed with gzip or not, or one JSON list.

A record names the model, the layer (``6-mlp``) and the index, and who wrote the explanation: a model and a method,
or a person. The layer of a dictionary's features names the dictionary too.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import IO, TYPE_CHECKING, Any

from neurotui.errors import UserError
from neurotui.exchange.foreign_json import (
    begins_with,
    describer_of,
    layer_of_source,
    objects,
    said_of,
    stated_number,
)
from neurotui.exchange.same_model import last_part
from neurotui.exchange.spec import FormatSpec, StatedScore
from neurotui.types import PERSON

if TYPE_CHECKING:
    from collections.abc import Iterable

    from neurotui.exchange.label_row import LabelRow
    from neurotui.exchange.spec import Records

_WITH_METHOD = re.compile(r"(.+) \((.+)\)", re.DOTALL)
_ID = 24


def write(rows: Iterable[LabelRow], file: IO[str]) -> int:
    """Write an explanation a line of every neuron of which something is said; return how many."""
    count = 0
    for row in rows:
        if text := said_of(row):
            file.write(json.dumps(_explanation(row, text)) + "\n")
            count += 1
    return count


def read(file: IO[str], name: str) -> Records:
    """Yield every explanation's number and fields; a feature that comes with several gives as many."""
    for number, record in objects(file, name):
        if isinstance(record, UserError):
            yield number, record
            continue
        inside = record.get("explanations")
        for explanation in inside if isinstance(inside, list) and inside else [record]:
            whole = {**record, **explanation} if isinstance(explanation, dict) else record
            yield number, _fields(whole, f"'{name}', line {number}")


def begins(data: bytes) -> bool:
    """Return whether a file begins with an explanation, or with a feature and its explanations."""
    known = ("modelId", "layer", "index")
    return begins_with(data, *known, "description") or begins_with(data, *known, "explanations")


def describer(model: object, method: object) -> str:
    """Return an explanation's origin: ``gpt-4o-mini (oai_token-act-pair)``, ``person`` where neither is given."""
    names = [str(one) for one in (model, method) if one]
    return f"{names[0]} ({names[1]})" if len(names) > 1 else next(iter(names), PERSON)


def parts_of(origin: str) -> tuple[str, str]:
    """Return the model and the method of an origin; the method is "" where it names none."""
    found = _WITH_METHOD.fullmatch(origin)
    return (found[1], found[2]) if found else (origin, "")


def _explanation(row: LabelRow, text: str) -> dict[str, Any]:
    model, method = parts_of(describer_of(row))
    named = {
        "modelId": last_part(row.model).lower(),
        "layer": f"{row.layer}-mlp",
        "index": str(row.unit),
        "description": text,
    }
    found = {
        **named,
        "authorId": row.annotator or None,
        "typeName": method or None,
        "explanationModelName": model or None,
        "notes": row.note or None,
        "createdAt": row.time or None,
    }
    digest = hashlib.sha256(json.dumps(found).encode()).hexdigest()
    return {"id": digest[:_ID], **found}


def _fields(record: dict[str, Any], where: str) -> dict[str, Any] | UserError:
    layer, dictionary = layer_of_source(record.get("layer", ""))
    if layer is None:
        return UserError(f"{where}: '{record.get('layer')}' is not a layer", "mend or remove that line")
    text = record.get("description")
    return {
        "layer": layer,
        "unit": record.get("index"),
        "label": text.strip() if isinstance(text, str) else text,
        "origin": describer(record.get("explanationModelName"), record.get("typeName")),
        "annotator": record.get("authorId"),
        "note": record.get("notes"),
        "time": record.get("createdAt"),
        "model": record.get("modelId"),
        "dictionary": dictionary,
        "score": _scores(record["scores"]) if record.get("scores") else None,
    }


def _scores(stated: object) -> tuple[StatedScore, ...]:
    """Return the scores of an explanation that are numbers, each with its type and the model that judged."""
    listed = [one for one in stated if isinstance(one, dict)] if isinstance(stated, list) else []
    return tuple(
        StatedScore(_name(one, "Type") or "score", _name(one, "Model"), value)
        for one in listed
        if (value := stated_number(one.get("value"))) is not None
    )


def _name(score: dict[str, Any], of: str) -> str:
    found = score.get(f"explanationScore{of}Name")
    return found if isinstance(found, str) else ""


SPEC = FormatSpec(
    name="neuronpedia",
    suffixes=(".neuronpedia.jsonl", ".jsonl"),
    write=write,
    read=read,
    begins=begins,
    machines=True,
    of_others=True,
)
