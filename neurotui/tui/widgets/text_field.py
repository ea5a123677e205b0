"""A text input with a maximum length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message
from textual.widgets import Input
from textual.widgets.input import Selection

if TYPE_CHECKING:
    from textual import events


class Field(Input):
    """An input that says so where something would be longer than ``max_length``, and takes none of it.

    A megabyte that is pasted by mistake would have to be drawn, searched for and saved.
    """

    def on_mount(self) -> None:
        """Turn off the blinking cursor: over a slow connection it would be the only traffic."""
        self.cursor_blink = False

    def begin(self, text: str, *, selected: bool) -> None:
        """Begin with a text; where it is `selected`, typing replaces it, and End or → keeps it."""
        self.value = text
        self.selection = Selection(0 if selected else len(text), len(text))

    def action_cursor_right(self, select: bool = False) -> None:  # noqa: FBT001, FBT002 - Textual's
        """Move right; what is selected is kept as it is, and not completed."""
        if select or self.selection.is_empty:
            super().action_cursor_right(select)
        else:
            self.cursor_position = max(self.selection)

    @dataclass
    class TooLong(Message):
        """What was typed or pasted was refused; `most` characters may be there."""

        most: int

    def _on_paste(self, event: events.Paste) -> None:
        """Take all lines of what is pasted, as one: Textual takes the first, and says nothing of the rest."""
        event.prevent_default()
        event.stop()
        lines = [line for line in event.text.splitlines() if line.strip()]
        text = " ".join(line.strip() for line in lines) if len(lines) > 1 else "".join(lines)
        if text:
            self.replace(text, *self.selection)

    def replace(self, text: str, start: int, end: int) -> None:
        """Put a text in the place of another, unless that would be too long."""
        more = len(text) - abs(end - start)
        if self.max_length and more > 0 and len(self.value) + more > self.max_length:
            self.post_message(self.TooLong(self.max_length))
            return
        super().replace(text, start, end)
