"""Labels as records of Argilla 2: a JSON list, each with the machine's suggestion and every person's response.

Two questions: ``decision`` (accepted, rejected or skipped) and ``label``, the text. Argilla knows people by a
UUID, which is made of the name here; ``metadata`` has the names in the same order. Written only.
"""

from __future__ import annotations

import json
import uuid
from typing import IO, TYPE_CHECKING, Any

from neurotui.exchange.foreign_json import NEUROTUI
from neurotui.exchange.prodigy import strongest_texts
from neurotui.exchange.spec import FormatSpec
from neurotui.spelling import compared

if TYPE_CHECKING:
    from neurotui.exchange.label_row import LabelRow
    from neurotui.exchange.rows import LabelRows


# Joins the labels of one person, who can give only one answer to a question.
_LABELS = "\n"


def write(rows: LabelRows, file: IO[str]) -> int:
    """Write a record a neuron; return how many."""
    count = 0
    file.write("[")
    for count, (row, *_) in enumerate(rows.by_neuron(), 1):
        file.write(",\n" if count > 1 else "\n")
        file.write(json.dumps(_record(rows, row)))
    file.write("\n]\n")
    return count


def user_id(name: str) -> str:
    """Return the UUID of a person, the same for every spelling of a name that is the same to us."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"neurotui:{compared(name)}"))


def _record(rows: LabelRows, row: LabelRow) -> dict[str, Any]:
    value, score = rows.suggestion(row)
    answers = [answer for answer in rows.answers(row) if answer.state != "open"]
    decisions = [{"value": answer.state, "user_id": user_id(answer.by)} for answer in answers]
    labels = [{"value": _LABELS.join(one.labels), "user_id": user_id(one.by)} for one in answers if one.labels]
    responses = {"decision": decisions, "label": labels}
    notes = [f"{answer.by}: {answer.note}" for answer in rows.answers(row) if answer.note]
    return {
        "id": f"{row.model}/{row.neuron}",
        "status": "completed" if answers else "pending",
        "fields": {"neuron": row.neuron, "texts": "\n\n".join(strongest_texts(rows, row)) or row.neuron},
        "metadata": {
            "model": row.model,
            "layer": row.layer,
            "unit": row.unit,
            "annotators": ", ".join(answer.by for answer in answers),
            "notes": "\n".join(notes),
        },
        "suggestions": {"label": {"value": value, "score": score, "agent": NEUROTUI}} if value else {},
        "responses": {question: given for question, given in responses.items() if given},
    }


SPEC = FormatSpec(name="argilla", suffixes=(".argilla.json",), write=write, of_others=True)
