"""``fires<1%``: the neurons by how often they fire."""

from __future__ import annotations

from operator import attrgetter

from neurotui.review.terms.comparison import Comparison, bound_of
from neurotui.review.terms.protocol import TermKind

_RATE = attrgetter("firing_rate")


def _parse(sign: str, value: str) -> Comparison | str:
    bound = bound_of("fires", sign, value, shown_in_percent=True)
    return bound if isinstance(bound, str) else Comparison(_RATE, sign, bound)


TERM = TermKind(
    key="fires",
    signs="<>",
    parse=_parse,
    example="fires<1%",
    help=("fires<1%", "the firing rate, or fires>0.2"),
)
