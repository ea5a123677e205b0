"""How processes of ours are started: nothing that lies in the present folder, perhaps a stranger's, is imported.

A folder with a stranger's run may hold a ``duckdb.py`` too, and Python looks in the present folder first.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_SAFE_PATH = "PYTHONSAFEPATH"


def python(*arguments: str) -> list[str]:
    """Return the command that starts this Python with some arguments, but without the present folder's modules."""
    return [sys.executable, "-P", *arguments]


@contextmanager
def safe_path() -> Iterator[None]:
    """Let processes that others start for us, as ``multiprocessing`` does, ignore the present folder's modules."""
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before
