"""One of a few values, chosen with left and right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from neurotui.tui.app_protocol import ink_of
from neurotui.tui.widgets.text_layout import Piece, strip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.strip import Strip


# Cells before the values, around each, and what says that there are more.
_TITLE, _AROUND, _MORE = 10, 4, "…"


class Choice(Widget, can_focus=True):
    """One of a few values: left and right change it. Where not all have room, those near the chosen are shown."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "change(-1)", "previous"),
        Binding("right,l,space", "change(1)", "next"),
        Binding("enter", "confirm", "write"),
    ]

    @dataclass
    class Changed(Message):
        """Another value was chosen."""

    @dataclass
    class Confirmed(Message):
        """Enter was pressed."""

    def __init__(self, name: str, values: Sequence[str]) -> None:
        super().__init__(classes="choice")
        self._title = name
        self.values = tuple(values)
        self.value = self.values[0]

    def action_change(self, step: int) -> None:
        """Choose the next value, or the previous."""
        self.value = self.values[(self.values.index(self.value) + step) % len(self.values)]
        self.refresh()
        self.post_message(self.Changed())

    def action_confirm(self) -> None:
        """Post ``Confirmed``, on Enter."""
        self.post_message(self.Confirmed())

    def on_click(self, event: events.Click) -> None:
        """Choose the next value."""
        if event.button == 1:
            self.action_change(1)

    def render_line(self, y: int) -> Strip:
        """Draw the values, the chosen one marked."""
        ink = ink_of(self)
        if y:
            return strip((), self.size.width, ink.text)
        pieces: list[Piece] = [
            ("▌ " if self.has_focus else "  ", ink.accent),
            (f"{self._title:<8}", ink.faint),
        ]
        first, last = self._in_sight()
        for value in self.values[first:last]:
            chosen = value == self.value
            pieces += [
                ("• " if chosen else "  ", ink.accent),
                (f"{value}  ", ink.strong if chosen else ink.muted),
            ]
        if last < len(self.values):
            pieces.append((_MORE, ink.faint))
        return strip(pieces, self.size.width, ink.text)

    def _in_sight(self) -> tuple[int, int]:
        """Return the first and the end of the values that there is room for, the chosen one among them."""
        room, chosen = self.size.width - _TITLE - len(_MORE), self.values.index(self.value)
        widths = [len(value) + _AROUND for value in self.values]
        if sum(widths) <= room + len(_MORE):
            return 0, len(widths)
        first = 0
        while first < chosen and sum(widths[first : chosen + 1]) > room:
            first += 1
        last = chosen + 1
        while last < len(widths) and sum(widths[first : last + 1]) <= room:
            last += 1
        return first, last
