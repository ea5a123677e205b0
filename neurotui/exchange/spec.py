"""What a format declares of itself; a package that brings one imports this and nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from neurotui.errors import UserError
    from neurotui.exchange.rows import LabelRows

    # What is written to, and read from, is what the mode says.
    Write = Callable[[LabelRows, Any], int]
    Begins = Callable[[bytes], bool]
    Records = Iterator[tuple[int, dict[str, Any] | UserError]]
    Read = Callable[[Any, str], Records]

Mode = Literal["text", "binary", "folder"]


class StatedScore(NamedTuple):
    """One score of an explanation: what it measures and by which model, as the file calls both, and its value."""

    measure: str
    judge: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatSpec:
    """A format that labels are written in, or read from.

    ``name`` is what ``--format`` takes. ``suffixes`` are the ends of its files' names, each with its dot, the
    usual one first. ``mode`` says what is written to: a ``text`` file (no line ends translated), a
    ``binary`` file, or an empty ``folder``, of which the path is given.

    ``write(rows, target)`` writes the records that it goes through and returns how many; what a record has no
    field for it asks of the rows, which know the run. The target takes its place only once that has returned.
    ``read(source, name)`` yields each record's number and its fields as `LabelRow` names them; it raises
    ``UserError``, naming the file by `name`, for what is none, or yields one in a record's place and goes on.
    Either is None where the format is only read, or only written. ``read_columns(columns)`` is what to read with
    where a file's columns are to be found by those names; None where reading needs no names.

    ``begins(data)`` says whether bytes, those of standard input among them, begin as its files do;
    ``is_folder(path)`` whether a folder is one of its own. None where that cannot be told. ``counts`` is what the
    numbers count. ``encoding`` is what a text file is written in. ``machines``: what it holds was written by
    machines, and is imported as candidates. ``of_others``: others have made it, and files of ours are never taken
    for one by their name alone.
    """

    name: str
    suffixes: tuple[str, ...]
    write: Write | None = None
    read: Read | None = None
    read_columns: Callable[[frozenset[str]], Read] | None = None
    begins: Begins | None = None
    is_folder: Callable[[Path], bool] | None = None
    mode: Mode = "text"
    machines: bool = False
    of_others: bool = False
    counts: str = "line"
    encoding: str = "utf-8"
