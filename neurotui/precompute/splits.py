"""Which split a text belongs to: decided by the hash of its content, so that copies are on one side."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neurotui.types import Split


def content_hash(body: str, seed: int) -> bytes:
    """Return the SHA-256 of a text's normalised content, with the seed: equal for repeats of one text.

    Case, compatibility forms (NFKC) and the amount of white space do not tell texts apart.
    """
    normalised = " ".join(unicodedata.normalize("NFKC", body).casefold().split())
    return hashlib.sha256(f"{seed}\n{normalised}".encode()).digest()


def split_of(content: bytes) -> Split:
    """Return the split of a text from the hash of its content; half of all hashes fall in each."""
    # The first 16 bytes order the samples, so that a bit from beyond them keeps both splits in every sample.
    return "calibration" if content[16] & 1 == 0 else "validation"
