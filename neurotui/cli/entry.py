"""The entry point of `neurotui`: runs the command that its command line names."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from neurotui.cli import exits

if TYPE_CHECKING:
    from collections.abc import Sequence

# These commands resume after an interrupt: work that was finished is not repeated.
_GO_ON = (["precompute"], ["merge"], ["describe"], ["demo"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (by default the command line's) name; return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    typed = shlex.join(["neurotui", *given]) if given[:1] in _GO_ON else ""
    status = exits.guarded(lambda: _run(given), goes_on=typed)
    if arguments is None and status == exits.INTERRUPTED:
        exits.leave(status)
    return status


def _run(given: list[str]) -> int | None:
    match given:
        case ["open", run] if not run.startswith("-"):
            # There are no options to parse, and importing the parser takes longer than opening a run.
            from neurotui.cli.app_launcher import open_run
            from neurotui.cli.context import run_path

            open_run(run_path(run))
            return None
        case _:
            from neurotui.cli.application import run_command

            return run_command(given)
