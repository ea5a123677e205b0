"""The command `import`: adds labels of a file, ours or other people's, to a journal."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from neurotui.annotator_name import annotator_name
from neurotui.cli import console
from neurotui.cli.context import journal_path
from neurotui.cli.format_options import FormatToRead
from neurotui.cli.options import Annotator, Json, LabelsFile, RunFile
from neurotui.store.url_refusals import on_a_disk

# What people are told even where there are none.
_ALWAYS = {"labels", "notes", "known", "other_models", "without_model"}


def import_(
    run: RunFile,
    file: Annotated[
        Path,
        typer.Argument(
            parser=on_a_disk, metavar="FILE", help="A file of labels, or a folder of them; - is standard input."
        ),
    ],
    labels: LabelsFile = None,
    form: FormatToRead = None,
    map_: Annotated[
        list[str],
        typer.Option("--map", metavar="FIELD=COLUMN", help="Which column holds a field, as in label=explanation."),
    ] = [],
    set_: Annotated[
        list[str],
        typer.Option("--set", metavar="FIELD=VALUE", help="What a field is in every row, as in layer=3."),
    ] = [],
    pattern: Annotated[
        str,
        typer.Option(help="How the file names a neuron, as in 'LAYER:UNIT' or 'h.LAYER.mlp:UNIT'; * is anything."),
    ] = "",
    candidates: Annotated[
        bool | None,
        typer.Option(
            "--as-candidates/--as-decisions",
            help="Propose the labels, or accept them; by default what machines wrote is proposed.",
        ),
    ] = None,
    insist: Annotated[
        bool, typer.Option("--insist", help="Take labels of another model, or of a dictionary's features.")
    ] = False,
    annotator: Annotator = "",
    encoding: Annotated[str, typer.Option(help="What the file is in, if not UTF-8, as in cp1252.")] = "",
    as_json: Json = False,
) -> None:
    """Take labels into a journal, exported ones or other people's.

    Each decision keeps its author's name and time. What the journal says already is skipped, and a row that says
    something else counts. What machines wrote becomes candidates, which decide nothing. All of a file is taken, or
    nothing; every line that does not fit is told. In the app, undo takes the whole import back.
    """
    from neurotui.exchange.checked_rows import Reading
    from neurotui.exchange.column_mapping import Mapping
    from neurotui.exchange.import_labels import import_labels
    from neurotui.store.journal import Journal
    from neurotui.store.run import Run

    how = Reading(mapping=Mapping.parse(map_, set_, pattern), candidates=candidates, insist=insist)
    with Run(run) as opened:
        journal = Journal(journal_path(run, labels), run)
        by = annotator_name(annotator)
        taken = import_labels(opened, journal, file, form=form, by=by, encoding=encoding, how=how)
        model = opened.model
    counts = {name: count for name, count in asdict(taken).items() if as_json or count or name in _ALWAYS}
    console.summary({**counts, "journal": str(journal.path)}, as_json=as_json)
    for remark in taken.remarks(model):
        console.warn(f"note: {remark}")
