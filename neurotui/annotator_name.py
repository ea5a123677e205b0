"""Who decides: the one rule by which the app, the commands and Python find the annotator's name."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping

from neurotui.config_file import Table, read_config, text_entry
from neurotui.errors import UserError
from neurotui.sanitize import visible

ANNOTATOR = "NEUROTUI_ANNOTATOR"
"""The environment variable with the annotator's name."""


def annotator_name(given: str = "", environment: Mapping[str, str] = os.environ) -> str:
    """Return the name that decisions are saved under.

    It is the one `given`, by an option or an argument, else that of the environment, else that of the
    configuration, else the login name. Raises ``UserError`` if the configuration is asked and invalid, and for a
    name with characters that cannot be seen: two people would bear what looks like one name.
    """
    named = given.strip() or environment.get(ANNOTATOR, "").strip()
    named = named or read_config(configured, environment) or _login()
    if named != visible(named):
        raise UserError(
            f"the annotator's name '{visible(named)}' has characters that cannot be seen",
            "give one without them, with --annotator NAME",
        )
    return named


def configured(table: Table) -> str:
    """Return the annotator's name that a configuration sets; empty if it sets none."""
    return text_entry(table, "annotator")


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as containers have
        return "unknown"
