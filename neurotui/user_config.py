"""Where a person keeps what they set: one file, and saved filters beside it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_config_path

NAMES_ANOTHER = "NEUROTUI_CONFIG"
"""The variable that names another file."""


def config_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the file is, or would be: what ``NEUROTUI_CONFIG`` names, else the platform's place."""
    named = environment.get(NAMES_ANOTHER)
    return Path(named) if named else user_config_path("neurotui", appauthor=False) / "config.toml"
