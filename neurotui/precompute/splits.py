"""Which split a text belongs to: decided by the hash of its content, so that duplicates are on one side.

The hash is ``duplicates.content_hash``, into which the seed of the split goes; of a window, that of its document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neurotui.types import Split


def split_of(content: bytes) -> Split:
    """Return the split of a text from the hash of its content; half of all hashes fall in each."""
    # The first 16 bytes order the samples, so that a bit from beyond them keeps both splits in every sample.
    return "calibration" if content[16] & 1 == 0 else "validation"
