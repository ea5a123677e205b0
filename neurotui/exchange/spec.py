"""What a format declares of itself; a package that brings one imports this and nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from neurotui.exchange.rows import LabelRows

    # What is written to, and read from, is what the mode says.
    Write = Callable[[LabelRows, Any], int]
    Begins = Callable[[bytes], bool]
    Read = Callable[[Any, str], Iterator[tuple[int, dict[str, Any]]]]

Mode = Literal["text", "binary", "folder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatSpec:
    """A format that labels are written in, and perhaps read from.

    ``name`` is what ``--format`` takes. ``suffixes`` are the ends of its files' names, each with its dot, the
    usual one first. ``mode`` says what is written to: a ``text`` file (no line ends translated), a
    ``binary`` file, or an empty ``folder``, of which the path is given.

    ``write(rows, target)`` writes the records that it goes through and returns how many; what a record has no
    field for it asks of the rows, which know the run. The target takes its place only once that has returned.
    ``read(source, name)`` yields each record's number and its fields as `LabelRow` names them, and raises
    ``UserError``, naming the file by `name`, for what is none; None where the format cannot be read back.
    ``begins(data)`` says whether bytes without a name, those of standard input, begin as its files do; None where
    that cannot be told. ``counts`` is what the numbers count. ``encoding`` is what a text file is written in.
    """

    name: str
    suffixes: tuple[str, ...]
    write: Write
    read: Read | None = None
    begins: Begins | None = None
    mode: Mode = "text"
    counts: str = "line"
    encoding: str = "utf-8"
