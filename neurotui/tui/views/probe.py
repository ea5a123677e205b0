"""Probe: type any text, and see which neurons fire on it, token by token, and what the current one does."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.widgets import Input

from neurotui.errors import UserError
from neurotui.probing.questions import Prepare, Probed, Silence, Silenced
from neurotui.probing.sentences import bare
from neurotui.review.description import Description
from neurotui.sanitize import visible
from neurotui.tui.actions import bindings
from neurotui.tui.styles import grounds_style
from neurotui.tui.views.base import RowsView
from neurotui.tui.views.probe_questions import ProbeAnswered, ProbeQuestions, ProbeTold
from neurotui.tui.widgets import probe_page as page_of
from neurotui.tui.widgets.page_view import PageView
from neurotui.tui.widgets.table import RowList
from neurotui.tui.widgets.text_field import Field
from neurotui.tui.widgets.text_layout import LONGEST_NAME, shown
from neurotui.types import Neuron
from neurotui.wording import figure, short

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from neurotui.probing.questions import Firing, Where
    from neurotui.review.probe_session import ProbeRequest, ProbeSession
    from neurotui.review.state import ReviewState
    from neurotui.tui.styles import Ink
    from neurotui.tui.widgets.table import Table
    from neurotui.tui.widgets.text_layout import Page, Piece

_PAUSE = 0.2
# What takes longer than this is silenced when one asks for it.
_QUICK = 0.5
_AMPLIFIED = 5.0
# A model reads a few hundred tokens of it.
_LONGEST = 10_000
_ON_TOKENS = {"next_token", "previous_token", "go", "silence", "amplify", "everywhere"}


class ProbeView(RowsView[Neuron]):
    """Closed with the neuron to go to, if one was chosen."""

    AUTO_FOCUS = "#probe-text"
    PLACE = "probe"
    BINDINGS: ClassVar[list[BindingType]] = bindings(PLACE)
    FOOT = ("next_token", "go", "silence", "turn")

    def __init__(self, review_state: ReviewState, neuron_id: int, probing: ProbeSession) -> None:
        super().__init__()
        self._review_state = review_state
        self._neuron = review_state.overview.neuron(neuron_id)
        self._probing = probing
        self._questions = ProbeQuestions(probing, self._neuron, self._in_background, self.post_message)
        self._probed: Probed | None = None
        self._silenced: Silenced | None = None
        self._here: int | None = None
        self._quick = True
        self._scale = 0.0
        self._at: Where = "peak"

    def body(self) -> ComposeResult:
        """Yield the line to type into, the text with its heat, and the neurons that fire."""
        yield Field(
            visible(self._probing.text),
            id="probe-text",
            placeholder="type any text",
            max_length=_LONGEST,
            compact=True,
            select_on_focus=False,
        )
        yield PageView()
        yield RowList(cast("Table", self))

    def on_mount(self) -> None:
        """Begin to load the model, and to answer for the text that was there before."""
        super().on_mount()
        # At once, unlike AUTO_FOCUS: the next key is typed already.
        self.set_focus(self.field)
        self.field.begin(self.field.value, selected=True)
        self._show_state("loading the model")
        self._explain()
        self._questions.load()
        self._ask_for(self.field.value)

    @property
    def field(self) -> Field:
        """The text input."""
        return self.query_one(Field)

    # keys

    def move(self, steps: int) -> None:
        """Move in the list; from the text, into it."""
        if self.focused is self.field:
            self.turn(1)
        else:
            self.rows.go(self.rows.cursor + steps)

    def do_next_token(self) -> None:
        """Go to the next token that counts."""
        self._step(1)

    def do_previous_token(self) -> None:
        """Go to the token before; before the first stands the whole text."""
        self._step(-1)

    def _step(self, step: int) -> None:
        if self._probed is None:
            return
        stops: list[int | None] = [None, *(place for place, firing in enumerate(self._probed.at) if firing)]
        place = stops.index(self._here) + step
        self._here = stops[max(0, min(place, len(stops) - 1))]
        self._show()

    def do_go(self) -> None:
        """Close, and go to the neuron under the cursor."""
        if self._firing:
            self.dismiss(self._firing[self.rows.cursor].neuron)

    def do_silence(self) -> None:
        """Ask what the model says without the neuron."""
        self._change(0.0, self._at, "asking without it")

    def do_amplify(self) -> None:
        """Ask what the model says with the neuron much more active."""
        self._change(_AMPLIFIED, self._at, "asking with more of it")

    def do_everywhere(self) -> None:
        """Change the neuron at every token, or again only where it peaks."""
        self._change(self._scale, "all" if self._at == "peak" else "peak", "asking")

    def _change(self, scale: float, at: Where, state: str) -> None:
        if self._probed is not None:
            self._scale, self._at = scale, at
            self._questions.change(self._probed.text, scale, at)
            self._show_state(state)

    def turn(self, step: int) -> None:  # noqa: ARG002 - there are two sides
        """Switch the focus between the list and the text input."""
        self.set_focus(self.rows if self.focused is self.field else self.field)

    def do_type(self) -> None:
        """Focus the text input."""
        self.set_focus(self.field)

    def can(self, action_id: str) -> bool:
        """Offer what works where the focus is, as letters are typed into the text, and is not shown already."""
        if action_id in _ON_TOKENS and (self.focused is self.field or self._probed is None):
            return False
        done = {0.0: "silence", _AMPLIFIED: "amplify"}[self._scale] if self._silenced is not None else ""
        return super().can(action_id) and action_id != done

    def key_name(self, action_id: str) -> str:
        """Say where keys lead from here."""
        if action_id == "turn":
            return "list" if self.focused is self.field else "type"
        return super().key_name(action_id)

    @on(events.DescendantFocus)
    def _focus_moved(self) -> None:
        self.show_keys()

    # rows

    def header(self, width: int, ink: Ink) -> list[Piece]:
        """Name the columns."""
        del width
        return page_of.header(ink)

    def row(self, place: int, width: int, ink: Ink) -> list[Piece]:
        """Draw a neuron that fires."""
        firing = self._firing[place]
        neuron_id = self._review_state.find(firing.neuron)
        told = self._review_state.says(neuron_id) if neuron_id is not None else Description()
        own = firing.neuron == self._neuron
        says = (told.sentence, grounds_style(ink, told.grounds))
        return page_of.row(firing, self._token(firing.position), says, width, ink, own=own)

    @property
    def _firing(self) -> tuple[Firing, ...]:
        if self._probed is None:
            return ()
        return self._probed.overall if self._here is None else self._probed.at[self._here]

    def _token(self, position: int) -> str:
        return shown(bare(self._probed.tokens[position].piece)) if self._probed is not None else ""

    # asking

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        """Ask a moment after the last key. What was pasted is asked about as it can be shown."""
        if visible(event.value) != event.value:
            self.field.value = visible(event.value)
            return
        self.set_timer(_PAUSE, partial(self._ask_if_last, event.value))

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.turn(1)

    def _ask_if_last(self, text: str) -> None:
        if text == self.field.value:
            self._ask_for(text)

    def _ask_for(self, text: str) -> None:
        """Ask for a text, unless the answer to it is shown, or on its way, already."""
        if not self._questions.probe(text, self._probed.text if self._probed is not None else None):
            self._forget()

    def _in_background(self, ask: Callable[[], None]) -> None:
        self.run_worker(ask, thread=True, group="probe")

    @on(ProbeTold)
    def _told(self, message: ProbeTold) -> None:
        if self._questions.busy:
            self._show_state(message.stage)

    @on(ProbeAnswered)
    def _answered(self, message: ProbeAnswered) -> None:
        question, answer = message.question, message.answer
        waits = self._questions.over()
        self._show_state("asking" if waits else "")
        if isinstance(question, Prepare) or question.text == self.field.value:
            if isinstance(answer, UserError):
                self._fail(question, answer)
            elif isinstance(answer, Probed):
                self._quick = message.seconds < _QUICK
                self._probed, self._silenced, self._here = answer, None, None
                self._show()
                if self._quick and not waits:
                    self._change(self._scale, self._at, "asking without it")
            elif isinstance(answer, Silenced) and self._probed is not None:
                self._silenced = answer
                self._show()
        self._questions.next()

    # showing

    def _show(self) -> None:
        """Show the text, and the neurons of the token that one is at or of the whole text."""
        probed = self._probed
        if probed is None:
            return
        line = 0

        def draw(page: Page) -> None:
            nonlocal line
            line = page_of.draw(page, probed, self._here, self._silenced)

        paper = self.query_one(PageView)
        paper.show(draw)
        paper.scroll_by(max(0, line - paper.scrollable_content_region.height // 2))
        self.show_keys()
        self.rows.show(len(self._firing))
        if not self._firing:
            self.rows.say("no neuron of the run ever moved", "there is nothing to measure by")
        if self._here is None:
            key = self.host.key("next_token")
            self.show_note(f"each neuron at its most unusual token · {key}, in the list, goes through them")
        elif probed.response is not None:
            value = figure(probed.response.trace[self._here])
            self.show_note(f"at '{short(self._token(self._here), LONGEST_NAME)}' · {self._neuron} {value}")

    def _show_state(self, state: str) -> None:
        neuron_id = self._review_state.find(self._neuron)
        says = self._review_state.says(neuron_id).sentence if neuron_id is not None else ""
        self.show_title("probe", str(self._neuron), shown(says), right=shown(state))

    def _forget(self) -> None:
        self._probed = self._silenced = self._here = None
        self._explain()

    def _explain(self) -> None:
        self.query_one(PageView).say(
            f"type a text: here is then what {self._neuron} does on it, and below which neurons fire",
            "where the model has a head: what it says without the neuron, at the end or at a mask token",
        )
        self.rows.say("", "")
        self.show_note("")

    def _fail(self, question: ProbeRequest, refusal: UserError) -> None:
        """Say why there is no answer. A text that was answered stays, where only silencing failed."""
        if isinstance(question, Silence):
            self.show_note(shown(f"{refusal.message}: {refusal.hint}"), self.ink.bad)
            return
        self._probed = self._silenced = self._here = None
        self.query_one(PageView).say(refusal.message, refusal.hint)
        self.rows.say("", "")
        self.show_note("")
