"""What `describe` asks of whoever writes phrases, and of whoever places them in a space of meanings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from neurotui.words import Progress


class Encoder(Protocol):
    """Places texts in a space where near means alike."""

    def encode(self, texts: Sequence[str], progress: Progress) -> NDArray[np.float32]:
        """Return one row of length 1 a text: (texts, dimensions) float32."""


class Backend(Protocol):
    """Says in short phrases what each text is about or how it is written."""

    name: str

    def propose(
        self, texts: Sequence[str], calibration: NDArray[np.bool_], progress: Progress
    ) -> list[tuple[str, ...]]:
        """Return 1 to 5 phrases a text, most telling first; none where there is nothing to say.

        A backend that learns from the data set learns from the texts that `calibration` marks alone.
        """
