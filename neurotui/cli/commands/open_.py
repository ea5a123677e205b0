"""The command `open`: opens a run in the app."""

from __future__ import annotations

from typing import Annotated

import typer

from neurotui.backends.settings import Settings
from neurotui.cli.app_launcher import open_run
from neurotui.cli.options import (
    Annotator,
    LabelsFile,
    MakeSettings,
    ModelFolder,
    RunFile,
    Writer,
    asks_a_backend,
)
from neurotui.labelling.types import Asking


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
