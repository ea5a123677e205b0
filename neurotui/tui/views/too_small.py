"""What is shown while the window is too small to see what one decides: how large it must be."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widget import Widget

from neurotui.tui.app_protocol import ink_of
from neurotui.tui.widgets.text_layout import strip, wrapped

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.strip import Strip

LEAST = Size(44, 10)
"""The smallest window in which a row of the list, its neuron and the status line can be seen together."""


def is_too_small(size: Size) -> bool:
    """Return whether a window of this size shows too little to decide anything in it."""
    return size.width < LEAST.width or size.height < LEAST.height


class _Message(Widget):
    """The message, from the top left corner on: that one is there at any size."""

    def render_line(self, y: int) -> Strip:
        """Draw a line."""
        size, ink = self.app.size, ink_of(self)
        text = f"make the window {LEAST.width}x{LEAST.height} or larger: it is {size.width}x{size.height}. q quits"
        rows = wrapped(text, max(1, size.width))
        return strip([(rows[y] if y < len(rows) else "", ink.text)], self.size.width, ink.text)


class TooSmall(ModalScreen[None]):
    """Covers the app, so that no key and no click decides what cannot be seen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "quit_app", show=False)]

    def compose(self) -> ComposeResult:
        """Lay out the message."""
        yield _Message()

    def action_quit_app(self) -> None:
        """Quit; every decision is already saved."""
        self.app.exit()

    def on_resize(self, event: events.Resize) -> None:
        """Close once the window is large enough."""
        self._close_in(event.size)
        self.query_one(_Message).refresh()

    def on_screen_resume(self) -> None:
        """Close if the window grew while something else was shown."""
        self._close_in(self.app.size)

    def _close_in(self, size: Size) -> None:
        if not is_too_small(size) and self.is_current:
            self.dismiss(None)
