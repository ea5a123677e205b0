"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from neurotui.annotator_name import ANNOTATOR
from neurotui.cli.context import run_path
from neurotui.store.atomic import refuse_folder
from neurotui.store.url_refusals import on_a_disk, refuse_writing_to


def new_file(name: str) -> Path:
    """Return the path of a file to write; ``UserError`` for a folder's name, or a URL."""
    refuse_writing_to(name)
    refuse_folder(name)
    return Path(name)


def new_folder(name: str | Path) -> Path:
    """Return the path of a folder to write to, typed or by default; ``UserError`` for a URL."""
    refuse_writing_to(name)
    return Path(name)


def one_of(known: tuple[str, ...]) -> Callable[[str], str]:
    """Return what reads an option that takes one of some names, which a type cannot list: packages add to them."""

    def read(given: str) -> str:
        if given not in known:
            raise typer.BadParameter(f"'{given}' is not one of {', '.join(map(repr, known))}")
        return given

    return read


def listed(known: tuple[str, ...]) -> str:
    """Return how the help lists the names that an option takes."""
    return f"<{'|'.join(known)}>"


RunFile = Annotated[
    Path, typer.Argument(parser=run_path, metavar="RUN", help="The run, a .duckdb file, or its URL.")
]
ChangedRunFile = Annotated[Path, typer.Argument(parser=on_a_disk, metavar="RUN", help="The run, a .duckdb file.")]
OutputOption = Annotated[
    Path, typer.Option("--output", "-o", parser=new_file, metavar="<path>", help="The run to write.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it is there already.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
LabelsFile = Annotated[
    Path | None,
    typer.Option(
        "--labels",
        parser=on_a_disk,
        metavar="<path>",
        help="The journal; by default the one beside the run, or in this folder if that is a URL.",
    ),
]
Filter = Annotated[str, typer.Option("--filter", help="Only neurons that this filter of the app matches.")]
Describers = Annotated[
    list[str],
    typer.Option(
        "--describer",
        metavar="NAME|FILE",
        help="This one, not all: a describer, a person; or a journal or file of explanations as well.",
    ),
]
NeuronName = Annotated[str, typer.Argument(metavar="NEURON", help="A neuron, as in L3.797.")]
ModelFolder = Annotated[
    str, typer.Option("--model", help="The folder of the run's model, if it is not where the run says.")
]
Annotator = Annotated[
    str, typer.Option(envvar=ANNOTATOR, help="Who decides, if not who is configured or logs in.")
]
