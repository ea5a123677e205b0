"""Commands that open the app: demo and open."""

from __future__ import annotations

from dataclasses import asdict, astuple
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neurotui.backends.settings import Settings
from neurotui.cli import console
from neurotui.cli.launching import open_run
from neurotui.cli.options import (
    Annotator,
    Json,
    LabelsFile,
    MakeSettings,
    ModelFolder,
    RunFile,
    Writer,
    asks_a_backend,
)
from neurotui.cli.place import at_a_terminal
from neurotui.errors import command_line
from neurotui.labelling.types import Asking

if TYPE_CHECKING:
    from neurotui.demo import Demo


def demo(
    folder: Annotated[Path, typer.Option("--output", "-o", help="The folder to make it in.")] = Path(
        "neurotui-demo"
    ),
    as_json: Json = False,
) -> None:
    """Make and open a run of the packaged corpus, without a network."""
    from neurotui.cli.making import model_side

    with model_side(), console.progress() as progress:
        from neurotui.demo import prepare

        made = prepare(folder, progress=progress)
    if as_json:
        console.answer(asdict(made))
    elif at_a_terminal():
        open_run(Path(made.run))
    else:
        _show_demo(made)


@asks_a_backend
def open_(
    run: RunFile,
    labels: LabelsFile = None,
    annotator: Annotator = "",
    read_only: Annotated[bool, typer.Option("--read-only", help="Look, decide nothing.")] = False,
    backend: Writer = "keywords",
    make_settings: MakeSettings = Settings,
    model: ModelFolder = "",
) -> None:
    """Open a run in the app: search, read, accept, reject."""
    asking = Asking(backend, make_settings())
    open_run(run, labels, annotator, read_only=read_only, asking=asking, model=model)


def _show_demo(made: Demo) -> None:
    columns = ("neuron", "what is said of it", "score", "r on validation", "peaks at")
    best = [(*astuple(one)[:-1], ", ".join(one.peaks)) for one in made.best]
    console.show(
        f"{made.texts:,} texts, {made.neurons:,} neurons, {made.descriptors:,} descriptors found in the texts;"
        f" {made.described_neurons:,} neurons are described.",
        console.table(columns, best, "The best neuron of the ten best descriptors"),
        f"The run is {made.run}{' (made before)' if made.reused else ''}. Open it in a terminal:",
        f"  {command_line('open', Path(made.run))}",
    )
