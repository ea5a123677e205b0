"""Scores that a file states of its explanations: of others, on other texts; shown beside ours and never mixed in.

Neuronpedia and OpenAI's explainer keep a number for an explanation, what it measures and which model judged;
delphi keeps each answer of the judge, which ``delphi_scores.py`` reads.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from neurotui.evaluate.bootstrap import Figure, ratio

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from neurotui.exchange.read_row import ImportedRow
    from neurotui.types import Neuron


@dataclass(frozen=True, slots=True)
class StatedScores:
    """All scores of one measure and judge that a set states: their mean over neurons, and each of them."""

    name: str
    measure: str
    judge: str
    mean: Figure
    neurons: tuple[tuple[Neuron, float], ...]


def stated_in(rows: Iterable[ImportedRow], default: str) -> list[StatedScores]:
    """Return what a file's rows state, in the order of its rows; `default` is the set of those that name none.

    A set that says several things of a neuron is scored by the first, as it is by us.
    """
    found: dict[tuple[str, str, str], dict[Neuron, float]] = {}
    first: dict[tuple[str, Neuron], str] = {}
    for row in rows:
        name = (row.origin if row.action == "propose" else row.by) or default
        if first.setdefault((name, row.neuron), row.label) != row.label:
            continue
        for measure, judge, value in row.scores:
            found.setdefault((name, measure, judge), {}).setdefault(row.neuron, value)
    return [
        StatedScores(*named, _mean([*values.values()]), tuple(values.items())) for named, values in found.items()
    ]


def _mean(values: list[float]) -> Figure:
    return ratio(np.array(values), np.ones(len(values)))


def stated_of(scores: Iterable[StatedScores], among: Container[Neuron]) -> tuple[StatedScores, ...]:
    """Return what is stated of some neurons, each mean over these; what is stated of none of them is left out."""
    found = []
    for one in scores:
        kept = tuple((neuron, value) for neuron, value in one.neurons if neuron in among)
        if kept:
            found.append(replace(one, mean=_mean([value for _, value in kept]), neurons=kept))
    return tuple(found)
