"""The neurons whose exemplars peak in a word."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from neurotui.store.reader import Reader


def peaking_in(reader: Reader, word: str) -> NDArray[np.int32]:
    """Return the ids of the neurons of which a top exemplar peaks in a word that begins with `word`.

    Case does not matter. A word is a run of letters and digits; `word` may also be a run of other signs.
    """
    begins = re.compile(rf"(?<!\w){re.escape(word)}\w*" if word[:1].isalnum() else re.escape(word), re.IGNORECASE)
    text_ids: list[int] = []
    peaks: list[int] = []
    for text_id, body, ends in reader.rows("bodies_with", word=word):
        for found in begins.finditer(body):
            first, last = bisect_right(ends, found.start()), bisect_left(ends, found.end())
            peaks.extend(range(first, last + 1))
            text_ids.extend([text_id] * (last + 1 - first))
    neurons: NDArray[np.int32] = reader.columns("peaking", text_ids=text_ids, peaks=peaks)["neuron_id"]
    return neurons
