"""What the app prints when it ends on a fault of its own."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from neurotui.errors import UserError
from neurotui.sanitize import visible
from neurotui.store.table_faults import blame

if TYPE_CHECKING:
    from neurotui.store.run import Run


def fault(error: BaseException | None) -> str:
    """Return the error and where in our code it happened, as unsanitised text."""
    frames = [f for f in traceback.extract_tb(error.__traceback__ if error else None) if "neurotui" in f.filename]
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {str(error)[:300]}{place}"


def contradiction(run: Run, error: BaseException | None) -> UserError | None:
    """Return what in a run's tables an error comes from; None if it is a fault of ours."""
    try:
        blame(run.reader, error)
    except UserError as refusal:
        return refusal
    return None


def fault_report(fault: str, journal: Path) -> Text:
    """Return what to print after a crash of the app."""
    return report(
        UserError(
            f"neurotui stopped on a fault of its own: {fault}",
            f"every decision that was shown as saved is in '{journal}'; report the line above",
        )
    )


def report(error: UserError) -> Text:
    """Return what to print of the error that ended the app, all of it however narrow the terminal is."""
    return Text(f"error: {visible(error.message)}\nhint: {visible(error.hint)}", overflow="fold")
