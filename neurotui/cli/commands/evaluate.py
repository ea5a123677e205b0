"""The command `evaluate`: measures how good a run's descriptors are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, astuple
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from neurotui.cli import console
from neurotui.cli.agreement_tables import agreement_shown, by_hidden_shown, encoder_of_meanings
from neurotui.cli.context import labels_of
from neurotui.cli.options import Json, RunFile
from neurotui.cli.progress_display import shown_progress
from neurotui.cli.ranking_tables import Chosen, evaluate_against
from neurotui.errors import UserError
from neurotui.evaluate.headline import headline
from neurotui.evaluate.measures import OF_DESCRIPTORS, meaning, title
from neurotui.store.run_commands import command_line
from neurotui.store.url_refusals import on_a_disk

if TYPE_CHECKING:
    from neurotui.evaluate.bootstrap import Figure

_KEPT = 10  # as many text matches as describe/match_texts.py keeps for a neuron


def evaluate(
    run: RunFile,
    labels: Annotated[
        list[Path],
        typer.Option(
            "--labels", parser=on_a_disk, metavar="<path>", help="A journal; given again, another person's."
        ),
    ] = [],
    k: Annotated[
        int, typer.Option("--k", min=1, max=_KEPT, help="How many descriptors of a neuron to judge.")
    ] = 2,
    gold: Annotated[bool, typer.Option("--gold", help="By the texts' gold labels, layer by layer.")] = False,
    sanity: Annotated[
        bool, typer.Option("--sanity", help="Test the measures: do they notice what was made worse?")
    ] = False,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against",
            parser=on_a_disk,
            metavar="SET",
            help="Rank describers against a curated set: a journal, or an export.",
        ),
    ] = None,
    describer: Annotated[
        list[str],
        typer.Option(
            "--describer",
            metavar="NAME|FILE",
            help="With --against: this one, not all; or a journal or file of explanations as well.",
        ),
    ] = [],
    equal: Annotated[
        Literal["text", "meaning"] | None,
        typer.Option("--equal", help="When a name is the same as a curated label; by text, if not said."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Judge descriptors by people's labels and by the other split.

    With --against: of the run's descriptors, of each describer beside them, of each origin of proposals in its
    journal and of every FILE, which says best what a curated set says.
    """
    if against is not None:
        if gold or sanity:
            raise UserError("--against ranks by a curated set", "leave --gold and --sanity out")
        evaluate_against(run, against, Chosen(labels, describer), equal or "text", k, as_json=as_json)
        return
    if describer or equal:
        raise UserError("--describer and --equal are for a ranking", "add --against SET")
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

    with Run(run) as opened, shown_progress() as progress:
        files: Sequence[Path | None] = labels or [None]
        people = {_named(file or run, labels): labels_of(opened, file) for file in files}
        judged = judge(opened, people, k, progress, encoder=encoder_of_meanings)
        first = predictive(opened)
    if as_json:
        console.answer_of(run, {**asdict(judged), "predictive": asdict(first)})
        return
    settle = command_line("settle", run, *(["--labels", str(labels[0])] if labels else []))
    console.show(*sentences(first), *console.folded(headline(judged, settle)))
    figures = [(name, figure) for name, figure in judged.figures() if figure.of]
    _show_figures(figures, gold=False)
    of_layers = {name for name, _ in judged.layers[0].figures()} if judged.layers else set()
    for names in _side_by_side([name for name, _ in figures if name in of_layers]):
        layers = [
            (f"L{one.layer}", one.described, one.neurons, *(dict(one.figures())[name].value for name in names))
            for one in judged.layers
        ]
        console.show(console.table(("layer", "described", "judged", *map(title, names)), layers))
    console.show(*by_hidden_shown(judged.by_hidden), *agreement_shown(judged.agreement))
    if not judged.neurons:
        console.show(*console.folded("Precision, recall and hit come once something is accepted or rejected."))
        console.show(f"Nothing is accepted or rejected yet: {command_line('open', run)}")


def _named(file: Path, among: Sequence[Path]) -> str:
    """Return a journal by its file's name where no other is called so, else by its path."""
    return file.name if sum(one.name == file.name for one in among) <= 1 else str(file)


def _test_measures(run: Path, *, as_json: bool) -> None:
    from neurotui.cli.sanity_table import sanity_record, sanity_shown
    from neurotui.evaluate.sanity import DECIDES, sanity
    from neurotui.store.run import Run

    with Run(run) as opened, shown_progress() as progress:
        tested = sanity(opened, progress)
    passes = tested.passed(DECIDES)
    if as_json:
        console.answer_of(run, {**sanity_record(tested), "passed": passes})
        return
    verdict = "passes both" if passes else "does not pass both"
    console.show(*sanity_shown(tested), *console.folded(f"What is said first goes by {DECIDES}, which {verdict}."))


def _evaluate_by_gold(run: Path, k: int, *, as_json: bool) -> None:
    from neurotui.evaluate.by_gold import judge_by_gold
    from neurotui.store.run import Run

    with Run(run) as opened, shown_progress() as progress:
        judged = judge_by_gold(opened, k, progress)
    if as_json:
        console.answer_of(run, asdict(judged))
        return
    columns = ("layer", "figure", "value", "lower", "upper", "of")
    of_all = [*judged.rows[0].figures.items()] if judged.rows else []
    rows = [
        (row.layer, title(name), *astuple(figure)) for row in judged.rows for name, figure in row.figures.items()
    ]
    rows += [("all", title(name), *astuple(figure)) for name, figure in judged.of_descriptors()]
    console.show(console.table(columns, rows, f"by {judged.labels} gold labels; described by {judged.backend}"))
    _say_what_they_mean([*(name for name, _ in of_all), *OF_DESCRIPTORS], gold=True)


def _show_figures(figures: Sequence[tuple[str, Figure]], *, gold: bool) -> None:
    """Print figures as a table, and then what each of them says."""
    rows = [(title(name), *astuple(figure)) for name, figure in figures]
    if rows:
        console.show(console.table(("figure", "value", "lower", "upper", "of"), rows, wraps="figure"))
        _say_what_they_mean([name for name, _ in figures], gold=gold)


def _say_what_they_mean(names: Sequence[str], *, gold: bool) -> None:
    console.show(*console.folded(*(f"{title(name)}: {meaning(name, gold=gold)}." for name in names)))


def _side_by_side(names: Sequence[str]) -> list[list[str]]:
    """Return figures in groups that have room side by side: those at each k, and all others."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name.partition("@")[2], []).append(name)
    return list(groups.values())
