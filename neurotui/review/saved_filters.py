"""Saved filters: ``filters.txt`` beside the config file, plain text, one filter a line.

A filter that has a name of its own has it behind a tab.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from neurotui.config_file import config_file
from neurotui.errors import UserError
from neurotui.review.filters import LONGEST, FilterProblem, parse
from neurotui.sanitize import visible
from neurotui.store.atomic import refuse_other_than_file, swapped_in, unwritten

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MOST = 1000
_MOST_BYTES = 1 << 20


def filters_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the path of the saved filters, whether or not the file exists."""
    return config_file(environment).with_name("filters.txt")


def load_filters() -> tuple[str, ...]:
    """Return the saved filters in the file's order, without repeats; none without a file.

    A line that is not a valid filter (also one too long or with control characters) is skipped, but stays in the
    file. ``UserError`` if the file cannot be read.
    """
    return tuple(dict.fromkeys(filter(_is_filter, (_split(line)[0] for line in _lines()))))[:_MOST]


def names_of_filters() -> dict[str, str]:
    """Return the names of the saved filters that have one of their own, by filter."""
    return {text: visible(name) for text, name in map(_split, _lines()) if name}


def save_filter(text: str, name: str = "") -> tuple[str, ...]:
    """Append a filter and return all; ``UserError`` if it is not valid or the file cannot be written.

    One that is there already takes the new `name`; one named by its own text has none.
    """
    wanted, called = text.strip(), " ".join(visible(name).split())
    if not _is_filter(wanted):
        hint = "filter by it first: what is wrong is said there"
        raise UserError(f"'{wanted[:60]}' is not a filter that can be saved", hint)
    line = f"{wanted}\t{called}" if called and called != wanted else wanted
    lines = _lines()
    if wanted not in load_filters():
        _write([*lines, line])
    elif called and line not in map(str.strip, lines):
        _write([line if _split(old)[0] == wanted else old for old in lines])
    return load_filters()


def remove_filter(text: str) -> tuple[str, ...]:
    """Remove a filter and return those that are left; ``UserError`` if the file cannot be written."""
    unwanted, lines = text.strip(), _lines()
    left = [line for line in lines if _split(line)[0] != unwanted]
    if left != lines:
        _write(left)
    return load_filters()


def _split(line: str) -> tuple[str, str]:
    """Return a line's filter and the name behind it, "" for none."""
    text, _, name = line.strip().partition("\t")
    return text.strip(), name.strip()


def _is_filter(text: str) -> bool:
    if not text or len(text) > LONGEST or visible(text) != text:
        return False
    return not isinstance(parse(text), FilterProblem)


def _lines() -> list[str]:
    """Return the file's lines; bytes that are not UTF-8 survive unchanged."""
    file = filters_file()
    refuse_other_than_file(file, "a text file", "move it away")
    try:
        with file.open("rb") as opened:
            data = opened.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(
            f"'{file}' cannot be read: {(error.strerror or str(error)).lower()}", "it must be a text file"
        ) from error
    if len(data) > _MOST_BYTES:
        raise UserError(f"'{file}' is too large for filters", "move it away")
    return [line.removesuffix("\r") for line in data.decode("utf-8-sig", "surrogateescape").split("\n") if line]


def _write(lines: list[str]) -> None:
    """Replace the file atomically."""
    file = filters_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritten(file, error) from error
    with swapped_in(file, replace=True) as unfinished:
        unfinished.write_bytes("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
