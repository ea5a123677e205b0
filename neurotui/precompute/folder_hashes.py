"""Hashes of the files that a precompute writes next to its shards: ``merge`` compares them to detect damage."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from neurotui.precompute.disk_errors import disk_errors
from neurotui.precompute.shards import SELECTION, TEXTS, TOKENS, VOCABULARY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FILES = (TEXTS, SELECTION, TOKENS, VOCABULARY)


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each of the files by name; ``UserError`` if one cannot be read."""
    with disk_errors(folder):
        return {name: _hash(folder / name) for name in _FILES}


def damaged(folder: Path, expected: Mapping[str, str]) -> list[str]:
    """Return the names of files that are missing, or of whose content the hash is not the `expected` one."""
    return [name for name in _FILES if not (folder / name).is_file() or _hash(folder / name) != expected.get(name)]


def _hash(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
