"""The command `serve`: shows the app in a browser.

The library behind it, textual-serve, has no authentication. So this serves on the loopback address only, and,
since other users of a shared machine can reach that too, requires a key: the printed URL contains it, the first
request with it sets a cookie, and requests with neither are refused.
"""

from __future__ import annotations

import logging
import os
import secrets
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from neurotui.cli import console, exits
from neurotui.cli.context import journal_path
from neurotui.cli.options import RunFile
from neurotui.errors import UserError
from neurotui.safe_subprocess import python
from neurotui.sanitize import visible
from neurotui.web.loopback import LOOPBACK, NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

_PORT = 8000
_MOST_PORT = 65535


def serve(
    context: typer.Context,
    run: RunFile,
    port: Annotated[
        int | None, typer.Option(help=f"The port; by default {_PORT}, or a free one where that is taken.")
    ] = None,
    host: Annotated[str, typer.Option(help="The loopback address, and no other.")] = LOOPBACK,
) -> None:
    """Open a run in the app in a browser, on this machine.

    Every other option is one of `neurotui open`: --labels, --annotator, --read-only, --backend and so on.
    """
    if host not in NAMES:
        raise UserError(
            f"'{host}' is not the loopback address, and whoever reaches the app may decide",
            "from another machine, go through ssh: ssh -L 8000:127.0.0.1:8000 THIS_MACHINE",
        )
    command, read_only = _opening(run, context.args)
    with _listening(port) as listening:
        _serve(command, listening, run.name, read_only=read_only)


def _opening(run: Path, options: Sequence[str]) -> tuple[str, bool]:
    """Return the command that opens the run for one browser, and whether that decides nothing.

    Raises now the errors that it would raise there.
    """
    from neurotui.cli.application import application
    from neurotui.review.session import Session
    from neurotui.store.run import Run
    from neurotui.tui.config import load_config

    arguments = [str(run.resolve()), *options]
    group = cast("typer.core.TyperGroup", typer.main.get_command(application(["open"])))
    read = group.commands["open"].make_context("neurotui open", [*arguments]).params
    load_config()
    with Run(run) as opened:
        Session.open(opened, labels=journal_path(run, read["labels"]), annotator="", read_only=True)
    command = python("-m", "neurotui", "open", *arguments)
    # Without a shell in between, signals reach the app itself.
    line = f"exec {shlex.join(command)}" if os.name == "posix" else subprocess.list2cmdline(command)
    return line, bool(read["read_only"])


def _listening(port: int | None) -> socket.socket:
    """Return a socket listening on the loopback address; ``UserError`` if the requested port is taken."""
    if port is not None and not 0 <= port <= _MOST_PORT:
        raise UserError(f"{port} is no port", f"name one from 1 to {_MOST_PORT}, or 0 for any that is free")
    for wanted in (_PORT, 0) if port is None else (port,):
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((LOOPBACK, wanted))
            listening.listen()
        except OSError as error:
            listening.close()
            reason = (error.strerror or str(error)).lower()
        else:
            return listening
    raise UserError(f"port {port} cannot be had: {reason}", "name another, or --port 0 for any that is free")


def _serve(command: str, listening: socket.socket, name: str, *, read_only: bool) -> None:
    """Serve the run of this name until Ctrl-C or a signal; all apps open in browsers end too."""
    try:
        from neurotui.web.server import LockedServer
    except ModuleNotFoundError as error:
        raise UserError(
            f"serving needs textual-serve, for which '{error.name}' is not installed",
            "pip install 'neurotui[serve]'",
        ) from error
    if not os.environ.get(exits.DEBUG):
        logging.disable(logging.CRITICAL)
    key, port = secrets.token_urlsafe(24), listening.getsockname()[1]
    console.show(
        f"neurotui is at http://{LOOPBACK}:{port}/?key={key}",
        "Whoever on this machine has that address can read; nothing can be decided there. Ctrl-C ends it."
        if read_only
        else "Whoever on this machine has that address decides in your name. Ctrl-C ends it.",
    )
    sys.stdout.flush()
    LockedServer(command, port, key, f"{visible(name)} · neurotui").run_on(listening)
