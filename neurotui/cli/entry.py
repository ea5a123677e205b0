"""The way in: what `neurotui` does with its command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from neurotui.cli import console

if TYPE_CHECKING:
    from collections.abc import Sequence

# What these had finished when they were interrupted is not done again.
_GO_ON = (["precompute"], ["demo"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (by default the command line's) name; return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    return console.guarded(lambda: _run(given), goes_on=given[:1] in _GO_ON)


def _run(given: list[str]) -> int | None:
    match given:
        case ["open", run] if not run.startswith("-"):
            # Nothing is left to read, and what reads options takes longer to load than a run to open.
            from neurotui.cli.app_launcher import open_run

            open_run(Path(run))
            return None
        case _:
            from neurotui.cli.application import run_command

            return run_command(given)
