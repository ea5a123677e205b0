"""The command `merge`: merges shards into a run."""

from __future__ import annotations

from typing import Annotated

import typer

from neurotui.cli import console
from neurotui.cli.models_extra import model_side
from neurotui.cli.options import (
    Force,
    Json,
    OutputOption,
)
from neurotui.cli.progress_display import shown_progress
from neurotui.cli.truncation_report import summary_of


def merge(
    shards: Annotated[
        str,
        typer.Argument(metavar="SHARDS", help="The folder that every part wrote its shards to, or its URL."),
    ],
    output: OutputOption,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Fold the shards of `precompute --shard` into a run."""
    with model_side(), shown_progress() as progress:
        from neurotui.precompute.pipeline import merge as fold

        made = fold(shards, output, progress=progress, replace=force)
    console.summary(summary_of(made, as_json=as_json), as_json=as_json)
