"""The output of commands: results on standard output, everything else on standard error.

All text printed from here has passed ``visible``; nothing is interpreted as markup.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Literal, TextIO

from neurotui.sanitize import visible

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType
    from rich.table import Table

Value = str | int | float | bool | None
"""What one cell of a table may hold."""

# The width of a table in a file or a pipe, which have no width of their own.
_WIDTH_ELSEWHERE = 160
# Sentences are read in lines of so many cells, wherever they are printed.
_LINE = 79
# Of a longer text people see the beginning; --json has more of it.
_MOST_SHOWN = 1000


def warn(message: str) -> None:
    """Print one sanitised line on standard error."""
    try:
        print(visible(message), file=sys.stderr, flush=True)
    except OSError:
        silence(sys.stderr)


def answer(record: Mapping[str, object]) -> None:
    """Print one JSON object on standard output: ASCII only, with null for NaN and infinities."""
    print(json.dumps(_finite(record), indent=2, allow_nan=False))


def answer_of(run: Path, record: Mapping[str, object]) -> None:
    """Print one JSON object on a run, which it names first: by its URL, if it was fetched."""
    from neurotui.store.fetch_cache import origin_of

    answer({"run": origin_of(run), **record})


def show(*parts: RenderableType) -> None:
    """Print strings (sanitised), tables and other renderables on standard output."""
    from rich.text import Text

    from neurotui.cli.sanitizing_console import SanitizingConsole

    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _WIDTH_ELSEWHERE
    console = SanitizingConsole(width=width)
    for part in parts:
        soft = isinstance(part, str)
        console.print(Text(visible(part)) if isinstance(part, str) else part, soft_wrap=soft)


def of_side(label: str, side: int) -> str:
    """Return a label as tables show it: marked where it is of the negative of the activation, `side` -1."""
    return f"\N{BLACK DOWN-POINTING SMALL TRIANGLE} {label}" if side < 0 else label


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
        made.add_row(*(Text(visible(formatted(cell))) for cell in row))
    return made


def folded(*sentences: str) -> list[str]:
    """Return sentences in lines of a terminal's usual width; the further lines of each are indented."""
    return [
        line
        for one in sentences
        for line in wrap(visible(one), _LINE, subsequent_indent="  ", break_on_hyphens=False)
    ]


def formatted(value: Value) -> str:
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
    show(*(f"{name.replace('_', ' '):<{width}}  {formatted(value)}" for name, value in record.items()))


def silence(stream: TextIO) -> None:
    """Discard what a stream still has buffered."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device, not a path of anybody's
        os.dup2(nowhere.fileno(), stream.fileno())


def _finite(value: object) -> object:
    """Return a JSON-like value with null in the place of NaN and infinities."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return value
