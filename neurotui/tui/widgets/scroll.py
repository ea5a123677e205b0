"""Another length for what scrolls, without a layout: that would draw the whole screen a second time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Size
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.scroll_view import ScrollView


def set_length(view: ScrollView, lines: int) -> None:
    """Let `view`, of which the scroll bar is always there, be so many lines long; no other moves."""
    view.set_reactive(Widget.virtual_size, Size(view.scrollable_content_region.width, lines))
    view.vertical_scrollbar.window_virtual_size = lines
    view.scroll_y = view.validate_scroll_y(view.scroll_y)
