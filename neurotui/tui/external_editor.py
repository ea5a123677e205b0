"""Edit a label in the user's own editor, as git does for a commit message."""

from __future__ import annotations

import contextlib
import math
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.sanitize import restored, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SCISSORS = "-" * 24 + " >8 " + "-" * 24
_FALLBACK = "vi"
_LOOK_EVERY = 0.1
_GRACE = 1.0
_FOR_THE_EDITOR, _ENDS = ("SIGINT", "SIGQUIT"), ("SIGTERM", "SIGHUP")


def written_in_editor(
    begun: str, what: str, others: Sequence[str], environment: Mapping[str, str] = os.environ
) -> str:
    """Edit a text that starts as `begun` in $VISUAL or $EDITOR; return its lines as one.

    What is not edited stays as it is in `begun`; the rest is sanitised.

    `what` it is and the `others` are shown below a scissors line and ignored. Returns "" if the text is empty or
    the file was not saved. Raises ``UserError`` if the editor cannot be run, fails, or leaves no text file.
    """
    editor = environment.get("VISUAL") or environment.get("EDITOR") or _FALLBACK
    notes = [f"{what}: all lines above count as one", "leave it empty to change nothing", *others]
    with tempfile.TemporaryDirectory(prefix="neurotui-") as folder:
        file = Path(folder, "label.txt")
        file.write_text("\n".join([visible(begun), "", _SCISSORS, *notes, ""]), encoding="utf-8")
        before = _stamp(file)
        try:
            status = _wait_for([*shlex.split(editor), str(file)])
            _forget_keys()
        except (OSError, ValueError) as error:
            raise UserError(
                f"the editor '{visible(editor)}' cannot be used: {error}", "set EDITOR to another"
            ) from error
        if status:
            raise UserError(
                f"the editor '{visible(editor)}' ended with status {status}", "nothing has been changed"
            )
        try:
            # Some editors start a file with a byte order mark.
            written = file.read_text(encoding="utf-8-sig") if _stamp(file) != before else ""
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(
                f"what the editor '{visible(editor)}' left cannot be read: {error}", "nothing has been changed"
            ) from error
    lines = (line.strip() for line in written.partition(_SCISSORS)[0].split("\n"))
    # A tab is a space that somebody typed; whatever else a terminal would act on is shown instead.
    text = "\t".join(map(visible, " ".join(filter(None, lines)).split("\t")))
    return restored(text, begun)


def _forget_keys() -> None:
    """Discard keys typed while an editor with its own window was open: they were not meant for the app."""
    if os.name == "posix" and sys.__stdin__ is not None and sys.__stdin__.isatty():
        import termios  # noqa: PLC0415 - only POSIX has it

        termios.tcflush(sys.__stdin__, termios.TCIFLUSH)


def _stamp(file: Path) -> tuple[int, int]:
    """Return a value that changes when the file is written or replaced."""
    status = file.stat()
    return status.st_mtime_ns, status.st_ino


def _wait_for(command: Sequence[str]) -> int:
    """Run an editor to its end; return its exit status.

    Interrupt keys reach this process too, but are meant for the editor. A signal that ends this process ends the
    editor; the event loop gets it afterwards, when the draft has been removed.
    """
    received: list[int] = []

    def end(number: int, _: object) -> None:
        received.append(number)

    handlers = {name: (lambda *_: None) if name in _FOR_THE_EDITOR else end for name in _FOR_THE_EDITOR + _ENDS}
    # The event loop is notified of signals through this descriptor, whatever their handlers are.
    wakes = signal.set_wakeup_fd(-1)
    before = {
        number: signal.signal(number, handler)
        for name, handler in handlers.items()
        if (number := getattr(signal, name, None)) is not None
    }
    try:
        process = subprocess.Popen(command)  # noqa: S603 - whose editor it is says what is run
        asked = math.inf
        while True:
            if received and asked == math.inf:
                process.terminate()
                asked = monotonic()
            elif monotonic() - asked > _GRACE:
                # An editor that ignores the signal would keep this process alive too.
                process.kill()
            # In short waits: a signal delivered to another thread would not interrupt a longer one.
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(_LOOK_EVERY)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakes)
        for number in received:
            signal.raise_signal(number)
