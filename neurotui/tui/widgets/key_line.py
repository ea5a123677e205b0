"""The footer: the keys that work now, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

from neurotui.cell_widths import cell_len
from neurotui.tui.app_protocol import ink_of, themed
from neurotui.tui.widgets.text_layout import Piece, clickable, strip

if TYPE_CHECKING:
    from rich.style import Style
    from textual.strip import Strip

    from neurotui.tui.actions import Action
    from neurotui.tui.styles import Ink

# Up to this rank, keys stand closer together before one of them goes.
_NEEDED = 7


class KeyLine(Widget):
    """The keys that work now, from the table, as bound now."""

    ALLOW_SELECT = False

    def __init__(self, *, read_only: bool) -> None:
        super().__init__(id="keys")
        self._read_only = read_only
        self._urgent = ""
        self._offered = ""
        self._drawn: set[str] = set()

    def on_mount(self) -> None:
        """Redraw when the focus, and so the keys that work, changes."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self._follow())

    def _follow(self) -> None:
        """Redraw if other keys work than those that are drawn."""
        if self._working() != self._drawn:
            self.refresh()

    def urge(self, action_id: str) -> None:
        """Put one action first, in colour; an empty id puts none there."""
        self._urgent = action_id
        self.refresh()

    def offer(self, action_id: str) -> None:
        """Put the action first that the neuron at the cursor asks for, in colour; an empty id puts none there."""
        if action_id != self._offered:
            self._offered = action_id
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        ink = ink_of(self)
        if y:
            return strip((), self.size.width, ink.text)
        actions, working = themed(self).actions, self._working()
        self._drawn = working
        offered = [a for a in actions if a.id in working and not (a.writes and self._read_only)]
        ranked = sorted((a for a in offered if a.footer), key=lambda action: action.footer)
        entries = [_entry(action, ink) for action in ranked]
        first = {self._urgent, self._offered}
        entries[:0] = [_entry(a, ink, name_style=ink.accent) for a in offered if a.id in first]
        gap = 3
        # The last two, help and quit, always stay.
        while len(entries) > 3 and _entries_length(entries, gap) > self.size.width:  # noqa: PLR2004
            if gap > 1 and ranked[-3].footer <= _NEEDED:
                gap -= 1
            else:
                del entries[-3], ranked[-3]
        between: Piece = (" " * gap, ink.text)
        pieces = [piece for entry in entries for piece in (*entry, between)]
        return strip([(" ", ink.text), *pieces], self.size.width, ink.text)

    def _working(self) -> set[str]:
        """Return the ids of the actions that work now."""
        active = self.screen.active_bindings.values()
        return {(one.binding.id or "").partition(".")[0] for one in active if one.enabled}


def _entry(action: Action, ink: Ink, name_style: Style | None = None) -> list[Piece]:
    pieces = [(action.shown_key, ink.accent), (f" {action.name}", name_style or ink.muted)]
    return pieces if action.each else clickable(pieces, f"do('{action.id}')")


def _entries_length(entries: list[list[Piece]], gap: int) -> int:
    """Return the cells of these entries with a gap between any two, behind the margin."""
    texts = sum(cell_len(text) for entry in entries for text, _ in entry)
    return 1 + texts + gap * (len(entries) - 1)
