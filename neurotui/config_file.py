"""Where the user's configuration file lies, and what is in it. Saved filters are kept beside it.

``tui/config.py`` says what entries there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from platformdirs import user_config_path

from neurotui.errors import UserError
from neurotui.store.atomic import refuse_other_than_file

NAMES_ANOTHER = "NEUROTUI_CONFIG"
"""The environment variable that names another configuration file."""

Table = dict[str, object]
"""A table of a TOML file: its entries, by name."""

Read = TypeVar("Read")

_MOST_BYTES = 1 << 20


class WrongEntry(Exception):  # noqa: N818 - becomes a UserError once the file's name is put before it
    """What is wrong with the file or with an entry of it, and a hint how to mend it."""


def config_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the configuration file's path, whether or not it exists: ``NEUROTUI_CONFIG``, else the platform's."""
    named = environment.get(NAMES_ANOTHER)
    return Path(named) if named else user_config_path("neurotui", appauthor=False) / "config.toml"


def read_config(read: Callable[[Table], Read], environment: Mapping[str, str] = os.environ) -> Read:
    """Return what `read` makes of the file's entries.

    Without a file nothing is set; a missing file that ``NEUROTUI_CONFIG`` names is an error. A ``WrongEntry``
    becomes a ``UserError`` that names the file.
    """
    file = config_file(environment)
    refuse_other_than_file(file, "a configuration file", f"name another with {NAMES_ANOTHER}")
    try:
        return read(_table(file, wanted=bool(environment.get(NAMES_ANOTHER))))
    except WrongEntry as wrong:
        raise UserError(f"'{file}': {wrong.args[0]}", wrong.args[1]) from None


def text_entry(table: Table, name: str) -> str:
    """Return an entry that is a text, without the space around it; empty if it is not set."""
    value = table.get(name, "")
    if not isinstance(value, str) or (name in table and not value.strip()):
        raise WrongEntry(f"{name}: {value!r} is no text", f'write it as in: {name} = "..."')
    return value.strip()


def _table(file: Path, *, wanted: bool) -> Table:
    try:
        with file.open("rb") as opened:
            data = opened.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        if wanted:
            hint = f"create it, or unset {NAMES_ANOTHER}"
            raise WrongEntry(f"there is no such file, and {NAMES_ANOTHER} names it", hint) from None
        return {}
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WrongEntry(f"it cannot be read: {reason}", "it must be a file") from None
    if len(data) > _MOST_BYTES:
        raise WrongEntry("it is too large for what a person writes", f"name another with {NAMES_ANOTHER}")
    import tomllib  # noqa: PLC0415 - most have set nothing

    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        said = str(error)
        raise WrongEntry(
            f"not TOML: {said[:1].lower()}{said[1:]}", 'write entries as in: theme = "nord"'
        ) from None
