"""The error that a person can mend, and the commands that its hints name."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class UserError(Exception):
    """Something a person can mend: ``message`` names the thing and why, ``hint`` the way out.

    Commands print both and exit with status 1; the app shows both in a toast.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def command_line(command: str, run: Path, *options: str) -> str:
    """Return one of our commands on a run, as a shell reads it and we do; it may hold anything."""
    named = f"./{run}" if str(run).startswith("-") else str(run)
    return shlex.join(["neurotui", command, named, *options])
