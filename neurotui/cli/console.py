"""The output of commands: results on standard output, everything else on standard error, and exit statuses.

All text printed from here has passed ``visible``; nothing is interpreted as markup.
"""

from __future__ import annotations

import io
import json
import math
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TextIO, cast

from neurotui.errors import UserError
from neurotui.sanitize import VisibleStream, visible

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

DONE, COULD_NOT, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
"""The exit statuses."""

Value = str | int | float | bool | None
"""What one cell of a table may hold."""

_DEBUG = "NEUROTUI_DEBUG"
# The width of a table in a file or a pipe, which have no width of their own.
_WIDTH_ELSEWHERE = 160
_MINUTE = 60.0
# Of a longer text people see the beginning; --json has more of it.
_MOST_SHOWN = 1000


def guarded(command: Callable[[], int | None], *, goes_on: bool) -> int:
    """Run a command and return its exit status; errors are printed in two lines, never as a traceback.

    `goes_on`: run again after an interrupt, the command resumes rather than starts over. With ``NEUROTUI_DEBUG``
    set, the traceback of an unexpected error is printed first.
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


def warn(message: str) -> None:
    """Print one sanitised line on standard error."""
    try:
        print(visible(message), file=sys.stderr, flush=True)
    except OSError:
        _silence(sys.stderr)


def answer(record: Mapping[str, object]) -> None:
    """Print one JSON object on standard output: ASCII only, with null for NaN and infinities."""
    print(json.dumps(_finite(record), indent=2, allow_nan=False))


def show(*parts: RenderableType) -> None:
    """Print strings (sanitised), tables and other renderables on standard output."""
    from rich.text import Text

    from neurotui.cli.sanitizing_console import SanitizingConsole

    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _WIDTH_ELSEWHERE
    console = SanitizingConsole(width=width)
    for part in parts:
        soft = isinstance(part, str)
        console.print(Text(visible(part)) if isinstance(part, str) else part, soft_wrap=soft)


def table(columns: Sequence[str], rows: Sequence[Sequence[Value]], title: str = "", wraps: str = "") -> Table:
    """Return a table: numbers right-aligned with three decimals, None as a dash.

    The column that `wraps` takes the room that the others leave, and breaks between words: no other is broken.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(title=visible(title) or None, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    for place, name in enumerate(columns):
        cells = [row[place] for row in rows]
        words = any(isinstance(cell, str) for cell in cells)
        whole = bool(wraps) and name != wraps
        justify: Literal["left", "right"] = "left" if words else "right"
        made.add_column(visible(name), justify=justify, overflow="fold", no_wrap=whole)
    for row in rows:
        made.add_row(*(Text(visible(written(cell))) for cell in row))
    return made


def written(value: Value) -> str:
    """Format a value for people: three decimals, thousands separators, a dash for None."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "\N{EN DASH}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, int):
        return f"{value:,}"
    return value if len(value) <= _MOST_SHOWN else f"{value[:_MOST_SHOWN]}…"


def summary(record: Mapping[str, Value], *, as_json: bool) -> None:
    """Print the results of a command: as JSON, or one line for each figure."""
    if as_json:
        answer(record)
        return
    width = max(map(len, record), default=0)
    show(*(f"{name.replace('_', ' '):<{width}}  {written(value)}" for name, value in record.items()))


def _told(error: Exception) -> int:
    """Print what went wrong; return the exit status."""
    if isinstance(error, BrokenPipeError):
        _silence(sys.stdout)
        return COULD_NOT
    if isinstance(error, UserError):
        if os.environ.get(_DEBUG) and error.__cause__ is not None:
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
    if os.environ.get(_DEBUG):
        _trace(error)
    if isinstance(error, OSError):
        _silence_if_full()
        where = f"'{error.filename}': " if error.filename else ""
        reason = (error.strerror or str(error) or type(error).__name__).lower()
        refuse(f"{where}{reason}", "check the path, its permissions and the room on the disk")
        return COULD_NOT
    refuse(
        f"something went wrong inside neurotui: {type(error).__name__}: {error}",
        f"report it with what this prints: {_DEBUG}=1 neurotui ...",
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
        _silence(sys.stdout)


def _silence(stream: TextIO) -> None:
    """Discard what a stream still has buffered."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device, not a path of anybody's
        os.dup2(nowhere.fileno(), stream.fileno())


def _tolerate_narrow_encodings() -> None:
    """Print a question mark for characters that the terminal's encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _finite(value: object) -> object:
    """Return a JSON-like value with null in the place of NaN and infinities."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return value
