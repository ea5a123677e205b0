"""``score>0.8``: the neurons whose first description predicts them that well."""

from __future__ import annotations

from operator import attrgetter

from neurotui.review.terms.comparison import Comparison, bound_of
from neurotui.review.terms.protocol import TermKind

UNMATCHED = "!score>=0"
"""The filter that shows the neurons without a descriptor: these have no score."""

_SCORE = attrgetter("score")


def _parse(sign: str, value: str) -> Comparison | str:
    bound = bound_of("score", sign, value)
    return bound if isinstance(bound, str) else Comparison(_SCORE, sign, bound)


TERM = TermKind(
    key="score",
    signs="<>",
    parse=_parse,
    example="score>0.8",
    help=("score>0.5", "how well what is said first predicts it"),
)
