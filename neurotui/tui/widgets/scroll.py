"""Panes of lines that scroll: what a line needs on its way to the terminal is done once for each line.

Textual works out a widget's borders, padding and effects anew for each of its lines, each time it is drawn. That
took longer than all else that a key brings about; these panes are plain, and most of their lines stay the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.filter import ANSIToTruecolor
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from neurotui.tui.app_protocol import ink_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.segment import Segment
    from textual.color import Color
    from textual.filter import LineFilter

# Lines that are kept as they went to the terminal: a few screens.
_KEPT = 1024


class LinePane(ScrollView, inherit_bindings=False):
    """A scrolling pane whose ``render_line`` covers its whole width; only a border at its left is drawn around."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        # A line as it was drawn, by its identity, and as it went to the terminal.
        self._finished: dict[int, tuple[Strip, Strip]] = {}
        self._finished_for: object = None

    def set_length(self, lines: int) -> None:
        """Set how many lines there are; unlike with a new layout, which draws the whole screen, nothing moves."""
        self.set_reactive(Widget.virtual_size, Size(self.scrollable_content_region.width, lines))
        self.vertical_scrollbar.window_virtual_size = lines
        self.scroll_y = self.validate_scroll_y(self.scroll_y)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines in `crop` as they go to the terminal."""
        top, right, bottom, left = self.styles.gutter
        if top or right or bottom or left > 1 or self.opacity < 1:
            return super().render_lines(crop)
        filters, background = self.get_line_filters(), self.background_colors[1]
        if ink_of(self).is_exact:
            filters = [one for one in filters if not isinstance(one, ANSIToTruecolor)]
        drawn_for = (tuple(filters), background, self.size, left and self.styles.border_left)
        if drawn_for != self._finished_for:
            self._finished_for, self._border = drawn_for, self._border_segments() if left else ()
            self._finished.clear()
        lines = [self._finish(self.render_line(y), filters, background) for y in crop.line_range]
        if crop.column_span == (0, self.outer_size.width):
            return lines
        return [line.crop(*crop.column_span) for line in lines]

    def _finish(self, line: Strip, filters: Sequence[LineFilter], background: Color) -> Strip:
        kept = self._finished.get(id(line))
        if kept is not None:
            return kept[1]
        segments: list[Segment] = [*self._border, *line]
        for one in filters:
            segments = one.apply(segments, background)
        finished = Strip(segments, line.cell_length + len(self._border))
        if len(self._finished) >= _KEPT:
            self._finished.clear()
        self._finished[id(line)] = line, finished
        return finished

    def _border_segments(self) -> tuple[Segment, ...]:
        """Return the border at the left as Textual draws it."""
        return tuple(super().render_lines(Region(0, 0, self.outer_size.width, 1))[0].crop(0, 1))
