"""The command `import`: adds exported labels to a journal."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from neurotui.cli import console
from neurotui.cli.context import journal_path
from neurotui.cli.format_options import FILE, Format
from neurotui.cli.options import Annotator, Json, LabelsFile, RunFile
from neurotui.user_config import configured_annotator, login


def import_(
    run: RunFile,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help=f"{FILE} that `neurotui export` or a spreadsheet wrote; - is standard input."
        ),
    ],
    labels: LabelsFile = None,
    form: Format = None,
    annotator: Annotator = "",
    encoding: Annotated[str, typer.Option(help="What the file is in, if not UTF-8, as in cp1252.")] = "",
    as_json: Json = False,
) -> None:
    """Take exported labels into a journal.

    Each decision keeps its author's name and time. What the journal says already is skipped, and a row that says
    something else counts. In the app, undo takes the whole import back.
    """
    from neurotui.exchange.imports import import_labels
    from neurotui.store.journal import Journal
    from neurotui.store.run import Run

    with Run(run) as opened:
        journal = Journal(journal_path(run, labels), run)
        by = annotator.strip() or configured_annotator() or login()
        taken = import_labels(opened, journal, file, form=form, by=by, encoding=encoding)
    console.summary({**asdict(taken), "journal": str(journal.path)}, as_json=as_json)
