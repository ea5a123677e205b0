"""All the keys, from the table of actions."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, ClassVar

from textual.geometry import Size
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip

from neurotui.review.description import NEGATIVE, SURENESS, THIN
from neurotui.review.filters import LANGUAGE
from neurotui.tui.actions import ACTIONS, GROUPS, Action, bindings
from neurotui.tui.dispatch import methods, perform
from neurotui.tui.host import host_of, ink_of, themed
from neurotui.tui.widgets.text_layout import Page, strip, wrapped
from neurotui.types import ACTIVE_FROM
from neurotui.wording import fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from neurotui.tui.actions import Place
    from neurotui.tui.host import Done
    from neurotui.tui.styles import Ink

_AT_LEAST = ", ".join(f"{least:g}" for least, _ in SURENESS)
_TWO_COLUMNS = 96
_KEYS = 14
_FIGURES = (
    ("what is said", "the accepted label, else what best predicts the neuron's activation at tokens"),
    (f"{NEGATIVE} most negative", "it is said of where the activation is most negative"),
    (THIN, "it is drawn in grey: too little evidence to say it aloud"),
    ("r, score", "correlation with the activation at tokens, 0 to 1; score on the texts that it was chosen on"),
    ("r ... no part", "the same on texts that chose nothing: what it is trusted by"),
    ("closely ... part", f"r is at least {_AT_LEAST}; below that the evidence is thin"),
    ("peaks", "the words at which its top exemplars peak, each with how many; `peaks` proposes them as labels"),
    (
        "promotes",
        "the tokens that it makes likelier where it is active; suppresses, those that it makes less so",
    ),
    (
        "fires",
        f"the share of tokens at which it is at least {ACTIVE_FROM:.0%} of its largest, whatever its sign",
    ),
    ("tint", "amber above 0, blue below; nothing is tinted where the neuron does not fire"),
    ("strongest texts", "those whose pooled activation is highest"),
    ("◆", "the chosen candidate holds there: for the text, or at the underlined peak"),
    ("by chance", "the share of all texts, or tokens, for which it holds"),
    ("AUROC", "how well it tells texts, or tokens, apart by activation: 0.5 is chance; in brackets its bounds"),
    ("valid, AP", "AUROC, and average precision, on texts that chose nothing"),
    ("fit, topic", "how well a label tells held-out texts that fire from quiet ones: 0.5 is chance"),
    ("fit, word", "how well the activation tells held-out tokens that the label names from all others"),
    ("understood", 'what of a label was read as words: away, "off", -ish, comma, a number, after wall'),
    ("queue", "the order of what is worth deciding: near-certain and frequent first, what is decided last"),
    ("cal, val", "the half of the texts that it is from: calibration or validation"),
)


class HelpPage(ScrollView, can_focus=True):
    """The keys by group, in two columns where there is room."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(id="help")
        self._strips: list[Strip] = []

    def on_mount(self) -> None:
        """Say how to move and to leave."""
        down, up, close = map(themed(self).key, ("down", "up", "close"))
        self.border_subtitle = f"{down} {up} scroll, {close} closes"

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
        return page(width, app.ink, app.actions)


class Help(ModalScreen[None]):
    """Shows the keys until it is closed."""

    PLACE: ClassVar[Place] = "help"
    BINDINGS: ClassVar[list[BindingType]] = bindings(PLACE)

    def compose(self) -> ComposeResult:
        """Lay out the page."""
        yield HelpPage()

    def action_do(self, action_id: str) -> Done:
        """Do an action of the table."""
        return perform(host_of(self), methods(self, self.PLACE), action_id)

    def do_down(self) -> None:
        """Scroll down a line."""
        self._scroll(1)

    def do_up(self) -> None:
        """Scroll up a line."""
        self._scroll(-1)

    def do_close(self) -> None:
        """Go back."""
        self.dismiss()

    def do_help(self) -> None:
        """Go back by the key that led here."""
        self.dismiss()

    def _scroll(self, lines: int) -> None:
        shown = self.query_one(HelpPage)
        shown.scroll_to(y=shown.scroll_offset.y + lines, animate=False, immediate=True)


def page(width: int, ink: Ink, actions: Sequence[Action] = ACTIONS) -> list[Strip]:
    """Return all keys, the filter's language and what the figures mean as lines of `width` cells."""
    if width < _TWO_COLUMNS:
        single = Page(width, ink)
        for group in GROUPS:
            _draw_group(single, group, actions)
        _draw_list(single, "what a filter may say", LANGUAGE)
        _draw_list(single, "what the figures say", _FIGURES)
        return single.strips
    left, right = Page(width // 2 - 1, ink), Page(width - width // 2 - 1, ink)
    for group in ("move", "read", "app"):
        _draw_group(left, group, actions)
    _draw_list(left, "what the figures say", _FIGURES)
    for group in ("decide", "find"):
        _draw_group(right, group, actions)
    _draw_list(right, "what a filter may say", LANGUAGE)
    _draw_group(right, "views", actions)
    height = max(len(left.strips), len(right.strips))
    for column in (left, right):
        while len(column.strips) < height:
            column.blank()
    gap = strip((), 2, ink.text)
    return [Strip.join((one, gap, other)) for one, other in zip(left.strips, right.strips, strict=True)]


def _draw_group(column: Page, group: str, actions: Sequence[Action]) -> None:
    column.heading({"app": "the rest", "views": "in a view"}.get(group, group))
    for action in actions:
        if action.group == group:
            _draw_entry(column, action.shown_keys or f": {action.name}", action.help)
    column.blank()


def _draw_list(column: Page, title: str, entries: Sequence[tuple[str, str]]) -> None:
    column.heading(title)
    for term, meaning in entries:
        _draw_entry(column, term, meaning)
    column.blank()


def _draw_entry(column: Page, key: str, text: str) -> None:
    rows = zip_longest(wrapped(key, _KEYS - 1), wrapped(text, column.width - _KEYS - 2), fillvalue="")
    for keys, row in rows:
        column.line((" " + fitted(keys, _KEYS), column.ink.accent), (row, column.ink.text))
