"""Commands that open the app: demo and open."""

from __future__ import annotations

from dataclasses import asdict, astuple
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neurotui import console
from neurotui.cli.making import model_side
from neurotui.cli.options import Annotator, Json, LabelsFile, RunFile
from neurotui.cli.place import at_a_terminal, journal_path, login
from neurotui.words import Refusal

if TYPE_CHECKING:
    from neurotui.demo import Demo


def demo(
    folder: Annotated[Path, typer.Option("--output", "-o", help="The folder to make it in.")] = Path(
        "neurotui-demo"
    ),
    as_json: Json = False,
) -> None:
    """Make and open a run of the packaged corpus, without a network."""
    with model_side(), console.progress() as progress:
        from neurotui.demo import prepare

        made = prepare(folder, progress=progress)
    if as_json:
        console.answer(asdict(made))
    elif at_a_terminal():
        _open(Path(made.run), None, login(), read_only=False)
    else:
        _show_demo(made)


def open_(
    run: RunFile,
    labels: LabelsFile = None,
    annotator: Annotator = "",
    read_only: Annotated[bool, typer.Option("--read-only", help="Look, decide nothing.")] = False,
) -> None:
    """Open a run in the app: search, read, accept, reject."""
    if not at_a_terminal():
        raise Refusal("neurotui open needs a terminal", f"without one, try: neurotui info '{run}'")
    _open(run, labels, annotator or login(), read_only=read_only)


def _open(run: Path, labels: Path | None, annotator: str, *, read_only: bool) -> None:
    from neurotui.tui.app import open_app

    open_app(run, labels=journal_path(run, labels), annotator=annotator, read_only=read_only)


def _show_demo(made: Demo) -> None:
    columns = ("neuron", "descriptor", "AUROC", "lower", "upper", "validation", "top texts peak at")
    best = [(*astuple(one)[:-1], ", ".join(one.peaks)) for one in made.best]
    console.show(
        f"{made.texts:,} texts, {made.neurons:,} neurons, {made.descriptors:,} descriptors found in the texts;"
        f" {made.described_neurons:,} neurons are described.",
        console.table(columns, best, "The best neuron of the ten best descriptors"),
        f"The run is {made.run}{' (made before)' if made.reused else ''}. Open it in a terminal:",
        f"  neurotui open {made.run}",
    )
