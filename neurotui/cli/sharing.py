"""Commands that take labels out and in: export and import."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from neurotui.cli import console
from neurotui.cli.options import Force, Format, Json, LabelsFile, RunFile, new_file
from neurotui.cli.place import journal_path, labels_of
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
            help="A .jsonl or .csv file; - is standard output.",
        ),
    ],
    labels: LabelsFile = None,
    state: Annotated[State, typer.Option(help="Which labels.")] = "accepted",
    form: Annotated[Format | None, typer.Option("--format", help="By default what the name says.")] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write labels to a file, with the machine's scores."""
    from neurotui.exchange.files import STANDARD_OUTPUT
    from neurotui.exchange.files import export as write
    from neurotui.store.run import Run

    if as_json and output == STANDARD_OUTPUT:
        raise UserError("the labels and --json cannot both go to standard output", "name a file with -o")
    with Run(run) as opened:
        count = write(opened, labels_of(opened, labels), state, output, form=form, replace=force, journal=labels)
    if output != STANDARD_OUTPUT:
        console.summary({"labels": count, "state": state, "file": str(output)}, as_json=as_json)


def import_(
    run: RunFile,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A .jsonl or .csv file that `neurotui export` wrote.")
    ],
    labels: LabelsFile = None,
    form: Annotated[Format | None, typer.Option("--format", help="By default what the name says.")] = None,
    as_json: Json = False,
) -> None:
    """Take exported labels into a journal.

    Each stays under the name of who decided it; what is in the journal already is not taken twice.
    """
    from neurotui.exchange.files import take_in
    from neurotui.store.journal import Journal
    from neurotui.store.run import Run

    with Run(run) as opened:
        journal = Journal(journal_path(run, labels))
        taken = take_in(opened, journal, file, form=form)
    console.summary({**asdict(taken), "journal": str(journal.path)}, as_json=as_json)
