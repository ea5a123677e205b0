"""The `neurotui` command: its subcommands, in the order of the help."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Annotated

import typer

from neurotui import __version__
from neurotui.cli import console
from neurotui.cli.command_line import PlainCommand, PlainGroup

_NAME = "neurotui"

GROUPS: dict[str, tuple[str, ...]] = {
    "Make a run": ("demo", "precompute", "merge", "describe"),
    "Look and decide": ("open", "serve", "keys"),
    "Ask about neurons": ("label", "similar", "probe"),
    "Judge and share": ("journal", "settle", "evaluate", "score", "causal", "compare", "export", "import"),
    "Check a run": ("verify", "info"),
}
"""The commands by what they are for, each a function of a module of its name in ``commands``; its examples are in
``examples.py``."""

COMMANDS = tuple(name for names in GROUPS.values() for name in names)
"""The commands, in the order of the help; running one imports no other."""

_SETTINGS = {
    # What it does not know itself is an option of `open`.
    "serve": {"allow_extra_args": True, "ignore_unknown_options": True},
}


def run_command(given: list[str]) -> int | None:
    """Run the command that a command line names, or tell which there are; return its exit status, if any."""
    app = application(given[:1] if given[:1] and given[0] in COMMANDS else COMMANDS)
    status: int | None = app(given or ["--help"], prog_name=_NAME, standalone_mode=False, obj=given)
    return status


def application(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """Return the command with some of its subcommands: making one ready takes longer than running some."""
    app = typer.Typer(
        name=_NAME,
        help="Find out what a language model's neurons respond to, and check it, at the keyboard.",
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        no_args_is_help=True,
        cls=_Neurotui,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for name in names:
        # What Python has taken for a word of its own bears an underscore.
        spelled = f"{name}_" if name in {"open", "import"} else name
        command = getattr(import_module(f"neurotui.cli.commands.{spelled}"), spelled)
        app.command(name, cls=PlainCommand, context_settings=_SETTINGS.get(name))(command)
    return app


class _Neurotui(PlainGroup):
    """The command with its groups."""

    groups = GROUPS


def _version(wanted: bool) -> None:
    if wanted:
        console.show(f"{_NAME} {__version__}")
        raise typer.Exit


def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass
