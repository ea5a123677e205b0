"""What the app prints when it ends on a fault of its own."""

from __future__ import annotations

import traceback
from pathlib import Path

from neurotui.sanitize import visible


def fault(error: BaseException | None) -> str:
    """Return the error and where in our code it happened, as unsanitised text."""
    frames = [f for f in traceback.extract_tb(error.__traceback__ if error else None) if "neurotui" in f.filename]
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {str(error)[:300]}{place}"


def fault_report(fault: str, journal: Path) -> str:
    """Return what to print after a crash of the app."""
    return (
        f"error: neurotui stopped on a fault of its own: {visible(fault)}\n"
        f"hint: every decision that was shown as saved is in '{visible(str(journal))}'; report the line above\n"
    )
