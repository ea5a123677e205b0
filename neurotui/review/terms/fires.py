"""``fires<1%``: the neurons by how often they fire."""

from __future__ import annotations

from functools import partial
from operator import attrgetter

from neurotui.review.terms.comparison import compared_with
from neurotui.review.terms.protocol import TermKind

TERM = TermKind(
    key="fires",
    signs="<>",
    parse=partial(compared_with, "fires", attrgetter("firing_rate"), shown_in_percent=True),
    example="fires<1%",
    help=("fires<1%", "the firing rate, or fires>0.2"),
)
