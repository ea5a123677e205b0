"""Labels as Prodigy keeps annotations: JSON Lines, a task and a person's answer each; written only.

A task is a neuron's strongest texts with a label. Who accepted another label than the machine's has that one in
the task, and what the machine suggests stands beside it. A neuron that nobody decided is a task without an answer.
"""

from __future__ import annotations

import json
import zlib
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

from neurotui.exchange.spec import FormatSpec

if TYPE_CHECKING:
    from neurotui.exchange.label_row import LabelRow
    from neurotui.exchange.rows import Answer, LabelRows
    from neurotui.types import State

_ANSWERS: dict[State, str] = {"accepted": "accept", "rejected": "reject", "skipped": "ignore"}
_DATASET = "neurotui"
_TEXTS = 5


def write(rows: LabelRows, file: IO[str]) -> int:
    """Write a line for every label that a person accepted, or other answer; return how many neurons."""
    count = 0
    for row, *_ in rows.by_neuron():
        file.writelines(json.dumps(task) + "\n" for task in _tasks(rows, row))
        count += 1
    return count


def strongest_texts(rows: LabelRows, row: LabelRow) -> list[str]:
    """Return the windows of a neuron's top exemplars, strongest first; none where the run has no such neuron."""
    detail = rows.detail(row)
    top = [one for one in detail.exemplars if one.kind == "top"] if detail is not None else []
    return ["".join(one.pieces).strip() for one in top[:_TEXTS]]


def _tasks(rows: LabelRows, row: LabelRow) -> list[dict[str, Any]]:
    suggestion, score = rows.suggestion(row)
    texts = strongest_texts(rows, row)
    task = {
        "text": "\n".join(texts) or row.neuron,
        "label": suggestion,
        "meta": {"neuron": row.neuron, "model": row.model, "suggestion": suggestion, "score": score},
        "_input_hash": _hash(row.model, row.neuron),
        "_view_id": "classification",
    }
    answers = [answer for answer in rows.answers(row) if answer.state in _ANSWERS]
    done = [_answered(task, row, answer, label) for answer in answers for label in answer.labels or (suggestion,)]
    return done or [{**task, "_task_hash": _hash(row.model, row.neuron, suggestion)}]


def _answered(task: dict[str, Any], row: LabelRow, answer: Answer, label: str) -> dict[str, Any]:
    who = f"{_DATASET}-{answer.by}"
    return {
        **task,
        "label": label,
        "_task_hash": _hash(row.model, row.neuron, label),
        "answer": _ANSWERS[answer.state],
        "note": answer.note,
        "_timestamp": int(datetime.fromisoformat(answer.time).timestamp()),
        "_annotator_id": who,
        "_session_id": who,
    }


def _hash(*parts: str) -> int:
    """Return a number of 32 bits with a sign, as Prodigy's own are: the same for the same task."""
    return zlib.crc32("\0".join(parts).encode("utf-8", "replace")) - 2**31


SPEC = FormatSpec(name="prodigy", suffixes=(".prodigy.jsonl", ".jsonl"), write=write, of_others=True)
