"""How `score` shows what it found."""

from __future__ import annotations

from dataclasses import asdict, astuple
from typing import TYPE_CHECKING

from neurotui.cli import console
from neurotui.cli.sanity_table import PLACES, SHORT, sanity_record
from neurotui.evaluate.detection import JUDGED, TASKS
from neurotui.evaluate.score import SCOPES
from neurotui.evaluate.score_measures import MEASURES
from neurotui.evaluate.score_wording import JUDGED_MEANINGS, SCORE_MEANINGS, TASK_MEANINGS
from neurotui.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from neurotui.evaluate.detection import JudgedSet
    from neurotui.evaluate.score import Scored, SetScore
    from neurotui.exchange.run_scores import RunScores
    from neurotui.exchange.stated_scores import StatedScores
    from neurotui.types import Scope


def scores_shown(scored: Scored, *, by_layer: bool) -> list[RenderableType]:
    """Return one row a set, scope by scope, each figure with its interval, and what they say."""
    shown: list[RenderableType] = [
        *console.folded(
            f"{counted(scored.neurons, 'neuron')}, by {scored.texts:,} texts and {scored.tokens:,} tokens held "
            "out: no describer of the run saw them, and none of a neuron's exemplars is among them. Who accepted "
            "a label while its fits were shown saw figures of these texts."
        )
    ]
    columns = ("set", "neurons", *(SHORT.get(name, name) for name in MEASURES))
    for scope in SCOPES:
        rows = [row for one in scored.sets for row in _rows(one, scope)]
        shown.append(console.table(columns, rows, f"over {PLACES[scope]}", wraps="set"))
    details = [
        (one.name, PLACES[figure.scope], SHORT.get(figure.measure, figure.measure), *astuple(figure.own))
        for one in scored.sets
        for figure in one.figures
    ]
    shown.append(console.table(("set", "over", "score", "value", "lower", "upper", "of"), details, wraps="set"))
    if alone := [one.name for one in scored.sets if one.described == 1]:
        shown += console.folded(
            f"{', '.join(alone)}: one neuron gives no interval; lower and upper only repeat its figures."
        )
    if by_layer:
        shown += [_layers(one, scope) for one in scored.sets for scope in SCOPES]
    for kind, meant in SCORE_MEANINGS.items():
        shown += console.folded(
            *(f"{PLACES[kind]}, {_named(name)}: {said}." for name, said in meant.items()),
        )
    return [*shown, *console.folded("shuffled: the same descriptions, dealt out to other neurons of the set.")]


def judged_shown(judged: Sequence[JudgedSet], title: str, *, ours: bool) -> list[RenderableType]:
    """Return a judge's scores of each set and task, intervals and gaps; of our own judge, also what was asked."""
    measures = [name for name in JUDGED if any(one.figures[name].of for one in judged)]
    columns = ("set", "task", "of", *(SHORT.get(name, name) for name in measures))
    rows = [
        (one.name, one.task, len(one.neurons), *(one.figures[name].value for name in measures)) for one in judged
    ]
    details = [
        (one.name, one.task, SHORT.get(name, name), *astuple(one.figures[name]))
        for one in judged
        for name in measures
    ]
    answered, unanswered = (sum(getattr(one, name) for one in judged) for name in ("answered", "unanswered"))
    few = sum(one.few for one in judged if one.task == TASKS[0])  # the other task has the same
    said = [f"{title}: {answered:,} answers."]
    if unanswered:
        said.append(f"{counted(unanswered, 'example')} got no answer, and {_is(unanswered)} left out.")
    if few:
        said.append(f"{counted(few, 'description')} of neurons with too few examples {_is(few)} left out.")
    meant = [f"{task}: {text}." for task, text in TASK_MEANINGS.items()] if ours else []
    meant += [f"{_named(name)}: {JUDGED_MEANINGS[name]}." for name in measures]
    return [
        *console.folded(*said),
        console.table(columns, rows, wraps="set"),
        console.table(("set", "task", "score", "value", "lower", "upper", "of"), details, wraps="set"),
        *console.folded(*meant),
    ]


def stated_shown(stated: Sequence[StatedScores], title: str) -> list[RenderableType]:
    """Return the means of the scores that files state, as the files call them."""
    rows = [(one.name, one.measure, one.judge or None, *astuple(one.mean)) for one in stated]
    columns = ("set", "score", "judged by", "mean", "lower", "upper", "of")
    return [*console.folded(f"{title}, as its file states them."), console.table(columns, rows, wraps="set")]


def record_of(found: RunScores) -> dict[str, object]:
    """Return all scores as one JSON object."""
    return {
        "neurons": found.scored.neurons,
        "texts": found.scored.texts,
        "tokens": found.scored.tokens,
        "sets": score_record(found.scored),
        "judge": found.judge,
        "judged": judged_record(found.judged),
        "others": judged_record(found.others),
        "stated": [stated_record(one) for one in found.stated],
        "sanity": None if found.sanity is None else sanity_record(found.sanity),
    }


def score_record(scored: Scored) -> list[dict[str, object]]:
    """Return the sets as JSON objects, with the scores of each neuron."""
    return [
        {
            "name": one.name,
            "described": one.described,
            "figures": [asdict(figure) for figure in one.figures],
            "layers": {
                f"L{layer}": [asdict(figure) for figure in figures] for layer, figures in one.layers.items()
            },
            "neurons": [
                {
                    "neuron": str(neuron.neuron),
                    "label": neuron.label,
                    "side": neuron.side,
                    "text": dict(zip(MEASURES, neuron.text, strict=True)),
                    "token": dict(zip(MEASURES, neuron.token, strict=True)),
                }
                for neuron in one.neurons
            ],
        }
        for one in scored.sets
    ]


def judged_record(judged: Sequence[JudgedSet]) -> list[dict[str, object]]:
    """Return a judge's sets as JSON objects, with the measures of each neuron."""
    return [
        {
            "name": one.name,
            "task": one.task,
            "figures": {name: asdict(figure) for name, figure in one.figures.items()},
            "answered": one.answered,
            "unanswered": one.unanswered,
            "few": one.few,
            "neurons": [
                {"neuron": str(neuron.neuron), "label": neuron.label}
                | dict(zip(JUDGED, neuron.measures, strict=True))
                for neuron in one.neurons
            ],
        }
        for one in judged
    ]


def stated_record(stated: StatedScores) -> dict[str, object]:
    """Return the scores that a file states as a JSON object, with that of each neuron."""
    each = [{"neuron": str(neuron), "value": value} for neuron, value in stated.neurons]
    return {**asdict(stated), "neurons": each}


def _rows(one: SetScore, scope: Scope) -> list[tuple[str | int | float | None, ...]]:
    figures = [figure for figure in one.figures if figure.scope == scope]
    return [
        (one.name, figures[0].own.of, *(figure.own.value for figure in figures)),
        (f"{one.name}, shuffled", figures[0].shuffled.of, *(figure.shuffled.value for figure in figures)),
    ]


def _layers(one: SetScore, scope: Scope) -> RenderableType:
    rows = [
        (f"L{layer}", *(figure.own.value for figure in figures if figure.scope == scope))
        for layer, figures in one.layers.items()
    ]
    columns = ("layer", *(SHORT.get(name, name) for name in MEASURES))
    return console.table(columns, rows, f"{one.name}, over {PLACES[scope]}")


def _named(name: str) -> str:
    return f"{SHORT[name]} ({name})" if name in SHORT else name


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
