"""``by:ada``: the neurons that somebody decided, or that a backend proposed a label or a descriptor for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from neurotui.review.terms.protocol import TermKind, with_any
from neurotui.spelling import compared
from neurotui.store.describers import JOINS

if TYPE_CHECKING:
    from neurotui.review.terms.protocol import Columns, Mask


class By(NamedTuple):
    """Neurons decided by, or given a label or descriptor by, an author whose name starts with this."""

    name: str

    def mask(self, columns: Columns) -> Mask:
        """Return which neurons these are: (neurons,)."""
        begins = [compared(name).startswith(self.name) for name in columns.backends]
        found = with_any(columns.overview, begins)
        decided = [
            row
            for row, names in columns.authors.items()
            if any(compared(one).startswith(self.name) for name in names for one in (name, *name.split(JOINS)))
        ]
        found[decided] = True
        return found


def _parse(_sign: str, value: str) -> By | str:
    return By(compared(value)) if value else "by whom? by:openai, or an annotator's name"


TERM = TermKind(
    key="by", parse=_parse, example="by:openai", help=("by:openai", "who proposed it, or decided it: by:ada")
)
