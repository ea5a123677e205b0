"""The command `open`: opens a run in the app."""

from __future__ import annotations

from typing import Annotated

import typer

from neurotui.backends.settings import BackendSettings
from neurotui.cli.app_launcher import open_run
from neurotui.cli.backend_options import MakeSettings, Writer, asks_a_backend
from neurotui.cli.options import Annotator, LabelsFile, ModelFolder, RunFile
from neurotui.labelling.types import LabelBackend


@asks_a_backend
def open_(
    run: RunFile,
    labels: LabelsFile = None,
    annotator: Annotator = "",
    read_only: Annotated[bool, typer.Option("--read-only", help="Look, decide nothing.")] = False,
    backend: Writer = "keywords",
    make_settings: MakeSettings = BackendSettings,
    model: ModelFolder = "",
) -> None:
    """Open a run in the app: search, read, accept, reject."""
    asking = LabelBackend(backend, make_settings())
    open_run(run, labels, annotator, read_only=read_only, asking=asking, model=model)
