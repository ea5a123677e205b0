"""The help: all the keys, from the table of actions, and what the screens' signs and figures mean."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Input

from neurotui.review.filters import LANGUAGE
from neurotui.tui.actions import ACTIONS, GROUPS, Action, bindings
from neurotui.tui.app_protocol import host_of, ink_of, themed
from neurotui.tui.dispatch import Moves, methods, perform
from neurotui.tui.glossary import FIGURES, LOOKS, SIGNS
from neurotui.tui.widgets.text_field import Field
from neurotui.tui.widgets.text_layout import Page, strip, wrapped
from neurotui.wording import fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from neurotui.tui.app_protocol import Done
    from neurotui.tui.dispatch import Handlers
    from neurotui.tui.glossary import Entries
    from neurotui.tui.places import Place
    from neurotui.tui.styles import Ink

_TWO_COLUMNS = 96
_KEYS = 14
_LONGEST = 80
_LANGUAGE, _SIGNS, _LOOKS, _FIGURES = (
    "what a filter may say",
    "signs",
    "what looks and numbers mean",
    "what the figures say",
)
_LISTS: dict[str, Entries] = {_LANGUAGE: LANGUAGE, _SIGNS: SIGNS, _LOOKS: LOOKS, _FIGURES: FIGURES}


class HelpPage(ScrollView, can_focus=True, inherit_bindings=False):
    """The keys by group, in two columns where there is room; only what has the words that were `searched`."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(id="help")
        self._strips: list[Strip] = []
        self._searched = ""

    def on_mount(self) -> None:
        """Say how to move, to search and to leave."""
        down, up, search, close = map(themed(self).key, ("down", "up", "filter", "close"))
        self.border_subtitle = f"{down} {up} scroll, {search} searches, {close} closes"

    def search(self, words: str) -> None:
        """Show only what has all these words, in any order; all of it without any."""
        self._searched = words
        self.on_resize()
        self.refresh(layout=True)
        self.scroll_to(y=0, animate=False, immediate=True, force=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's
        """Be as high as the page."""
        return len(self._drawn(width)) if width > 0 else 1

    def on_resize(self) -> None:
        """Lay the page out for the new width."""
        self._strips = self._drawn(self.scrollable_content_region.width)
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._strips))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return a line of the page."""
        place = y + self.scroll_offset.y
        ink = ink_of(self)
        if place < len(self._strips):
            return self._strips[place]
        return strip((), self.scrollable_content_region.width, ink.text)

    def _drawn(self, width: int) -> list[Strip]:
        app = themed(self)
        return page(width, app.ink, app.actions, self._searched)


class Help(ModalScreen[None]):
    """Shows the keys until it is closed."""

    PLACE: ClassVar[Place] = "help"
    BINDINGS: ClassVar[list[BindingType]] = bindings(PLACE)

    def compose(self) -> ComposeResult:
        """Lay out the page, and the line to search by, which is hidden at first."""
        yield HelpPage()
        yield Field(id="help-search", placeholder="search the help", compact=True, max_length=_LONGEST)

    def on_mount(self) -> None:
        """Read first; nothing is searched."""
        self.query_one(Field).display = False
        self.set_focus(self.query_one(HelpPage))

    @property
    def handlers(self) -> Handlers:
        """Who does what here: the moves that all views share, and its own methods."""
        return {**Moves(self).handlers, **methods(self, self.PLACE)}

    def action_do(self, action_id: str) -> Done:
        """Do an action of the table."""
        return perform(host_of(self), self.handlers, action_id)

    def do_filter(self) -> None:
        """Begin to search: what is typed is looked for at once."""
        field = self.query_one(Field)
        field.display = True
        self.set_focus(field)

    def do_close(self) -> None:
        """Show all again after a search; else go back."""
        field = self.query_one(Field)
        if not field.display:
            self.dismiss()
            return
        field.value, field.display = "", False
        self.set_focus(self.query_one(HelpPage))

    def do_help(self) -> None:
        """Go back by the key that led here."""
        self.dismiss()

    def move(self, steps: int) -> None:
        """Scroll."""
        shown = self.query_one(HelpPage)
        shown.scroll_to(y=shown.scroll_offset.y + steps, animate=False, immediate=True)

    def page_size(self) -> int:
        """Return how many lines are in sight."""
        return self.query_one(HelpPage).scrollable_content_region.height

    def extent(self) -> int:
        """Return how many lines there are."""
        return self.query_one(HelpPage).virtual_size.height

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self.query_one(HelpPage).search(event.value)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.set_focus(self.query_one(HelpPage))


def page(width: int, ink: Ink, actions: Sequence[Action] = ACTIONS, searched: str = "") -> list[Strip]:
    """Return all keys, the filter's language and what signs and figures mean as lines of `width` cells.

    With something `searched`, only the entries with all of its words.
    """
    parts = {group: _group(group, actions, searched) for group in GROUPS}
    parts |= {title: _matching(title, entries, searched) for title, entries in _LISTS.items()}
    if width < _TWO_COLUMNS or searched:
        single = Page(width, ink)
        for title in (*GROUPS, *_LISTS):
            _draw_list(single, title, parts[title])
        if not len(single):
            single.line((" nothing here has these words", ink.muted))
        return single.strips
    left, right = Page(width // 2 - 1, ink), Page(width - width // 2 - 1, ink)
    for title in ("move", "read", "app", _LOOKS, _FIGURES):
        _draw_list(left, title, parts[title])
    for title in ("decide", "find", _LANGUAGE, _SIGNS, "views"):
        _draw_list(right, title, parts[title])
    height = max(len(left.strips), len(right.strips))
    for column in (left, right):
        while len(column.strips) < height:
            column.blank()
    gap = strip((), 2, ink.text)
    return [Strip.join((one, gap, other)) for one, other in zip(left.strips, right.strips, strict=True)]


def _group(group: str, actions: Sequence[Action], searched: str) -> Entries:
    entries = ((one.shown_keys or f": {one.name}", one.help) for one in actions if one.group == group)
    return _matching(group, tuple(entries), searched)


def _matching(title: str, entries: Entries, searched: str) -> Entries:
    """Return the entries that have all the words that are searched, in their title, term or meaning."""
    words = searched.casefold().split()
    return tuple(
        entry for entry in entries if all(word in f"{title} {' '.join(entry)}".casefold() for word in words)
    )


def _draw_list(column: Page, title: str, entries: Entries) -> None:
    if not entries:
        return
    column.heading({"app": "the rest", "views": "in a view"}.get(title, title))
    for term, meaning in entries:
        _draw_entry(column, term, meaning)
    column.blank()


def _draw_entry(column: Page, key: str, text: str) -> None:
    rows = zip_longest(wrapped(key, _KEYS - 1), wrapped(text, column.width - _KEYS - 2), fillvalue="")
    for keys, row in rows:
        column.line((" " + fitted(keys, _KEYS), column.ink.accent), (row, column.ink.text))
