"""A page of lines that scrolls, laid out again for each width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Size

from neurotui.tui.app_protocol import ink_of
from neurotui.tui.widgets.scroll import LinePane
from neurotui.tui.widgets.text_layout import Page, shown, strip

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.strip import Strip


class PageView(LinePane, can_focus=True, inherit_bindings=False):
    """Shows what a function draws on a page. It holds that function, and its scroll position."""

    def __init__(self) -> None:
        super().__init__(classes="rows")
        self._draw: Callable[[Page], None] | None = None
        self._page: Page | None = None

    def show(self, draw: Callable[[Page], None]) -> None:
        """Show another page, from its top."""
        self._draw = draw
        self.on_resize()
        self.scroll_to(y=0, animate=False, immediate=True, force=True)

    def say(self, what: str, hint: str) -> None:
        """Show a message and a hint instead; both are sanitised here."""

        def draw(page: Page) -> None:
            page.blank()
            page.paragraph(shown(what), page.ink.muted, 2)
            if hint:
                page.paragraph(shown(hint), page.ink.faint, 2)

        self.show(draw)

    def scroll_by(self, lines: int) -> None:
        """Scroll at once, as far as the page goes."""
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False, immediate=True)

    def on_resize(self) -> None:
        """Lay the page out for the new width."""
        page = Page(self.scrollable_content_region.width, ink_of(self))
        if page.width > 0 and self._draw is not None:
            self._draw(page)
        self._page = page
        self.virtual_size = Size(page.width, len(page))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return a line of the page."""
        place = y + self.scroll_offset.y
        if self._page is not None and place < len(self._page):
            return self._page[place]
        return strip((), self.scrollable_content_region.width, ink_of(self).text)
