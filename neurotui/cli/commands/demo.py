"""The command `demo`: makes and opens a run of the packaged texts."""

from __future__ import annotations

from dataclasses import asdict, astuple
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neurotui.cli import console
from neurotui.cli.app_launcher import open_run
from neurotui.cli.context import at_a_terminal
from neurotui.cli.options import Json, new_folder
from neurotui.cli.progress_display import shown_progress
from neurotui.store.run_commands import command_line

if TYPE_CHECKING:
    from neurotui.demo import Demo


def demo(
    folder: Annotated[
        Path,
        typer.Option("--output", "-o", parser=new_folder, metavar="<path>", help="The folder to make it in."),
    ] = Path("neurotui-demo"),
    as_json: Json = False,
) -> None:
    """Make and open a run of the packaged corpus, without a network."""
    from neurotui.cli.models_extra import model_side

    with model_side(), shown_progress() as progress:
        from neurotui.demo import prepare

        made = prepare(folder, progress=progress)
    if as_json:
        console.answer(asdict(made))
    elif at_a_terminal():
        open_run(Path(made.run))
    else:
        _show_demo(made)


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
