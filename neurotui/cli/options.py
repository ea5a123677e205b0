"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Backend = Literal["keywords", "openai", "transformers", "gold"]
Format = Literal["jsonl", "csv"]

RunFile = Annotated[Path, typer.Argument(metavar="RUN", help="The run, a .duckdb file.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="The run to write.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it is there already.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
LabelsFile = Annotated[
    Path | None, typer.Option("--labels", help="The journal; by default the one beside the run.")
]
Annotator = Annotated[
    str, typer.Option(envvar="NEUROTUI_ANNOTATOR", help="Who decides; by default your login name.")
]
