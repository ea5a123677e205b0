"""Detection and fuzzing (Paulo, Mallen, Juang and Belrose, arXiv 2410.13928): a judge looks for a neuron's places.

A judge is shown a description and examples, half of which make the neuron active. In detection it says of which
examples the description holds; in fuzzing, where tokens are marked, half of them rightly, of which marks it does.
As in delphi, an example without an answer is left out, and counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from scipy.stats import rankdata

from neurotui.backends.judge_protocol import Question
from neurotui.evaluate.bootstrap import Figure, ratios
from neurotui.evaluate.judge_examples import Example, ExampleSource, in_batches
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from neurotui.backends.judge_protocol import Answer, Judge
    from neurotui.evaluate.description_sets import DescriptionSet
    from neurotui.store.held_out import HeldOut
    from neurotui.types import Neuron, Progress

Task = Literal["detection", "fuzzing"]
TASKS: tuple[Task, ...] = ("detection", "fuzzing")

JUDGED = ("balanced accuracy", "F1", "precision", "recall", "AUROC")
"""What is measured of answers; AUROC only of a judge that says how probable its answers are."""

TOGETHER = 5
"""How many examples are asked together, as in delphi."""

FEWEST = 4
"""The fewest examples with which a neuron is judged."""


class JudgedExample(NamedTuple):
    """An example with what the judge answered."""

    example: Example
    answer: Answer


class JudgedNeuron(NamedTuple):
    """A neuron's description, its judged examples and their measures, in the order of ``JUDGED``."""

    neuron: Neuron
    label: str
    examples: tuple[JudgedExample, ...]
    measures: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """How a set fares in one task: means over its judged neurons, by the names of ``JUDGED``.

    ``few`` counts the neurons with too few examples, ``unanswered`` the examples without an answer.
    """

    name: str
    task: Task
    figures: dict[str, Figure]
    few: int
    answered: int
    unanswered: int
    neurons: tuple[JudgedNeuron, ...]


class _Asked(NamedTuple):
    """All that is asked about one neuron in one task."""

    place: int
    task: Task
    neuron: Neuron
    label: str
    examples: tuple[Example, ...]

    def questions(self) -> list[Question]:
        marked = self.task == "fuzzing"
        return [
            Question(self.label, tuple(one.text(marked=marked) for one in batch), marked)
            for batch in in_batches(self.examples, TOGETHER)
        ]


class Trial:
    """What a judge would be asked of some sets, about `count` examples a neuron: every set about the same ones."""

    def __init__(
        self, held: HeldOut, sets: Sequence[DescriptionSet], neurons: Mapping[Neuron, int], count: int
    ) -> None:
        self._sets = sets
        self._few = dict.fromkeys(range(len(sets)), 0)
        self._asked: list[_Asked] = []
        source = ExampleSource(held)
        by_id = {neuron_id: neuron for neuron, neuron_id in neurons.items()}
        for neuron in held.neurons(list(by_id)):
            name = by_id[neuron.neuron_id]
            for place, one in enumerate(sets):
                if name in one.says:
                    said = one.says[name]
                    examples = tuple(source.draw(neuron, said.side, count))
                    if len(examples) < FEWEST:
                        self._few[place] += 1
                        continue
                    self._asked += [_Asked(place, task, name, said.text, examples) for task in TASKS]

    def questions(self) -> list[Question]:
        """Return every question, each as often as it is asked."""
        return [question for asked in self._asked for question in asked.questions()]

    def judged(self, judge: Judge, progress: Progress = no_progress) -> tuple[JudgedSet, ...]:
        """Ask the judge, and return how each set fares; ``UserError`` where it cannot be asked."""
        answers = iter(judge.answer(self.questions(), progress))
        found: dict[tuple[int, Task], list[JudgedNeuron]] = {}
        for asked in self._asked:
            said = [answer for _ in asked.questions() for answer in next(answers)]
            pairs = tuple(map(JudgedExample, asked.examples, said))
            one = JudgedNeuron(asked.neuron, asked.label, pairs, measures_of(pairs))
            found.setdefault((asked.place, asked.task), []).append(one)
        return tuple(
            judged_set(one.name, task, found.get((place, task), []), self._few[place])
            for place, one in enumerate(self._sets)
            for task in TASKS
        )


def judged_set(name: str, task: Task, neurons: Sequence[JudgedNeuron], few: int = 0) -> JudgedSet:
    """Return a set's means over neurons, with intervals from resampling them."""
    values = np.array([one.measures for one in neurons], np.float64).reshape(len(neurons), len(JUDGED))
    known = np.isfinite(values)
    figures = ratios(np.where(known, values, 0.0), known.astype(np.float64))
    told = [one.answer.holds is not None for neuron in neurons for one in neuron.examples]
    return JudgedSet(
        name, task, dict(zip(JUDGED, figures, strict=True)), few, sum(told), len(told) - sum(told), tuple(neurons)
    )


def measures_of(examples: Sequence[JudgedExample]) -> tuple[float, ...]:
    """Return balanced accuracy, F1, precision, recall and AUROC over the examples that have an answer.

    As in delphi: balanced accuracy is the mean of the shares of active and of quiet examples that are told
    rightly; precision is 0 where the judge finds none, and F1 where precision and recall are. NaN for all where
    either sort has no answer; AUROC is that of the probabilities, NaN where there are none.
    """
    told = [one for one in examples if one.answer.holds is not None]
    active = np.array([one.example.active for one in told], np.bool_)
    held = np.array([one.answer.holds for one in told], np.bool_)
    if not active.any() or active.all():
        return (nan,) * len(JUDGED)
    right = int((active & held).sum())
    recall = right / int(active.sum())
    precision = right / int(held.sum()) if held.any() else 0.0
    balanced = (recall + float((~held)[~active].mean())) / 2
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return balanced, f1, precision, recall, _auroc(told, active)


def _auroc(told: Sequence[JudgedExample], active: np.ndarray) -> float:
    probable = np.array([nan if one.answer.probability is None else one.answer.probability for one in told])
    if any(map(isnan, probable.tolist())):
        return nan
    p, q = int(active.sum()), int((~active).sum())
    return float((rankdata(probable)[active].sum() - p * (p + 1) / 2) / (p * q))
