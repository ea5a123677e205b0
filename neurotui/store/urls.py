"""Names that are URLs, as ``s3://bucket/run.duckdb``: what lies there is fetched to a cache, and only read.

``fetched_files.py`` fetches.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from platformdirs import user_cache_path

from neurotui.errors import UserError

ORIGIN = "url"
"""The file, beside the folder of what was fetched, that says from where it was."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def is_url(name: str) -> bool:
    """Return whether a name is a URL, of whatever sort, and no path."""
    return bool(_URL.match(name))


def without_query(name: str) -> str:
    """Return a URL without what is only about how to reach it; a path stays as it is."""
    return name.partition("?")[0] if is_url(name) else name


def cache_folder() -> Path:
    """Return the folder that files are fetched to; it may not be there yet."""
    return user_cache_path("neurotui") / "fetched"


def is_fetched(path: Path) -> bool:
    """Return whether a path is of a fetched file: nothing of a person's may be kept beside it."""
    return path.resolve().is_relative_to(cache_folder().resolve())


def origin_of(path: Path) -> str:
    """Return the URL that a file was fetched from; the path of one that was not."""
    if is_fetched(path):
        inside = path.resolve().relative_to(cache_folder().resolve())
        file = cache_folder() / inside.parts[0] / ORIGIN
        if file.is_file():
            return file.read_text(encoding="utf-8")
    return str(path)


def refuse_writing_to(name: str) -> None:
    """Raise ``UserError`` if what is to be written is named by a URL."""
    if is_url(name):
        file = _file_name(name)
        copy = _copying(file, name)
        raise UserError(
            f"'{name}' is a URL, and files are written to a disk alone", f"write '{file}', then copy it: {copy}"
        )


def refuse_changing(name: str | Path) -> None:
    """Raise ``UserError`` if what is to be changed where it lies is named by a URL, or was fetched from one."""
    named = origin_of(name) if isinstance(name, Path) else name
    if is_url(named):
        file = _file_name(named)
        raise UserError(
            f"'{named}' is a URL, and files are changed on a disk alone",
            f"copy it, then name '{file}': {_copying(named, file)}",
        )


def _file_name(url: str) -> str:
    return without_query(url).rstrip("/").rpartition("/")[2]


def _copying(source: str, target: str) -> str:
    """Return a command that copies to or from a URL wherever we can read it: it goes the same way."""
    program = f"from pyarrow.fs import copy_files; copy_files({json.dumps(source)}, {json.dumps(target)})"
    return shlex.join(["python", "-c", program])
