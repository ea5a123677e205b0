"""``token:battery``: the neurons of which a top exemplar peaks at a word that starts with this."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.review.terms.protocol import AskedTerm, Lookup, TermKind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from neurotui.store.run import Run

_KEY = "token"


def _parse(_sign: str, value: str) -> AskedTerm | str:
    return AskedTerm(_KEY, value.casefold()) if value else "at which word? token:battery"


def _find(run: Run, word: str) -> NDArray[np.int32]:
    return run.peaking(word)


TERM = TermKind(
    key=_KEY,
    parse=_parse,
    example="token:battery",
    help=("token:battery", "a top exemplar peaks at it"),
    lookup=Lookup(find=_find, what="peaks at"),
)
