"""Who the user is, and where their configuration file is. Saved filters are kept beside it."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_config_path

NAMES_ANOTHER = "NEUROTUI_CONFIG"
"""The environment variable that names another configuration file."""


def config_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the configuration file's path, whether or not it exists: ``NEUROTUI_CONFIG``, else the platform's."""
    named = environment.get(NAMES_ANOTHER)
    return Path(named) if named else user_config_path("neurotui", appauthor=False) / "config.toml"


def configured_annotator() -> str:
    """Return the annotator's name that the configuration sets; empty if it sets none or cannot be read."""
    import tomllib  # noqa: PLC0415 - the app reads the whole of it elsewhere

    try:
        table = tomllib.loads(config_file().read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return ""
    name = table.get("annotator", "")
    return name.strip() if isinstance(name, str) else ""


def login() -> str:
    """Return the user's login name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as containers have
        return "unknown"
