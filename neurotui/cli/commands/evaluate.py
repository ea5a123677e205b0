"""The command `evaluate`: measures how good a run's descriptors are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Annotated

import typer

from neurotui.cli import console
from neurotui.cli.context import labels_of
from neurotui.cli.options import Json, RunFile
from neurotui.errors import UserError, command_line

_KEPT = 10  # as many text matches as describe/match.py keeps for a neuron


def evaluate(
    run: RunFile,
    labels: Annotated[list[Path], typer.Option("--labels", help="A journal; given again, another person's.")] = [],
    k: Annotated[
        int, typer.Option("--k", min=1, max=_KEPT, help="How many descriptors of a neuron to judge.")
    ] = 2,
    gold: Annotated[bool, typer.Option("--gold", help="By the texts' gold labels, layer by layer.")] = False,
    sanity: Annotated[
        bool, typer.Option("--sanity", help="Test the measures: do they notice what was made worse?")
    ] = False,
    as_json: Json = False,
) -> None:
    """Judge descriptors by people's labels and by the other split."""
    if gold and labels:
        raise UserError("--gold judges by the texts' labels, --labels by people's", "choose one of the two")
    if sanity and (gold or labels):
        raise UserError("--sanity tests the measures, and needs no labels", "leave --gold and --labels out")
    if gold:
        _evaluate_by_gold(run, k, as_json=as_json)
    elif sanity:
        _test_measures(run, as_json=as_json)
    else:
        _evaluate(run, labels, k, as_json=as_json)


def _evaluate(run: Path, labels: list[Path], k: int, *, as_json: bool) -> None:
    from neurotui.evaluate.by_labels import judge
    from neurotui.evaluate.predictive import predictive, sentences
    from neurotui.store.run import Run

    with Run(run) as opened, console.progress() as progress:
        files: Sequence[Path | None] = labels or [None]
        judged = judge(opened, {str(file or run): labels_of(opened, file) for file in files}, k, progress)
        first = predictive(opened)
    if as_json:
        console.answer({"run": str(run), **asdict(judged), "predictive": asdict(first)})
        return
    console.show(*sentences(first))
    rows = [(name, *astuple(figure)) for name, figure in judged.figures()]
    console.show(console.table(("figure", "value", "lower", "upper", "of"), rows))
    of_layers = judged.layers[0].figures() if judged.layers else []
    names = [name for name, _ in of_layers if dict(judged.figures())[name].of]
    layers = [
        (f"L{one.layer}", one.described, one.neurons, *(dict(one.figures())[name].value for name in names))
        for one in judged.layers
    ]
    console.show(console.table(("layer", "described", "judged", *names), layers))
    if not judged.neurons:
        console.show(f"Nothing is accepted or rejected yet: {command_line('open', run)}")


def _test_measures(run: Path, *, as_json: bool) -> None:
    from neurotui.evaluate.sanity import DECIDES, PASSES, sanity
    from neurotui.store.run import Run

    with Run(run) as opened, console.progress() as progress:
        tested = sanity(opened, progress)
    passes = tested.passed(DECIDES)
    if as_json:
        outcomes = [{**asdict(one), "passed": one.passed} for one in tested.outcomes]
        console.answer({"run": str(run), **asdict(tested), "outcomes": outcomes, "passed": passes})
        return
    columns = ("scope", "measure", "places", "falls", "lower", "upper", "of", "passes")
    rows = [(one.scope, one.measure, one.test, *astuple(one.falls), one.passed) for one in tested.outcomes]
    drawn = " and ".join(f"{count} {scope}" for scope, count in tested.pairs.items())
    console.show(
        console.table(columns, rows),
        f"Tested: {drawn} descriptors, each made worse {tested.draws} times.",
        f"removed: with half of its places gone, a score should fall in {PASSES:.0%} of draws.",
        f"added: with as many wrong places added, a score should fall in {PASSES:.0%} too.",
        f"What is said first goes by {DECIDES}, which {'passes both' if passes else 'does not pass both'}.",
    )


def _evaluate_by_gold(run: Path, k: int, *, as_json: bool) -> None:
    from neurotui.evaluate.by_gold import judge_by_gold
    from neurotui.store.run import Run

    with Run(run) as opened, console.progress() as progress:
        judged = judge_by_gold(opened, k, progress)
    if as_json:
        console.answer({"run": str(run), **asdict(judged)})
        return
    columns = ("layer", "figure", "value", "lower", "upper", "of")
    rows = [(row.layer, name, *astuple(figure)) for row in judged.rows for name, figure in row.figures.items()]
    rows += [("all", "purity", *astuple(judged.purity)), ("all", "overlap", *astuple(judged.overlap))]
    console.show(console.table(columns, rows, f"by {judged.labels} gold labels; described by {judged.backend}"))
