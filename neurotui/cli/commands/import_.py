"""The command `import`: adds exported labels to a journal."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from neurotui.cli import console
from neurotui.cli.context import journal_path
from neurotui.cli.format_options import FILE, Format
from neurotui.cli.options import Json, LabelsFile, RunFile


def import_(
    run: RunFile,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=f"{FILE} that `neurotui export` wrote.")],
    labels: LabelsFile = None,
    form: Format = None,
    as_json: Json = False,
) -> None:
    """Take exported labels into a journal.

    Each decision keeps its author's name; decisions that are already in the journal are skipped.
    """
    from neurotui.exchange.files import take_in
    from neurotui.store.journal import Journal
    from neurotui.store.run import Run

    with Run(run) as opened:
        journal = Journal(journal_path(run, labels))
        taken = take_in(opened, journal, file, form=form)
    console.summary({**asdict(taken), "journal": str(journal.path)}, as_json=as_json)
