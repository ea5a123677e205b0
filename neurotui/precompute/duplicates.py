"""Duplicates: texts that repeat another one, found by the hash of their content.

All copies are on one side of the split (``splits.py``), and only the first of them is evidence: it alone is an
exemplar, and keeps pooled activations (``texts.py``, ``Selection``).
"""

from __future__ import annotations

import hashlib
import unicodedata
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def content_hash(body: str, seed: int) -> bytes:
    """Return the SHA-256 of a text's normalised content, with the seed: equal for duplicates.

    Case, compatibility forms (NFKC) and the amount of white space do not tell texts apart.
    """
    normalised = " ".join(unicodedata.normalize("NFKC", body).casefold().split())
    return hashlib.sha256(f"{seed}\n{normalised}".encode()).digest()


def first_copies(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the ids of the texts that are no duplicate of an earlier one, in the order of their hashes.

    `hashes` (texts, 2) are the first 16 bytes of each text's content hash.
    """
    count = len(hashes)
    order = np.lexsort((np.arange(count), hashes[:, 1], hashes[:, 0]))
    ordered = hashes[order]
    repeated = np.zeros(count, np.bool_)
    repeated[1:] = (ordered[1:] == ordered[:-1]).all(axis=1)
    return order[~repeated]
