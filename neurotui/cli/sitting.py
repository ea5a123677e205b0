"""Commands that open the app: demo and open."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, astuple
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neurotui import console
from neurotui.assist.questions import Asking
from neurotui.backends.settings import Settings
from neurotui.cli.making import model_side
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
from neurotui.cli.place import at_a_terminal, journal_path, login
from neurotui.words import Refusal

if TYPE_CHECKING:
    from neurotui.demo import Demo
    from neurotui.store.run import Run


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
        _open(Path(made.run), None, "", read_only=False, asking=Asking())
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
    from neurotui.tui.ending import in_a_browser

    if not at_a_terminal() and not in_a_browser():
        raise Refusal("neurotui open needs a terminal", f"without one, try: neurotui info '{run}'")
    settings = make_settings()
    _open(run, labels, annotator, read_only=read_only, asking=Asking(backend, settings), model=model)


def _open(
    run: Path, labels: Path | None, annotator: str, *, read_only: bool, asking: Asking, model: str = ""
) -> None:
    # DuckDB reads while Python imports: each on a core of its own.
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(_read, run)
        from neurotui.tui.app import open_app
        from neurotui.tui.config import load_config

        config = load_config()
        journal = journal_path(run, labels)
    open_app(
        reading.result(),
        labels=journal,
        annotator=annotator or config.annotator or login(),
        read_only=read_only,
        config=config,
        asking=asking,
        model=model,
    )


def _read(path: Path) -> Run:
    """Open a run and read what the app's first screen shows."""
    from neurotui.store.run import Run

    run = Run(path)
    run.overview()
    return run


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
