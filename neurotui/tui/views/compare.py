"""Two neurons side by side, and what they share: r between them, the texts that both respond to most."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.containers import Container, Horizontal
from textual.message import Message

from neurotui.describe.similar import correlation
from neurotui.errors import UserError
from neurotui.review.neuron_loader import NeuronLoader
from neurotui.tui.actions import bindings
from neurotui.tui.views.base import TitleLine, View
from neurotui.tui.widgets.detail import DetailPane
from neurotui.tui.widgets.text_layout import shown
from neurotui.types import Neuron

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from neurotui.review.candidates import Candidate
    from neurotui.review.description import Description
    from neurotui.review.neuron_loader import LoadedNeuron
    from neurotui.review.state import ReviewState
    from neurotui.store.run import Run
    from neurotui.types import Label


class Compare(View[Neuron]):
    """Closed with the neuron to go to, if one was chosen."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Screen says its type
    AUTO_FOCUS = ""
    PLACE = "compare"
    BINDINGS: ClassVar[list[BindingType]] = bindings(PLACE)
    FOOT = ("turn", "go")

    @dataclass
    class Read(Message):
        """Both have been read, or could not be."""

        found: tuple[LoadedNeuron, LoadedNeuron] | UserError

    def __init__(self, review_state: ReviewState, run: Run, first: int, second: int) -> None:
        """Compare two neurons by their ids: the one that one came from, and another."""
        super().__init__()
        self._review_state = review_state
        self._run = run
        self._ids = (first, second)
        self._names = tuple(str(review_state.overview.neuron(neuron_id)) for neuron_id in self._ids)
        self._loaded: tuple[LoadedNeuron, LoadedNeuron] | None = None
        self._known: list[tuple[Label, Description, list[Candidate]]] = []

    def body(self) -> ComposeResult:
        """Yield what both share, and the panes."""
        yield TitleLine("shared")
        with Horizontal(id="pair"):
            yield Container(DetailPane())
            yield Container(DetailPane())

    def on_mount(self) -> None:
        """Begin to read."""
        super().on_mount()
        self.show_title(f"{self._names[0]} and {self._names[1]}")
        self.query_one("#shared", TitleLine).show(("reading", self.ink.muted))
        self._say_which()
        self.run_worker(self._read, thread=True)

    @property
    def panes(self) -> list[DetailPane]:
        """The first neuron's pane and the second's."""
        return list(self.query(DetailPane))

    def look(self) -> None:
        """Show what others decide."""
        if self._loaded is None:
            return
        for neuron_id, loaded in zip(self._ids, self._loaded, strict=True):
            self._review_state.candidate_cache.know(neuron_id, loaded.detail.peaks, loaded.detail.others)
        known = [
            (self._review_state.label(one), self._review_state.says(one), self._review_state.candidates(one))
            for one in self._ids
        ]
        if known == self._known:
            return
        self._known = known
        for pane, loaded, (label, told, candidates) in zip(self.panes, self._loaded, known, strict=True):
            pane.show(loaded, label, told, 0, self._run.path, candidates)

    def move(self, steps: int) -> None:
        """Scroll both, or the one that was chosen."""
        for pane in self._moving():
            pane.scroll_by(steps)

    def turn(self, step: int) -> None:
        """Let keys move the first, the second, or both again."""
        stops: list[DetailPane | None] = [None, *self.panes]
        here = next((place for place, pane in enumerate(stops) if pane is self.focused), 0)
        self.set_focus(stops[(here + step) % len(stops)])

    def do_go(self) -> None:
        """Close, and go to the neuron that keys move; to the second while they move both."""
        chosen = self.panes.index(self._moving()[-1])
        self.dismiss(self._review_state.overview.neuron(self._ids[chosen]))

    def key_name(self, action_id: str) -> str:
        """Say what keys would move, and where Enter goes."""
        if action_id == "turn":
            return {0: f"{self._names[0]} alone", 1: f"{self._names[1]} alone"}.get(self._place() + 1, "both")
        if action_id == "go":
            return f"go to {self._names[self.panes.index(self._moving()[-1])]}"
        return super().key_name(action_id)

    def page_size(self) -> int:
        """Return how many lines of a pane are in sight."""
        return self.panes[0].scrollable_content_region.height

    def extent(self) -> int:
        """Return how many lines the longer page has."""
        return max(pane.virtual_size.height for pane in self.panes)

    def _place(self) -> int:
        return next((place for place, pane in enumerate(self.panes) if pane is self.focused), -1)

    def _moving(self) -> list[DetailPane]:
        place = self._place()
        return self.panes if place < 0 else [self.panes[place]]

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _say_which(self) -> None:
        if not self.panes:
            return  # the focus left a pane because the view is closed
        place = self._place()
        down, up = self.host.key("down"), self.host.key("up")
        self.show_note(f"{down} {up} scroll {'both' if place < 0 else self._names[place]}")
        self.show_keys()

    def _read(self) -> None:
        """Read both; away from the screen."""
        try:
            reader = NeuronLoader(self._run)
            found: tuple[LoadedNeuron, LoadedNeuron] | UserError = (
                reader.load(self._ids[0]),
                reader.load(self._ids[1]),
            )
        except UserError as refusal:
            found = refusal
        self.post_message(self.Read(found))

    @on(Read)
    def _have_read(self, message: Read) -> None:
        line = self.query_one("#shared", TitleLine)
        if isinstance(message.found, UserError):
            line.show((shown(message.found.message), self.ink.bad))
            for pane in self.panes:
                pane.say(message.found.message, message.found.hint)
            return
        self._loaded = message.found
        self.look()
        ours, theirs = message.found
        r = float(correlation(ours.pooled[None], theirs.pooled)[0])
        line.show(
            (f"r = {r:+.2f}" if math.isfinite(r) else "r = —", self.ink.strong),
            (f" over {len(ours.pooled):,} texts · ", self.ink.muted),
            (shared_texts(ours, theirs), self.ink.muted),
        )


def shared_texts(one: LoadedNeuron, other: LoadedNeuron) -> str:
    """Say which top exemplars' texts two neurons share, strongest for the first of them first."""
    tops = [
        {e.text_id: e.source_id for e in loaded.detail.exemplars if e.kind == "top"} for loaded in (one, other)
    ]
    both = [source for text_id, source in tops[0].items() if text_id in tops[1]]
    count = f"{len(both)} of {min(map(len, tops))} top texts shared"
    return shown(f"{count}: {', '.join(both)}") if both else count
