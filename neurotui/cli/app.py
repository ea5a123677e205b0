"""The `neurotui` command: its subcommands, in the order of the help."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from neurotui import __version__, console
from neurotui.cli import judging, making, sharing, sitting

_NAME = "neurotui"

app = typer.Typer(
    name=_NAME,
    help="Find out what a language model's neurons respond to, and check it, at the keyboard.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (by default the command line's) name; return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    return console.guarded(lambda: app(given, prog_name=_NAME, standalone_mode=False))


def _version(wanted: bool) -> None:
    if wanted:
        console.show(f"{_NAME} {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


for _name, _command in (
    ("demo", sitting.demo),
    ("precompute", making.precompute),
    ("merge", making.merge),
    ("describe", making.describe),
    ("open", sitting.open_),
    ("evaluate", judging.evaluate),
    ("export", sharing.export),
    ("import", sharing.import_),
    ("info", judging.info),
):
    app.command(_name)(_command)
