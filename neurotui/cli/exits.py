"""How a command ends: its exit status, and for an error two lines, ``error:`` and ``hint:``, never a traceback."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NoReturn, TextIO, cast

from neurotui.cli.console import silence, warn
from neurotui.errors import UserError
from neurotui.sanitize import VisibleStream

# The exit statuses.
DONE = 0
COULD_NOT = 1
WRONG_USAGE = 2
INTERRUPTED = 130

DEBUG = "NEUROTUI_DEBUG"
"""The variable of the environment with which tracebacks are printed."""


def guarded(command: Callable[[], int | None], *, goes_on: str) -> int:
    """Run a command and return its exit status; errors are printed in two lines, never as a traceback.

    `goes_on` is what to type for a command that resumes after an interrupt; "" if it would start over. With
    ``NEUROTUI_DEBUG`` set, the traceback of an unexpected error is printed first.
    """
    _tolerate_narrow_encodings()
    with _walled():
        try:
            code = command() or DONE
            sys.stdout.flush()
        except KeyboardInterrupt:
            code = INTERRUPTED
        except Exception as error:  # noqa: BLE001 - the last catch before a person
            code = _told(error)
        if code == INTERRUPTED:
            rest = "; the same command goes on from there" if goes_on else ""
            warn(f"interrupted: what is finished is kept{rest}")
            if goes_on:
                warn(f"hint: {goes_on}")
    return code


@contextmanager
def _walled() -> Iterator[None]:
    """Sanitise what goes to a terminal, and all of standard error, whoever prints it."""
    before = sys.stdout, sys.stderr
    # A stream that is closed is None. What goes to a file or a pipe stays as it is, to the byte.
    if sys.stdout is not None and sys.stdout.isatty():
        sys.stdout = cast("TextIO", VisibleStream(sys.stdout))
    if sys.stderr is not None:
        sys.stderr = cast("TextIO", VisibleStream(sys.stderr))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def refuse(message: str, hint: str = "", details: Sequence[str] = ()) -> None:
    """Print an error, its details and what to do about it on standard error."""
    warn(f"error: {message}")
    for detail in details:
        warn(f"  {detail}")
    if hint:
        warn(f"hint: {hint}")


def leave(status: int) -> NoReturn:
    """End the process at once after an interrupt, without waiting for threads or for Python's own cleanup."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(status)


def _told(error: Exception) -> int:
    """Print what went wrong; return the exit status."""
    if isinstance(error, BrokenPipeError):
        silence(sys.stdout)
        return COULD_NOT
    if isinstance(error, UserError):
        if os.environ.get(DEBUG) and error.__cause__ is not None:
            _trace(error.__cause__)  # perhaps of another package, whose author wants to know where
        refuse(error.message, error.hint, error.details)
        return COULD_NOT
    # A usage error, whichever library typer builds on: it carries its exit status and the context it arose in.
    if getattr(error, "exit_code", None) == WRONG_USAGE and hasattr(error, "format_message"):
        message = str(error.format_message()).strip().rstrip(".").replace("Value error, ", "")
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "neurotui"
        refuse(message[:1].lower() + message[1:], f"{path} --help")
        return WRONG_USAGE
    if os.environ.get(DEBUG):
        _trace(error)
    if isinstance(error, OSError):
        _silence_if_full()
        where = f"'{error.filename}': " if error.filename else ""
        reason = (error.strerror or str(error) or type(error).__name__).lower()
        refuse(f"{where}{reason}", "check the path, its permissions and the room on the disk")
        return COULD_NOT
    refuse(
        f"something went wrong inside neurotui: {type(error).__name__}: {error}",
        f"report it with what this prints: {DEBUG}=1 neurotui ...",
    )
    return COULD_NOT


def _trace(error: BaseException) -> None:
    for line in traceback.format_exception(error):
        for part in line.splitlines():
            warn(part)


def _silence_if_full() -> None:
    """Close standard output if it accepts no more; otherwise Python would report the error again at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        silence(sys.stdout)


def _tolerate_narrow_encodings() -> None:
    """Print a question mark for characters that the terminal's encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
