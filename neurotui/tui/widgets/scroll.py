"""Change the length of a scrolling view without a new layout, which would redraw the whole screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Size
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.scroll_view import ScrollView


def set_length(view: ScrollView, lines: int) -> None:
    """Set the length of `view`, whose scroll bar is always shown, in lines; no other widget moves."""
    view.set_reactive(Widget.virtual_size, Size(view.scrollable_content_region.width, lines))
    view.vertical_scrollbar.window_virtual_size = lines
    view.scroll_y = view.validate_scroll_y(view.scroll_y)
