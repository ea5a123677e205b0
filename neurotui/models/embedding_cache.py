"""Vectors of texts, kept between commands: what was encoded for one run is not encoded again for the next.

They lie in the cache that the platform keeps for a person's programs, under a hash of all the texts that were
encoded together: which others went through a model with a text changes its vector's last bits, and a run must come
out the same whether or not there is a cache. The texts themselves are not kept.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import platformdirs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_MOST_BYTES = 1 << 30
_AXES, _UNFINISHED = 2, ".part"


def embeddings_folder() -> Path:
    """Return the folder that vectors are kept in; it may not be there yet."""
    return platformdirs.user_cache_path("neurotui") / "vectors"


class EmbeddingCache:
    """Vectors in a `folder`, a file for all that was encoded together by the encoder that `made_by` tells.

    A folder that cannot be read or written is none: everything is encoded then, and nobody is told. Of more than a
    gigabyte the oldest go.
    """

    def __init__(self, folder: Path, made_by: str) -> None:
        self._folder = folder
        self._made_by = made_by

    def get(self, texts: Sequence[str]) -> NDArray[np.float32] | None:
        """Return the vectors of texts that were encoded together: (texts, dimensions); None if they were not."""
        file = self._file(texts)
        # numpy raises an EOFError for an empty file.
        with suppress(OSError, ValueError, EOFError):
            found: NDArray[np.float32] = np.load(file, allow_pickle=False)
            if found.dtype == np.float32 and found.shape[:1] == (len(texts),) and found.ndim == _AXES:
                file.touch()
                return found
        return None

    def put(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep the vectors of texts that were encoded together."""
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, suffix=_UNFINISHED, delete=False) as file:
                unfinished = Path(file.name)
                try:
                    np.save(file, vectors, allow_pickle=False)
                    file.flush()
                except BaseException:
                    unfinished.unlink()
                    raise
            unfinished.replace(self._file(texts))
            self._make_room()

    def _make_room(self) -> None:
        left = _MOST_BYTES
        found = [(file.stat().st_mtime_ns, file.stat().st_size, file) for file in self._folder.iterdir()]
        for _, size, file in sorted(found, reverse=True):
            left -= size
            if left < 0:
                file.unlink(missing_ok=True)

    def _file(self, texts: Sequence[str]) -> Path:
        key = hashlib.sha256(json.dumps([self._made_by, *texts]).encode()).hexdigest()
        return self._folder / f"{key}.npy"
