"""The Browse screen: lays out the panes, and passes keys and messages to the controllers.

Workers only read and post messages; the controllers that receive these are the only ones that change the display.
"""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import events, on
from textual.containers import Horizontal

from neurotui.errors import UserError
from neurotui.review.session import LOOK_EVERY
from neurotui.store.labels import remarks
from neurotui.tui import messages, themes
from neurotui.tui.actions import BY_ID, bindings
from neurotui.tui.browse.controllers import Controllers
from neurotui.tui.browse.current_review import CurrentReview
from neurotui.tui.dispatch import perform
from neurotui.tui.textual_internals import InnerScreen
from neurotui.tui.widgets.neuron_list import NeuronList
from neurotui.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractContextManager

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.screen import Screen

    from neurotui.review.orders import Sort
    from neurotui.review.session import Session
    from neurotui.tui.app_protocol import AppProtocol, Done
    from neurotui.tui.dispatch import Handlers
    from neurotui.tui.places import Place
    from neurotui.tui.widgets.detail import DetailPane

Result = TypeVar("Result")
_READ_SOON = 1.0
# Seconds: Textual lays the panes out in several steps, and would draw all of them at each.
_LAID_OUT = 0.02


class Browse(InnerScreen):
    """The neuron list, the detail pane, the prompt, and a controller for each group of actions."""

    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012 - Screen says its type
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Screen says its type
    AUTO_FOCUS = "#list"
    BINDINGS: ClassVar[list[BindingType]] = bindings("list", "detail", "filter")

    def __init__(self, session: Session, host: AppProtocol) -> None:
        super().__init__()
        self._host = host
        self._takes_keys = asyncio.Event()
        self.review = CurrentReview(session, host.key)
        self.prompt = Prompt()
        self.control = Controllers(self, self.review, self.prompt, self._works, self.action_do)
        self.panes = self.control.panes
        self.handlers: Handlers = {
            **self.control.handlers,
            "theme": self.switch_theme,
            "quit": self.quit,
        }

    # the screen itself

    def compose(self) -> ComposeResult:
        """Lay out the panes, the prompt and the two lines at the foot."""
        with Horizontal(id="panes"):
            yield self.list
            yield self.panes.layers
            yield self.detail
        yield self.prompt
        yield self.panes.status
        yield self.panes.keys

    def on_mount(self) -> None:
        """Show the run, or its first rows until all of it has been read."""
        session = self.review.session
        self.app.delay_update(_LAID_OUT)
        self.panes.show_standing()
        try:
            read = self.control.loader.begin()
        except UserError as refusal:
            self._run_failed(messages.RunFailed(refusal))
        else:
            if read is not None:
                self._run_read(messages.RunRead(read))
        self.set_interval(LOOK_EVERY, self.control.watcher.look)
        if session.run.lacks:
            self.host.say(f"'{session.run.path.name}': {session.run.lacks}", severity="warning")
        for remark in remarks(session.journal, session.labels, name=session.journal.path.name):
            self.host.say(remark, severity="warning")

    def on_unmount(self) -> None:
        """End the worker processes with the screen."""
        # Unfreeze garbage collection; DuckDB warns about objects still alive at exit.
        gc.unfreeze()
        self.control.close()

    async def until_read(self) -> None:
        """Wait until the run has been read or has failed, but not for long: keys work in the meantime too."""
        if not self._takes_keys.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._takes_keys.wait(), _READ_SOON)
            self._takes_keys.set()

    @property
    def list(self) -> NeuronList:
        """The pane of all neurons."""
        return self.panes.list

    @property
    def detail(self) -> DetailPane:
        """The pane of one neuron."""
        return self.panes.detail

    # the ScreenProtocol that the controllers use

    @property
    def host(self) -> AppProtocol:
        """The app: keys to name in hints, toasts, settings."""
        return self._host

    @property
    def place(self) -> Place | None:
        """Where keys work now; None while something other than a filter is typed."""
        if self.prompt.is_open:
            return "filter" if self.prompt.purpose == "filter" else None
        return "detail" if self.focused is self.detail else "list"

    def in_background(self, work: Callable[[], object], group: str) -> None:
        """Run `work` in a thread. It must not touch the screen, and reports by ``post_message``."""
        self.run_worker(work, thread=True, group=group)

    def when_drawn(self, do: Callable[[], object]) -> None:
        """Call a function once what is to be drawn now is on the screen."""
        self.call_after_refresh(do)

    def later(self, seconds: float, do: Callable[[], object]) -> None:
        """Call a function after some seconds."""
        self.set_timer(seconds, do)

    def focus_pane(self, *, detail: bool) -> None:
        """Focus the detail pane, or else the list."""
        self.set_focus(self.detail if detail else self.list)

    def focus_prompt(self) -> None:
        """Focus the prompt."""
        self.set_focus(self.prompt.field)

    def open(
        self,
        view: Screen[Result],
        then: Callable[[Result | None], None] | Callable[[Result | None], Awaitable[None]] | None = None,
    ) -> Done:
        """Show a view; `then` is called with its result when it closes."""
        return self.app.push_screen(view, then)

    def outside(self) -> AbstractContextManager[None]:
        """Give the terminal to another program within the block; ``SuspendNotSupported`` if that is impossible."""
        return self.app.suspend()

    # actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action works: False (hidden) if the focus is elsewhere, None (dimmed) if not now."""
        review_state = self.review.review_state
        if action == "sort_by" and review_state is None:
            return None
        if action != "do":
            return True
        wanted = BY_ID[str(parameters[0])]
        if self.place not in wanted.works:
            return False
        if wanted.needs != "nothing" and review_state is None:
            return None
        if wanted.needs == "neuron" and (review_state is None or review_state.current is None):
            return None
        return True

    def action_do(self, action_id: str, key: str = "") -> Done:
        """Perform an action of the table with the controller that registered it."""
        return perform(self.host, self.handlers, action_id, key)

    def action_sort_by(self, sort: Sort) -> None:
        """Sort the list after a click on a column's title, and go to its top."""
        self.control.list_filter.sort_by(sort)

    def switch_theme(self) -> None:
        """Change between light and dark."""
        self.app.theme = themes.of_the_other_shade(self.app.current_theme).name

    def quit(self) -> None:
        """Quit; every decision is already saved."""
        self.control.close()
        self.app.exit()

    def _works(self, action_id: str) -> bool:
        return bool(self.check_action("do", (action_id,)))

    # messages, each passed to its controller

    @on(messages.RunRead)
    def _run_read(self, message: messages.RunRead) -> None:
        another = message.read.run.weights != self.review.weights
        before = self.review.review_state
        self.control.watcher.reloaded()
        review_state = self.control.loader.take(message.read)
        if another:
            self.control.prompt_input.model_changed()
        if before is not None:
            self.control.list_filter.look_up(review_state, review_state.filter)
        self.panes.show_run(review_state)
        self._takes_keys.set()

    @on(messages.RunFailed)
    def _run_failed(self, message: messages.RunFailed) -> None:
        self.control.loader.fail(message.refusal)
        self._takes_keys.set()

    @on(messages.NeuronRead)
    def _sheet_read(self, message: messages.NeuronRead) -> None:
        self.control.loader.neuron_read(message)

    @on(messages.NeuronFailed)
    def _sheet_failed(self, message: messages.NeuronFailed) -> None:
        self.control.loader.neuron_failed(message)

    @on(messages.AskedRead)
    def _asked_read(self, message: messages.AskedRead) -> None:
        if self.control.list_filter.asked_read(message):
            self.control.prompt_input.filter_shown()

    @on(messages.NearFound)
    def _near_found(self, message: messages.NearFound) -> None:
        if self.control.list_filter.near_found(message):
            self.control.prompt_input.filter_shown()

    @on(messages.PriceRead)
    def _price_read(self, message: messages.PriceRead) -> None:
        self.control.requests.price_read(message)

    @on(messages.JobMoved)
    def _job_moved(self, message: messages.JobMoved) -> None:
        self.control.requests.job_moved(message)

    @on(messages.JobEnded)
    def _job_ended(self, message: messages.JobEnded) -> None:
        self.control.requests.job_ended(message)

    @on(messages.LabelsScored)
    def _labels_scored(self, message: messages.LabelsScored) -> None:
        self.control.fit.scored(message)
        self.panes.show_neuron()

    @on(NeuronList.Clicked)
    def _clicked(self, message: NeuronList.Clicked) -> None:
        self.control.navigation.go_to_place(message.place)

    @on(Prompt.Changed)
    def _typed(self, message: Prompt.Changed) -> None:
        self.control.prompt_input.typed(message)

    @on(Prompt.Kept)
    def _kept(self, message: Prompt.Kept) -> None:
        self.control.prompt_input.kept(message)

    @on(Prompt.Left)
    def _left(self, message: Prompt.Left) -> None:
        self.control.prompt_input.left(message)

    @on(events.DescendantFocus)
    def _keep_typing(self) -> None:
        self.control.prompt_input.keep_focus()
