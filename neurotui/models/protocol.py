"""The protocol of sentence encoders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from neurotui.types import Progress


class Encoder(Protocol):
    """Encodes texts as vectors that are near to each other if the texts mean similar things."""

    def encode(self, texts: Sequence[str], progress: Progress) -> NDArray[np.float32]:
        """Return one unit vector for each text: (texts, dimensions) float32."""
