"""``score>0.8``: the neurons whose first description predicts them that well."""

from __future__ import annotations

from functools import partial
from operator import attrgetter

from neurotui.review.terms.comparison import compared_with
from neurotui.review.terms.protocol import TermKind

UNMATCHED = "!score>=0"
"""The filter that shows the neurons without a descriptor: these have no score."""

TERM = TermKind(
    key="score",
    signs="<>",
    parse=partial(compared_with, "score", attrgetter("score")),
    example="score>0.8",
    help=("score>0.5", "how well what is said first predicts it"),
)
