"""Vectors of texts, kept between commands: what was encoded for one run is not encoded again for the next.

They lie in the cache that the platform keeps for a person's programs, under a hash of all the texts that were
encoded together: which others went through a model with a text changes its vector's last bits, and a run must come
out the same whether or not there is a cache. The texts themselves are not kept.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import numpy as np
import platformdirs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_MOST_BYTES = 1 << 30
_PATIENCE = 10.0
_MAKE = """
    CREATE TABLE IF NOT EXISTS vectors
        (key TEXT PRIMARY KEY, used REAL NOT NULL, rows INTEGER NOT NULL, data BLOB NOT NULL)
"""
_SIZES = "SELECT key, length(data) FROM vectors ORDER BY used DESC"


def vectors_file() -> Path:
    """Return the file that vectors are kept in; it may not be there yet."""
    return platformdirs.user_cache_path("neurotui") / "vectors.sqlite"


class KeptVectors:
    """Vectors in the file at `path`, made by the encoder that `made_by` tells from all others.

    A cache that cannot be read or written is none: everything is encoded then, and nobody is told. Of more than a
    gigabyte the oldest go.
    """

    def __init__(self, path: Path, made_by: str) -> None:
        self._path = path
        self._made_by = made_by

    def get(self, texts: Sequence[str]) -> NDArray[np.float32] | None:
        """Return the vectors of texts that were encoded together: (texts, dimensions); None if they were not."""
        if not self._path.is_file():
            return None
        with suppress(sqlite3.Error, ValueError, OSError), closing(self._opened()) as file:
            key = self._key(texts)
            found = file.execute("SELECT rows, data FROM vectors WHERE key = ?", (key,)).fetchone()
            if found is not None and found[0] == len(texts):
                file.execute("UPDATE vectors SET used = ? WHERE key = ?", (time.time(), key))
                return np.frombuffer(found[1], np.float32).reshape(len(texts), -1)
        return None

    def put(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep the vectors of texts that were encoded together."""
        row = (self._key(texts), time.time(), len(texts), np.ascontiguousarray(vectors, np.float32).tobytes())
        with suppress(sqlite3.Error, OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with closing(self._opened()) as file:
                file.execute(_MAKE)
                file.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", row)
                left = _MOST_BYTES
                for key, size in file.execute(_SIZES).fetchall():
                    left -= size
                    if left < 0:
                        file.execute("DELETE FROM vectors WHERE key = ?", (key,))

    def _opened(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None)

    def _key(self, texts: Sequence[str]) -> str:
        return hashlib.sha256(json.dumps([self._made_by, *texts]).encode()).hexdigest()
