"""The command `compare`: says which labels of one run carry over to another, and which neurons changed."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from neurotui.cli import console
from neurotui.cli.context import labels_of, run_path
from neurotui.cli.options import Filter, Json, RunFile
from neurotui.cli.progress_display import shown_progress
from neurotui.errors import UserError
from neurotui.models.load_encoder import load_encoder
from neurotui.store.fetch_cache import origin_of
from neurotui.store.run_commands import command_line
from neurotui.store.url_refusals import on_a_disk
from neurotui.wording import counted

if TYPE_CHECKING:
    from rich.console import RenderableType

    from neurotui.evaluate.compare_runs import Compared, RunComparison
    from neurotui.store.labels import Labels

_MEANT = (
    "fit: of the first run's label on that run's own held-out texts; there: on the second's.",
    "peaks: the share of the words at which top exemplars peak that both runs have.",
)
_NOT_DESCRIBED = "note: nothing is described in '{}': a neuron without a label of people is silent there; {}"


def compare(
    run: RunFile,
    other: Annotated[
        Path,
        typer.Argument(parser=run_path, metavar="RUN2", help="Another run: other texts, or other weights."),
    ],
    labels: Annotated[
        list[Path],
        typer.Option(
            "--labels",
            parser=on_a_disk,
            metavar="<path>",
            help="The journal of the first run; given again, of the second.",
        ),
    ] = [],
    other_labels: Annotated[
        Path | None,
        typer.Option(
            "--other-labels", parser=on_a_disk, metavar="<path>", help="The journal of the second run alone."
        ),
    ] = None,
    filter_: Filter = "",
    equal: Annotated[
        Literal["text", "meaning"], typer.Option("--equal", help="When two names are the same.")
    ] = "text",
    sample: Annotated[int, typer.Option("--sample", min=1, help="At most this many labels, at random.")] = 500,
    top: Annotated[int, typer.Option("--top", min=1, help="How many neurons to list of each sort.")] = 10,
    as_json: Json = False,
) -> None:
    """Say which labels of a run carry over to another of the same shape, and which neurons changed.

    People's labels of either journal count before what a run says. A label carries over where it fits the same
    neuron on the other run's held-out texts at least as well as a description must.
    """
    from neurotui.evaluate.compare_runs import RunWithLabels, compare_runs
    from neurotui.store.run import Run

    if len(labels) > len((run, other)):
        raise UserError("--labels is given more than twice", "one journal of each run is compared")
    if other_labels and len(labels) > 1:
        raise UserError("the journal of the second run is named twice", "leave out one of the two")
    own_journal, its_journal = (*labels, None, None)[:2]
    its_journal = other_labels or its_journal
    with Run(run) as first, Run(other) as second, shown_progress() as progress:
        one = RunWithLabels(first, labels_of(first, own_journal))
        there = RunWithLabels(second, labels_of(second, its_journal))
        encoder = cache(load_encoder)
        found = compare_runs(one, there, encoder, equal=equal, text=filter_, most=sample, progress=progress)
        own = _accepted(one.labels)
        bare = [
            path for path, opened in ((run, first), (other, second)) if not opened.counts()["described_neurons"]
        ]
    if as_json:
        console.answer_of(run, {"other": origin_of(other), "equal": equal, **asdict(found)})
        return
    console.show(*_shown(found, top))
    for path in bare:
        console.warn(_NOT_DESCRIBED.format(origin_of(path), command_line("describe", path)))
    if own:
        console.show(
            *console.folded(
                _taking_over(run, other, (own_journal, its_journal), own, same_weights=found.same_weights)
            )
        )


def _accepted(labels: Labels) -> int:
    return sum(label.state == "accepted" for label in labels.all())


def _taking_over(
    run: Path, other: Path, labels: tuple[Path | None, Path | None], own: int, *, same_weights: bool
) -> str:
    """Say how people's labels of the first run become theirs of the second."""
    if not same_weights:
        return "People's labels are of the first run's weights: an import passes over labels of other weights."
    journals = [("--labels", str(one)) if one else () for one in labels]
    written = command_line("export", run, "-o", "labels.csv", *journals[0])
    taken = command_line("import", other, "labels.csv", *journals[1])
    return f"To take the {counted(own, 'accepted label')} over: {written} && {taken}"


def _shown(found: RunComparison, top: int) -> list[RenderableType]:
    from neurotui.describe.described_rule import LEAST_AUROC, LEAST_CORRELATION
    from neurotui.evaluate.compare_runs import carried_over, most_changed

    rows: list[tuple[console.Value, ...]] = [
        (name, round((figure.value or 0.0) * figure.of), *figure.with_interval)
        for name, figure in found.standings.items()
    ]
    weights = "of one model" if found.same_weights else "of two sets of weights"
    said = [
        f"{counted(found.neurons, 'neuron')} in both runs, {weights}; {counted(found.texts, 'text')} in common."
    ]
    carry = found.carry
    if carry.value is not None:
        share = f"{carry.value:.0%} carry over ({carry.lower:.0%} to {carry.upper:.0%})"
        said += [
            f"Of {carry.of:,} labels of the first run that can be tested on the second's held-out texts, {share}.",
            f"It takes a correlation of {LEAST_CORRELATION} at tokens, of a topic an AUROC of {LEAST_AUROC}.",
        ]
    columns = ("neuron", "said first", "said there", "fit", "there", "peaks")
    tables = [
        console.table(columns, [_row(one) for one in some], title)
        for title, some in (
            ("Changed most", most_changed(found.each, top)),
            ("Carry over best", carried_over(found.each, top)),
        )
        if some
    ]
    return [
        console.table(("what became of it", "neurons", "share", "lower", "upper"), rows),
        *console.folded(*said),
        *tables,
        *console.folded(*(_MEANT if tables else ())),
    ]


def _row(one: Compared) -> tuple[console.Value, ...]:
    return one.neuron, one.first, one.second, one.here, one.there, one.peaks
