"""The command `export`: writes labels to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neurotui.cli import console
from neurotui.cli.context import labels_of
from neurotui.cli.format_options import FILE, FormatToWrite
from neurotui.cli.options import Filter, Force, Json, LabelsFile, RunFile, new_file
from neurotui.errors import UserError
from neurotui.types import State


def export(
    run: RunFile,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            parser=new_file,
            metavar="<path>",
            help=f"{FILE}; - is standard output.",
        ),
    ],
    labels: LabelsFile = None,
    state: Annotated[State, typer.Option(help="Which labels.")] = "accepted",
    everyone: Annotated[
        bool, typer.Option("--everyone", help="Write each person's own labels, not those that stand.")
    ] = False,
    filter_: Filter = "",
    form: FormatToWrite = None,
    name: Annotated[str, typer.Option("--name", help="What the set is called, in its datasheet.")] = "",
    version: Annotated[
        str, typer.Option("--set-version", help="Its version there; by default a hash of the labels.")
    ] = "",
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write labels to a file, with the machine's scores."""
    from neurotui.exchange.export_labels import export as write
    from neurotui.exchange.registry import STANDARD_OUTPUT
    from neurotui.exchange.rows import SetName
    from neurotui.review.filtered_list import neurons_listed
    from neurotui.store.run import Run

    if as_json and output == STANDARD_OUTPUT:
        raise UserError("the labels and --json cannot both go to standard output", "name a file with -o")
    with Run(run) as opened:
        decided = labels_of(opened, labels)
        chosen = neurons_listed(opened, decided, filter_) if filter_ else None
        count = write(
            opened,
            decided,
            state,
            output,
            form=form,
            replace=force,
            journal=labels,
            chosen=chosen,
            called=SetName(name, version),
            everyone=everyone,
        )
    if output != STANDARD_OUTPUT:
        console.summary({"labels": count, "state": state, "file": str(output)}, as_json=as_json)
