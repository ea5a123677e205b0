"""The detail pane: everything about one neuron as one page of lines that scrolls."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.geometry import Size
from textual.scroll_view import ScrollView

from neurotui.tui.widgets import candidates, exemplars, histogram
from neurotui.tui.widgets.lines import Page, Piece, figure, fitted, percent, right, shown, strip
from neurotui.tui.widgets.neuron_list import MARKS

if TYPE_CHECKING:
    from textual.strip import Strip

    from neurotui.tui.app import NeurotuiApp
    from neurotui.tui.ink import Ink
    from neurotui.tui.reading import Sheet
    from neurotui.words import Label

_STATE_WIDTH = 11


class DetailPane(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows a sheet. It holds what it was given to show, and where it has scrolled to."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(id="detail")
        self.sheet: Sheet | None = None
        self._label: Label | None = None
        self._chosen = 0
        self._run_name = ""
        self._message = ("", "")
        self._strips: list[Strip] = []

    def show(self, sheet: Sheet, label: Label, chosen: int, run_name: str) -> None:
        """Show a neuron; another one begins at its top, the same one stays where it was scrolled to."""
        another = self.sheet is None or self.sheet.detail.neuron != sheet.detail.neuron
        self.sheet, self._label, self._chosen, self._run_name = sheet, label, chosen, run_name
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
        if place < len(self._strips):
            return self._strips[place]
        return strip((), self.scrollable_content_region.width, self._ink.text)

    @property
    def _ink(self) -> Ink:
        return cast("NeurotuiApp", self.app).ink

    def _build(self) -> None:
        page = Page(self.scrollable_content_region.width, self._ink)
        if page.width > 0:
            self._draw(page)
        self._strips = page.strips
        self.virtual_size = Size(page.width, len(page.strips))
        self.refresh()

    def _draw(self, page: Page) -> None:
        if self.sheet is None or self._label is None:
            page.blank()
            page.paragraph(shown(self._message[0]), page.ink.muted)
            page.paragraph(shown(self._message[1]), page.ink.faint)
            return
        _draw_head(page, self.sheet, self._label, focused=self.has_focus)
        if self.sheet.detail.matches:
            candidates.draw(page, self.sheet.detail.matches, self._chosen)
        else:
            page.heading("candidates")
            page.line((" none yet", page.ink.muted))
            hint = f"neurotui describe {self._run_name} gives them; e writes a label of your own"
            page.paragraph(shown(hint), page.ink.faint)
        page.blank()
        exemplars.draw(page, self.sheet, self._chosen, ("top",))
        histogram.draw(page, self.sheet, self._chosen)
        page.blank()
        exemplars.draw(page, self.sheet, self._chosen, ("bottom", "quantile", "random"))


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
