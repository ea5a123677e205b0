"""The detail pane: everything about one neuron as one page of lines that scrolls."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from neurotui.review.candidates import YOURS
from neurotui.review.description import Description
from neurotui.store.run_commands import command_line
from neurotui.tui.app_protocol import ink_of, themed
from neurotui.tui.widgets import (
    candidates,
    descriptor_evidence,
    detail_head,
    exemplars,
    histogram,
    written_candidates,
)
from neurotui.tui.widgets.detail_head import Head
from neurotui.tui.widgets.exemplars import Look, Marks, Spot
from neurotui.tui.widgets.scroll import LinePane
from neurotui.tui.widgets.text_layout import Page, shown, strip
from neurotui.types import EXEMPLAR_KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.strip import Strip

    from neurotui.review.candidates import Candidate
    from neurotui.review.neuron_loader import LoadedNeuron
    from neurotui.tui.styles import Ink
    from neurotui.types import Kind, Label

# Panes of fewer lines keep them for exemplars.
_BRIEF = 32
# Of a page's lines, those that leave the first exemplar in sight; and how many of the rest make one candidate.
_REST, _LINES_A_CANDIDATE = 12, 3


class DetailPane(LinePane, can_focus=True, inherit_bindings=False):
    """Shows a loaded neuron. It holds only what it was given to show, and its scroll position."""

    def __init__(self) -> None:
        super().__init__(id="detail")
        self.loaded: LoadedNeuron | None = None
        self._label: Label | None = None
        self._said = Description()
        self._chosen = 0
        self._candidates: Sequence[Candidate] = ()
        self._asked = ("", False)
        self._run = Path()
        self._message = ("", "")
        self.page: Page | None = None
        self.look = Look()
        self.figures = False
        self._spot: Spot | None = None
        # The first line of each exemplar on the page, and its number.
        self._places: list[tuple[int, int]] = []

    def show(
        self,
        loaded: LoadedNeuron,
        label: Label,
        said: Description,
        chosen: int,
        run: Path,
        candidates: Sequence[Candidate],
        asked: tuple[str, bool] = ("", False),
    ) -> None:
        """Show a neuron; another one begins at its top, the same one stays where it was scrolled to.

        `said` is what is said of it, `run` its file. `chosen` is a place among the `candidates`, whose figures
        are drawn from the neuron. What has been `asked` about it stands beside them, with whether it went wrong.
        """
        another = self.loaded is None or self.loaded.detail.neuron != loaded.detail.neuron
        self.loaded, self._label, self._said, self._chosen, self._run = loaded, label, said, chosen, run
        self._candidates, self._asked = candidates, asked
        if another:
            self._spot = None
        self._build()
        if another:
            self.scroll_to(y=0, animate=False, immediate=True, force=True)

    def say(self, what: str, hint: str) -> None:
        """Show a message instead of a neuron, and what to do."""
        self.loaded = None
        self._message = (what, hint)
        self._build()

    def scroll_by(self, lines: int) -> None:
        """Scroll at once, as far as the page goes."""
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False, immediate=True)

    def look_at(self, look: Look) -> None:
        """Show exemplars in another way."""
        self.look, self._spot = look, None
        self._build()

    def turn_figures(self) -> None:
        """Show the figures of the chosen candidate, or hide them."""
        self.figures = not self.figures
        self._build()

    def step(self, tokens: int) -> None:
        """Go to the next token, or the previous one for -1: its activation is shown in the gutter.

        It begins at the peak of the first exemplar in sight, and goes on from one exemplar to the next.
        """
        if self.loaded is None or not self._places:
            return
        shown = self.loaded.detail.exemplars
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
        if self.loaded is None or offset is None or event.button != 1:
            return
        line = offset.y + self.scroll_offset.y
        first, number = max((place for place in self._places if place[0] <= line), default=(0, -1))
        if number < 0:
            return
        position = exemplars.position_at(
            self.loaded.detail.exemplars[number], self.look, self.page_width, line - first, offset.x
        )
        if position is not None:
            self._spot = Spot(number, position)
            self._build()

    def on_resize(self) -> None:
        """Lay the page out for the new width."""
        self._build()

    def on_focus(self) -> None:
        """Show that the pane has the focus."""
        self._build()

    def on_blur(self) -> None:
        """Show that the pane has lost the focus."""
        self._build()

    def notify_style_update(self) -> None:
        """Redraw the page if the theme's colours have changed; changes of size and focus arrive as events."""
        super().notify_style_update()
        if self.page is not None and self.page.ink is not self._ink:
            self._build()

    def render_line(self, y: int) -> Strip:
        """Return a line of the page."""
        place = y + self.scroll_offset.y
        if self.page is not None and place < len(self.page):
            return self.page[place]
        return strip((), self.scrollable_content_region.width, self._ink.text)

    @property
    def _ink(self) -> Ink:
        return ink_of(self)

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
        self.set_length(len(page))
        self.refresh()

    def _draw(self, page: Page) -> None:
        if self.loaded is None or self._label is None:
            page.blank()
            page.paragraph(shown(self._message[0]), page.ink.muted)
            page.paragraph(shown(self._message[1]), page.ink.faint)
            return
        brief = self.scrollable_content_region.height < _BRIEF
        loaded, candidates_ = self.loaded, self._candidates
        detail_head.draw(page, Head(loaded.detail, self._label, self._said), focused=self.has_focus, brief=brief)
        room = max(0, (self.scrollable_content_region.height - _REST) // _LINES_A_CANDIDATE)
        told, figures = self._said.sentence, self.figures
        candidates.draw(page, loaded, candidates_, self._chosen, room, told=told, brief=brief, figures_too=figures)
        if not loaded.detail.matches:
            self._draw_undescribed(page)
        if not brief:
            written_candidates.draw_yours(page, candidates_, self._chosen)
            page.blank()
        self._draw_asked(page)
        # Where lines are few, exemplars come first; the written candidate that is chosen stays above them.
        chosen = candidates_[self._chosen] if candidates_ else None
        if not brief:
            written_candidates.draw_fits(page, candidates_, self._chosen)
        elif chosen is not None and (written_candidates.is_written(chosen) or chosen.origin == YOURS):
            written_candidates.draw_chosen_fit(page, candidates_, self._chosen)
        self._draw_exemplars(page, loaded, self._label, brief=brief)

    def _draw_undescribed(self, page: Page) -> None:
        """Add a hint which command gives neurons descriptors."""
        key = themed(self).key("edit")
        hint = f"{command_line('describe', self._run)} gives descriptors; {key} writes a label of your own"
        page.paragraph(shown(hint), page.ink.faint)

    def _draw_asked(self, page: Page) -> None:
        said, wrong = self._asked
        if said:
            page.paragraph(shown(said), page.ink.bad if wrong else page.ink.accent)
            page.blank()

    def _draw_exemplars(self, page: Page, loaded: LoadedNeuron, label: Label, *, brief: bool) -> None:
        """Add the exemplars, first those that the chosen candidate speaks of, and what stands behind it."""
        chosen = self._candidates[self._chosen] if self._candidates else None
        match = loaded.match(chosen) if chosen is not None else None
        marks = None
        # Where what another describer found holds, the run does not keep.
        if chosen is not None and not chosen.describer:
            quiet = loaded.detail.statistics.quiet(chosen.side)
            marks = Marks(candidates.sentence(chosen, match, quiet=quiet), loaded.marked(chosen))
        first, rest = _kinds(loaded, chosen, self.look)
        draw = partial(exemplars.draw, page, loaded, marks, look=self.look, spot=self._spot)
        self._places = draw(first)
        of_texts = match if match is not None and match.descriptor_id in loaded.holders else None
        histogram.draw(page, loaded, of_texts)
        if brief:
            detail_head.draw_rest(page, Head(loaded.detail, label, self._said))
            if match is not None:
                page.paragraph(candidates.figures(match), page.ink.faint)
        page.blank()
        if brief:
            written_candidates.draw_fits(page, self._candidates, self._chosen)
        if of_texts is not None:
            descriptor_evidence.draw(page, loaded, of_texts)
        self._places += exemplars.draw(page, loaded, None, rest, self.look, self._spot)


def _kinds(
    loaded: LoadedNeuron, chosen: Candidate | None, look: Look
) -> tuple[tuple[Kind, ...], tuple[Kind, ...]]:
    """Return which kinds of exemplars come first, and which come further down.

    What a candidate speaks of comes first: the lowest activations, whole texts, or the highest peaks.
    """
    if look.kind:
        return (look.kind,), ()
    there = {exemplar.kind for exemplar in loaded.detail.exemplars}
    spoken_of: Kind = "top"
    if chosen is not None and chosen.side < 0 and not loaded.detail.statistics.quiet(chosen.side):
        spoken_of = "bottom"
    elif chosen is not None and chosen.scope == "text" and "pooled" in there:
        spoken_of = "pooled"
    first = (spoken_of, *(kind for kind in ("top", "pooled") if kind != spoken_of))
    return cast("tuple[Kind, ...]", first), tuple(kind for kind in EXEMPLAR_KINDS if kind not in first)
