"""The view of ``f``: the list's neurons counted by descriptor, label, layer and state, as bars.

Enter shows those of a group. What can be counted by is in ``review/counts.py``; how frequent words are, as a token
feature, is in ``describe/features/frequency.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from neurotui.review.counts import GROUPINGS, CountGroup, groups, ordered
from neurotui.review.filters import Filter, parse
from neurotui.tui.actions import bindings
from neurotui.tui.views.base import RowsView
from neurotui.tui.widgets.text_layout import Piece, right, shown
from neurotui.wording import counted, fitted, percent

if TYPE_CHECKING:
    from textual.binding import BindingType

    from neurotui.review.state import ReviewState
    from neurotui.tui.styles import Ink

_NUMBER, _SHARE = 10, 11
_LEAST_BAR = 6


class Frequency(RowsView[Filter]):
    """Closed with a filter, if one was chosen."""

    PLACE = "frequency"
    BINDINGS: ClassVar[list[BindingType]] = bindings(PLACE)
    FOOT = ("go", "turn", "sort")

    def __init__(self, review_state: ReviewState, describe: str) -> None:
        """Count the rows of `review_state`; `describe` is the command to suggest if the run has no descriptors."""
        super().__init__()
        self._review_state = review_state
        self._describe = describe
        self._by = GROUPINGS[0]
        self._by_name = False
        self._groups: list[CountGroup] = []
        self._names: list[str] = []
        self._most = 1
        self._seen = review_state.state.copy()

    def on_mount(self) -> None:
        """Count."""
        super().on_mount()
        self._count()

    def look(self) -> None:
        """Recount after a decision; the cursor stays with its group."""
        if not np.array_equal(self._review_state.state, self._seen):
            self._count(self._groups[self.rows.cursor].name if self._groups else "")

    def turn(self, step: int) -> None:
        """Count by something else."""
        self._by = GROUPINGS[(GROUPINGS.index(self._by) + step) % len(GROUPINGS)]
        self._count()
        self.show_keys()

    def do_sort(self) -> None:
        """Put the groups in the other order."""
        self._by_name = not self._by_name
        self._count()
        self.show_keys()

    def do_go(self) -> None:
        """Close, and show the neurons of the group under the cursor."""
        chosen = self._narrowed() if self._groups else None
        if chosen is not None:
            self.dismiss(chosen)

    def key_name(self, action_id: str) -> str:
        """Say what the keys lead to."""
        if action_id == "go":
            return "show these neurons"
        if action_id == "turn":
            return f"by {GROUPINGS[(GROUPINGS.index(self._by) + 1) % len(GROUPINGS)].name}"
        if action_id == "sort":
            return "by count" if self._by_name else "by name"
        return super().key_name(action_id)

    def moved(self) -> None:
        """Say what Enter would show."""
        if not self._groups:
            self.show_note("")
            return
        chosen = self._narrowed()
        if chosen is None:
            self.show_note("no filter can say this name")
            return
        count = int(chosen.mask(self._review_state.columns).sum())
        self.show_note(f"{shown(chosen.text)} shows {counted(count, 'neuron')}")

    def header(self, width: int, ink: Ink) -> list[Piece]:
        """Name the columns."""
        name, bar = _widths(width)
        main = "described" if self._by.describes else "neurons"
        titles = [
            (fitted(self._by.name, name), self._by_name),
            (fitted("", bar + 2), False),
            (right("neurons", _NUMBER), main == "neurons" and not self._by_name),
            (right("described", _SHARE), main == "described" and not self._by_name),
            (right("accepted", _SHARE), False),
        ]
        return [(title, ink.accent if chosen else ink.faint) for title, chosen in titles]

    def row(self, place: int, width: int, ink: Ink) -> list[Piece]:
        """Draw a group: of the bar the described part is strong."""
        group = self._groups[place]
        name, bar = _widths(width)
        length = max(1, round(bar * group.neurons / self._most))
        strong = round(length * group.described / group.neurons)
        return [
            (fitted(self._names[place], name), ink.text),
            ("  ", ink.text),
            ("━" * strong, ink.accent),
            ("─" * (length - strong), ink.faint),
            (" " * (bar - length), ink.text),
            (right(f"{group.neurons:,}", _NUMBER), ink.text),
            (right(percent(group.described / group.neurons), _SHARE), ink.muted),
            (right(percent(group.accepted / group.neurons), _SHARE), ink.good if group.accepted else ink.faint),
        ]

    def _narrowed(self) -> Filter | None:
        """Return the present filter with that of the group under the cursor; None where no filter says it."""
        wanted = self._groups[self.rows.cursor].filter
        chosen = parse(f"{self._review_state.filter.text} {wanted}")
        return chosen if wanted and isinstance(chosen, Filter) else None

    def _count(self, stay_at: str = "") -> None:
        self._seen = self._review_state.state.copy()
        found = groups(self._review_state, self._by)
        self._groups = ordered(found, self._by, by_name=self._by_name)
        self._names = [shown(group.name) for group in self._groups]
        self._most = max((group.neurons for group in self._groups), default=1)
        neurons, within = (
            counted(len(self._review_state.overview), "neuron"),
            shown(self._review_state.filter.text),
        )
        if within:
            neurons = f"{len(self._review_state):,} of {neurons}: {within}"
        order = "by name" if self._by_name else "largest first"
        self.show_title("frequency", f"by {self._by.name}", f"{len(found):,} of them", neurons, right=order)
        names = [group.name for group in self._groups]
        self.rows.show(len(self._groups), names.index(stay_at) if stay_at in names else 0)
        if not self._groups:
            self.rows.say("no neuron passes the filter" if within else "the run has no neurons", "")
        elif self._by.describes and not self._review_state.overview.names:
            self._groups = []
            self.rows.say(
                "the run is not described",
                f"{self._describe} gives descriptors; {self.host.key('turn')} counts by layer",
            )
        self.moved()


def _widths(width: int) -> tuple[int, int]:
    """Share a row out between name and bar."""
    rest = width - _NUMBER - 2 * _SHARE - 2 - 1
    name = max(8, min(40, rest - _LEAST_BAR, rest // 2 + 6))
    return name, max(1, rest - name)
