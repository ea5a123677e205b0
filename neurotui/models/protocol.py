"""What is asked of whoever places texts in a space of meanings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from neurotui.types import Progress


class Encoder(Protocol):
    """Places texts in a space where near means alike."""

    def encode(self, texts: Sequence[str], progress: Progress) -> NDArray[np.float32]:
        """Return one row of length 1 a text: (texts, dimensions) float32."""
