"""Scores as delphi keeps them: beside ``explanations`` a folder ``scores``, with a folder for each scorer.

``scores/detection/layers.3.mlp_latent797.txt`` holds a JSON list with a record an example: its tokens, whether the
latent is active, what the judge predicted. Delphi calls fuzzing ``fuzz``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from neurotui.backends.judge_protocol import Answer
from neurotui.errors import UserError
from neurotui.evaluate.detection import JudgedExample, JudgedNeuron, judged_set, measures_of
from neurotui.evaluate.judge_examples import QUIET, Example
from neurotui.exchange.delphi import neuron_in

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from pathlib import Path

    from neurotui.evaluate.detection import JudgedSet, Task
    from neurotui.types import Neuron

_SCORES = "scores"
_FOLDERS: dict[Task, str] = {"detection": "detection", "fuzzing": "fuzz"}


def write_scores(judged: Sequence[JudgedSet], folder: Path) -> int:
    """Write the answers on one set into a new folder, a file for each task and neuron; return how many."""
    refuse_existing(folder)
    count = 0
    for one in judged:
        inside = folder / _SCORES / _FOLDERS[one.task]
        inside.mkdir(parents=True, exist_ok=True)
        for neuron in one.neurons:
            name = f"layers.{neuron.neuron.layer}.mlp_latent{neuron.neuron.unit}.txt"
            (inside / name).write_text(json.dumps([_record(each) for each in neuron.examples]), "utf-8")
            count += 1
    return count


def refuse_existing(folder: Path) -> None:
    """Raise ``UserError`` if there is such a folder already: before a judge is asked, so that nothing is paid."""
    if folder.exists():
        raise UserError(f"'{folder}' is there already", "name a folder that is not there yet")


def read_scores(path: Path, among: Container[Neuron] | None = None) -> list[JudgedSet]:
    """Return the scores that lie beside others' explanations, task by task, measured as ours are.

    With neurons named by `among`, only theirs.
    ``UserError`` for a file that is none. Nothing where there are no scores, or of other scorers alone.
    """
    found = []
    for task, called in _FOLDERS.items():
        inside = path / _SCORES / called
        neurons = []
        for file in sorted(inside.glob("*.txt")) if inside.is_dir() else ():
            neuron = neuron_in(file.name)
            if neuron is None:
                continue
            # Those that are left out are read too: a spoiled file is told.
            examples = tuple(_judged(record, file) for record in _records(file))
            if among is None or neuron in among:
                neurons.append(JudgedNeuron(neuron, "", examples, measures_of(examples)))
        if neurons:
            found.append(judged_set(path.name, task, neurons))
    return found


def _record(one: JudgedExample) -> dict[str, Any]:
    """Return an example as delphi writes it."""
    example, answer = one
    return {
        "str_tokens": example.pieces,
        "activations": example.activations,
        "distance": example.distance,
        "activating": example.active,
        "prediction": answer.holds,
        "probability": answer.probability,
        "correct": None if answer.holds is None else answer.holds == example.active,
    }


def _records(file: Path) -> list[Any]:
    try:
        records = json.loads(file.read_bytes(), parse_constant=lambda _: None)  # NaN is no number
    except (ValueError, RecursionError) as error:
        raise _unlike(file) from error
    if not isinstance(records, list):
        raise _unlike(file)
    return records


def _judged(record: object, file: Path) -> JudgedExample:
    """Return a record of a score file; what delphi calls a prediction may be a truth value, 0 or 1, or null."""
    if not isinstance(record, dict) or not isinstance(record.get("activating"), bool):
        raise _unlike(file)
    said, probable = record.get("prediction"), record.get("probability")
    holds = bool(said) if isinstance(said, bool | int | float) else None
    try:
        likely = float(probable) if isinstance(probable, int | float) and not isinstance(probable, bool) else None
    except OverflowError as error:
        raise _unlike(file) from error
    pieces = record.get("str_tokens")
    told = tuple(map(str, pieces)) if isinstance(pieces, list) else ()
    # No measure uses the distance.
    example = Example(told, (None,) * len(told), frozenset(), record["activating"], QUIET)
    return JudgedExample(example, Answer(holds, likely))


def _unlike(file: Path) -> UserError:
    return UserError(f"'{file}' is no score file of delphi", "mend it, or take it out of the folder")
