"""The detail pane: everything about one neuron as one page of lines that scrolls."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from textual.scroll_view import ScrollView

from neurotui.tui.widgets import behind, candidates, exemplars, histogram
from neurotui.tui.widgets.exemplars import Look, Spot
from neurotui.tui.widgets.lines import Page, Piece, figure, fitted, percent, right, shown, strip
from neurotui.tui.widgets.neuron_list import MARKS
from neurotui.tui.widgets.scrolling import set_length
from neurotui.words import KINDS, command_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.strip import Strip

    from neurotui.tui.app import NeurotuiApp
    from neurotui.tui.candidate import Candidate
    from neurotui.tui.ink import Ink
    from neurotui.tui.reading import Sheet
    from neurotui.words import Label

_STATE_WIDTH = 11
# Of a page's lines, those that leave the first exemplar in sight; and how many of the rest make one candidate.
_REST, _LINES_A_CANDIDATE = 12, 3


class DetailPane(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows a sheet. It holds what it was given to show, and where it has scrolled to."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(id="detail")
        self.sheet: Sheet | None = None
        self._label: Label | None = None
        self._chosen = 0
        self._candidates: Sequence[Candidate] = ()
        self._asked = ("", False)
        self._run = Path()
        self._message = ("", "")
        self.page: Page | None = None
        self.look = Look()
        self._spot: Spot | None = None
        # The first line of each exemplar on the page, and its number.
        self._places: list[tuple[int, int]] = []

    def show(
        self,
        sheet: Sheet,
        label: Label,
        chosen: int,
        run: Path,
        candidates: Sequence[Candidate],
        asked: tuple[str, bool] = ("", False),
    ) -> None:
        """Show a neuron; another one begins at its top, the same one stays where it was scrolled to.

        `run` is its file. `chosen` is a place among the `candidates`, whose figures are drawn from the sheet.
        What has been `asked` about it stands beside them, with whether that went wrong.
        """
        another = self.sheet is None or self.sheet.detail.neuron != sheet.detail.neuron
        self.sheet, self._label, self._chosen, self._run = sheet, label, chosen, run
        self._candidates, self._asked = candidates, asked
        if another:
            self._spot = None
        self._build()
        if another:
            self.scroll_to(y=0, animate=False, immediate=True, force=True)

    def say(self, what: str, hint: str) -> None:
        """Show a message instead of a neuron, and what to do."""
        self.sheet = None
        self._message = (what, hint)
        self._build()

    def scroll_by(self, lines: int) -> None:
        """Scroll at once, as far as the page goes."""
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False, immediate=True)

    def look_at(self, look: Look) -> None:
        """Show exemplars in another way."""
        self.look, self._spot = look, None
        self._build()

    def step(self, tokens: int) -> None:
        """Go to the next token, or the previous for -1: its activation stands in the gutter.

        It begins at the peak of the first exemplar in sight, and goes on from one exemplar to the next.
        """
        if self.sheet is None or not self._places:
            return
        shown = self.sheet.detail.exemplars
        if self._spot is None:
            top = self.scroll_offset.y
            number = next((number for line, number in self._places if line >= top), self._places[-1][1])
            self._go_to(Spot(number, shown[number].peak))
            return
        order = [number for _, number in self._places]
        place, position = order.index(self._spot.exemplar), self._spot.position + tokens
        if not 0 <= position < len(shown[order[place]].pieces):
            place += tokens
            if not 0 <= place < len(order):
                return
            position = 0 if tokens > 0 else len(shown[order[place]].pieces) - 1
        self._go_to(Spot(order[place], position))

    def _go_to(self, spot: Spot) -> None:
        self._spot = spot
        self._build()
        line = next(line for line, number in self._places if number == spot.exemplar)
        end = min((first for first, _ in self._places if first > line), default=int(self.virtual_size.height))
        height = self.scrollable_content_region.height
        if not self.scroll_offset.y <= line < self.scroll_offset.y + height - min(height - 1, end - line - 1):
            self.scroll_to(y=max(0, line - height // 3), animate=False, immediate=True)

    def on_click(self, event: events.Click) -> None:
        """Show the activation at the token under the pointer."""
        offset = event.get_content_offset(self)
        if self.sheet is None or offset is None:
            return
        line = offset.y + self.scroll_offset.y
        first, number = max((place for place in self._places if place[0] <= line), default=(0, -1))
        if number < 0:
            return
        position = exemplars.position_at(
            self.sheet.detail.exemplars[number], self.look, self.page_width, line - first, offset.x
        )
        if position is not None:
            self._spot = Spot(number, position)
            self._build()

    def on_resize(self) -> None:
        """Lay the page out for the new width."""
        self._build()

    def on_focus(self) -> None:
        """Show that keys scroll here."""
        self._build()

    def on_blur(self) -> None:
        """Show that keys work elsewhere."""
        self._build()

    def notify_style_update(self) -> None:
        """Draw the page in the colours of another theme."""
        super().notify_style_update()
        if self.is_mounted:
            self._build()

    def render_line(self, y: int) -> Strip:
        """Return a line of the page."""
        place = y + self.scroll_offset.y
        if self.page is not None and place < len(self.page):
            return self.page[place]
        return strip((), self.scrollable_content_region.width, self._ink.text)

    @property
    def _ink(self) -> Ink:
        return cast("NeurotuiApp", self.app).ink

    @property
    def page_width(self) -> int:
        """The cells of a line."""
        return self.scrollable_content_region.width

    def _build(self) -> None:
        page = Page(self.page_width, self._ink)
        self._places = []
        if page.width > 0:
            self._draw(page)
        self.page = page
        set_length(self, len(page))
        self.refresh()

    def _draw(self, page: Page) -> None:
        if self.sheet is None or self._label is None:
            page.blank()
            page.paragraph(shown(self._message[0]), page.ink.muted)
            page.paragraph(shown(self._message[1]), page.ink.faint)
            return
        _draw_head(page, self.sheet, self._label, focused=self.has_focus)
        if self.sheet.detail.matches:
            room = max(0, (self.scrollable_content_region.height - _REST) // _LINES_A_CANDIDATE)
            candidates.draw(page, self.sheet.detail.matches, self._candidates, self._chosen, room)
        else:
            page.heading("candidates")
            page.line((" none yet", page.ink.muted))
            key = cast("NeurotuiApp", self.app).key("edit")
            hint = f"{command_line('describe', self._run)} gives them; {key} writes a label of your own"
            page.paragraph(shown(hint), page.ink.faint)
        page.blank()
        said, wrong = self._asked
        if said:
            page.paragraph(shown(said), page.ink.bad if wrong else page.ink.accent)
            page.blank()
        candidates.draw_fits(page, self._candidates, self._chosen)
        first, rest = ((self.look.kind,), ()) if self.look.kind else (KINDS[:1], KINDS[1:])
        chosen = self._candidates[self._chosen] if self._candidates else None
        match = self.sheet.match(chosen.descriptor) if chosen is not None else None
        draw = partial(exemplars.draw, page, self.sheet, match, look=self.look, spot=self._spot)
        self._places = draw(first)
        histogram.draw(page, self.sheet, match)
        page.blank()
        if match is not None:
            behind.draw(page, self.sheet, match)
        self._places += draw(rest)


def _draw_head(page: Page, sheet: Sheet, label: Label, *, focused: bool) -> None:
    ink, statistics = page.ink, sheet.detail.statistics
    state_style = {"accepted": ink.good, "rejected": ink.bad, "skipped": ink.muted, "open": ink.faint}
    state = f"{MARKS[label.state]} {label.state}"
    page.line(
        ("▌" if focused else " ", ink.accent),
        (fitted(str(sheet.detail.neuron), page.width - _STATE_WIDTH - 2), ink.strong),
        (right(state, _STATE_WIDTH), state_style[label.state]),
    )
    page.paragraph(_verdict(label), ink.strong if label.state == "accepted" else ink.faint)
    if label.by:
        page.paragraph(_who(label), ink.faint)
    if label.note:
        page.paragraph(f"note: {shown(label.note)}", ink.muted)
    _draw_figures(
        page,
        ("fires", percent(statistics.firing_rate)),
        ("mean", f"{figure(statistics.mean)} ± {figure(statistics.std)}"),
        ("range", f"{figure(statistics.minimum)} to {figure(statistics.maximum)}"),
    )
    page.blank()


def _draw_figures(page: Page, *figures: tuple[str, str]) -> None:
    """Add figures with their names, as many a line as there is room for."""
    row: list[Piece] = []
    used = 0
    for name, value in figures:
        if row and used + len(f"   {name} {value}") > page.width:
            page.line(*row)
            row, used = [], 0
        gap = "   " if row else " "
        row.extend([(f"{gap}{name} ", page.ink.faint), (value, page.ink.muted)])
        used += len(f"{gap}{name} {value}")
    page.line(*row)


def _verdict(label: Label) -> str:
    if label.state == "accepted":
        return shown(label.text)
    return {
        "rejected": "no candidate describes it",
        "skipped": "seen, and left undecided",
        "open": "not reviewed yet",
    }[label.state]


def _who(label: Label) -> str:
    """Say who decided, when, and who proposed the label."""
    parts = [f"by {label.by}", f"{label.time[:16].replace('T', ' ')} UTC"]
    if label.origin:
        parts.append("own words" if label.origin == "person" else f"proposed by {label.origin}")
    if label.history > 1:
        parts.append(f"{label.history} decisions")
    return shown(" · ".join(parts))
