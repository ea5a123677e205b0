"""What a judge is asked for one example at a time, and how a reply about several is read."""

from __future__ import annotations

import math

from neurotui.backends.llm.prompt_wording import plain_example
from neurotui.backends.llm.reply_json import json_values

YES, NO = "yes", "no"
"""How a model that completes text answers."""

_YES = {"1", "true", YES, "1.0"}
_NO = {"0", "false", NO, "0.0"}
_IDS, _SAID = ("id", "example", "number", "index"), ("holds", "answer", "label", "prediction", "value")

_DETECTION = (
    ("the months of the year", "The shop will open again in March, they said.", YES),
    ("the months of the year", "He parked the car behind the old mill.", NO),
    ("texts about sewing", "Pin the seam and turn the fabric before you stitch it.", YES),
    ("texts about sewing", "The volcano threw ash over three villages.", NO),
    ("a question mark", "Where did she leave the keys?", YES),
    ("a question mark", "It rained on all four days.", NO),
)
_FUZZING = (
    ("the months of the year", "The shop will open again in <<March>>, they said.", YES),
    ("the months of the year", "The shop will <<open>> again in March, they said.", NO),
    ("words of sewing", "Pin the <<seam>> and turn it before lunch.", YES),
    ("words of sewing", "The <<volcano>> threw ash over three villages.", NO),
    ("a question mark", "Where did she leave the keys<<?>>", YES),
    ("a question mark", "<<Where>> did she leave the keys?", NO),
)


def beginning(*, marked: bool) -> str:
    """Return what all prompts of one kind begin with, for a model that completes text one example at a time."""
    task = (
        "Does the description hold for the words between << and >>? Answer yes or no."
        if marked
        else "Does the text hold what the description says? Answer yes or no."
    )
    examples = [_asked(*one) for one in (_FUZZING if marked else _DETECTION)]
    return "\n\n".join([task, *examples]) + "\n\n"


def ending(description: str, example: str) -> str:
    """Return what one prompt ends with; a model goes on from it with yes or no."""
    return _asked(description, example, "").rstrip()


def read_answers(reply: str, number: int) -> dict[int, bool]:
    """Return what the last answer of a reply says of examples 1 to `number`, by their ids.

    A plain list counts only if it has as many answers as there are examples: in a shorter one nobody knows which
    is left out.
    """
    for value in reversed(json_values(reply)):
        found = _answers_in(value, number)
        if found:
            return found
    return {}


def probability(log_yes: float, log_no: float) -> float:
    """Return how probable a yes is, of the two."""
    return 1 / (1 + math.exp(min(max(log_no - log_yes, -700.0), 700.0)))


def _asked(description: str, example: str, answer: str) -> str:
    return f"Description: {plain_example(description)}\nText: {plain_example(example)}\nAnswer: {answer}"


def _answers_in(value: object, number: int) -> dict[int, bool]:
    if isinstance(value, dict):
        lists = [part for part in value.values() if isinstance(part, list | dict)]
        for part in lists:
            if found := _answers_in(part, number):
                return found
        keyed = {_id(key): _truth(part) for key, part in value.items()}
        return {place: told for place, told in keyed.items() if 1 <= place <= number and told is not None}
    if not isinstance(value, list):
        return {}
    if value and all(isinstance(part, dict) for part in value):
        found = {}
        for part in value:
            place = next((_id(part[key]) for key in _IDS if key in part), 0)
            told = next((_truth(part[key]) for key in _SAID if key in part), None)
            if 1 <= place <= number and told is not None:
                found[place] = told
        return found
    told_each = [_truth(part) for part in value]
    if len(told_each) != number or None in told_each:
        return {}
    return {place: bool(told) for place, told in enumerate(told_each, 1)}


def _id(said: object) -> int:
    text = str(said).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0  # noqa: PLR2004 - no id is so long


def _truth(said: object) -> bool | None:
    if isinstance(said, list | dict) or said is None:
        return None
    text = str(said).strip().casefold()
    return True if text in _YES else False if text in _NO else None
