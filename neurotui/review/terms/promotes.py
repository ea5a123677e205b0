"""``promotes:yours``: the neurons that make a token that starts with this likelier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.review.terms.protocol import AskedTerm, Lookup, TermKind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from neurotui.store.run import Run

_KEY = "promotes"


def _parse(_sign: str, value: str) -> AskedTerm | str:
    word = value.strip().casefold()
    return AskedTerm(_KEY, word) if word else "which word? promotes:yours"


def _find(run: Run, word: str) -> NDArray[np.int32]:
    return run.promoting(word)


TERM = TermKind(
    key=_KEY,
    parse=_parse,
    example="promotes:yours",
    help=("promotes:yours", "a token that it promotes begins so"),
    lookup=Lookup(
        find=_find,
        what="promotes",
        nothing=("no neuron promotes “{}”", "only models with an unembedding, as decoders, promote words"),
    ),
)
