"""The Browse screen without its keys: the panes, what is read for them, and how they follow session and triage.

Workers read and post messages; the handlers here are the only ones that change what is shown.
"""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, cast

from textual import on
from textual.containers import Horizontal
from textual.screen import Screen

from neurotui.errors import UserError
from neurotui.review.neuron_cache import Sheets
from neurotui.review.neuron_loader import Reader
from neurotui.review.search import nothing
from neurotui.review.session import LOOK_EVERY
from neurotui.review.state import Triage
from neurotui.store.run import Run
from neurotui.tui.messages import AskedRead, RunFailed, RunRead, SheetFailed, SheetRead
from neurotui.tui.widgets import exemplars
from neurotui.tui.widgets.detail import DetailPane
from neurotui.tui.widgets.layer_bar import LayerLine
from neurotui.tui.widgets.neuron_list import NeuronList
from neurotui.tui.widgets.prompt import Prompt
from neurotui.tui.widgets.status import KeyLine, Standing, StatusLine
from neurotui.tui.widgets.text_layout import shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from textual.app import ComposeResult
    from textual.message import Message

    from neurotui.review.filters import Asked, Filter
    from neurotui.review.session import Session
    from neurotui.tui.app import NeurotuiApp
    from neurotui.types import Neuron

_PATIENCE = 0.2
_SETTLED = 1.0
_READ_SOON = 1.0
_UNREADABLE = "journal unreadable"


class Stage(Screen[None]):
    """The panes on one session. ``triage`` is None until the run has been read."""

    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012 - Screen says its type
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Screen says its type
    AUTO_FOCUS = "#list"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.triage: Triage | None = None
        self._reading = False
        self._takes_keys = asyncio.Event()
        self._reader: Reader | None = None
        self._sheets = Sheets(self._read_in_background)
        self._saved = "read-only" if session.read_only else "all saved"
        self._trouble = ""
        self._swap_told = False
        self._gone_told = False

    def compose(self) -> ComposeResult:
        """Lay out the panes, the line to type into and the two lines at the foot."""
        with Horizontal(id="panes"):
            yield NeuronList()
            yield DetailPane()
        yield LayerLine()
        yield Prompt()
        yield StatusLine()
        yield KeyLine(read_only=self.session.read_only)

    def on_mount(self) -> None:
        """Show the first rows, and read the rest once they are on the screen."""
        self.show_standing()
        try:
            beginning = self.session.run.beginning()
            nobody = [""] * len(beginning.names)
            self.list.show(Triage(beginning, self.session.labels, nobody, self.neurotui.order))
        except UserError as refusal:
            self._run_failed(RunFailed(refusal))
        else:
            self.call_after_refresh(self.read_run, self.session.run)
        self.set_interval(LOOK_EVERY, self._look_around)
        if self.session.journal.torn:
            name = self.session.journal.path.name
            self.neurotui.say(f"'{name}' ended in a line that was never finished", "it is left out", "warning")

    async def until_read(self) -> None:
        """Wait until the run has been read, or cannot be; where that takes long, keys need not wait for it."""
        if not self._takes_keys.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._takes_keys.wait(), _READ_SOON)
            self._takes_keys.set()

    def on_unmount(self) -> None:
        """Let the collector see everything again: what DuckDB finds still there at the end, it complains of."""
        gc.unfreeze()

    @property
    def unread(self) -> str:
        """Why there is no triage yet, in words."""
        return "the run is still being read" if self._reading else "the run could not be read"

    @property
    def neurotui(self) -> NeurotuiApp:
        """The app."""
        return cast("NeurotuiApp", self.app)

    @property
    def list(self) -> NeuronList:
        """The pane of all neurons."""
        return self.query_one(NeuronList)

    @property
    def detail(self) -> DetailPane:
        """The pane of one neuron."""
        return self.query_one(DetailPane)

    @property
    def prompt(self) -> Prompt:
        """The line to type into."""
        return self.query_one(Prompt)

    def read_run(self, run: Run | None) -> None:
        """Read a run in the background; None opens the file that lies there now. One is read at a time."""
        if self._reading:
            return
        self._reading = True
        self.run_worker(partial(self._read_run, run), thread=True, group="run")

    def show_rows(self) -> None:
        """Show that the list's rows are others, or what they say."""
        self.show_neuron()
        self.list.rows_changed()
        self.show_foot()

    def show_move(self) -> None:
        """Show that the cursor moved."""
        # In this order all is drawn at once: what is ready first would be drawn alone.
        self.show_neuron()
        self.list.cursor_moved()
        self.show_foot()

    def show_foot(self) -> None:
        """Show where one stands and what works there, in the lines at the foot."""
        self.show_standing()
        self.refresh_bindings()

    def show_neuron(self) -> None:
        """Show the neuron under the cursor, at once if it has been read already."""
        triage = self.triage
        if triage is None:
            return
        if triage.current is None:
            self._show_emptiness(triage)
            return
        neighbours = triage.rows[max(0, triage.cursor - 1) : triage.cursor + 3]
        sheet = self._sheets.ask(triage.current, *map(int, neighbours[::-1]))
        if sheet is None:
            self.set_timer(_PATIENCE, partial(self._show_waiting, triage.current))
            return
        triage.peak_words[triage.current] = sheet.detail.peaks
        label, told = triage.label(triage.current), triage.says(triage.current)
        asked = self.asked(triage.overview.neuron(triage.current))
        self.detail.show(sheet, label, told, triage.chosen, self.session.run.path, triage.candidates(), asked)

    def asked(self, neuron: Neuron) -> tuple[str, bool]:  # noqa: ARG002 - for who can ask
        """Say what has been asked about a neuron, and whether that went wrong; empty where nothing has."""
        return "", False

    @property
    def no_meaning(self) -> str:
        """Why nothing is searched for by its meaning, in words; empty where it is."""
        return ""

    @property
    def at_work(self) -> str:
        """What goes on in the background, in words."""
        return ""

    def show_standing(self) -> None:
        """Show where one stands in the status line."""
        run, triage = self.session.run, self.triage
        standing = Standing(
            shown(run.path.name),
            shown(run.model),
            shown(self.session.annotator),
            self._trouble or self._saved,
            trouble=bool(self._trouble),
            at_work=self.at_work,
        )
        if triage is not None:
            self.query_one(LayerLine).show(triage)
            standing = standing.within(triage, self.session.rate())
        self.query_one(StatusLine).show(standing)

    def said_saved(self, what: str) -> None:
        """Say in the status line what has been saved last; only called once it is on the disk."""
        self._saved, self._trouble = what, ""

    def said_trouble(self, what: str) -> None:
        """Say in the status line what is wrong, until something is saved; nothing is, if empty."""
        self._trouble = what
        self.show_standing()

    def take_changes(self) -> None:
        """Take what the journal gained, from here or from elsewhere, into list, detail and status line."""
        changed = self.session.changed()
        if self.triage is not None and changed and self.triage.take(changed):
            self.show_neuron()
            self.list.refresh()
            self.show_foot()

    def _show_emptiness(self, triage: Triage) -> None:
        if len(triage.overview):
            self.list.say(*nothing(triage, self.neurotui.key("clear"), self.no_meaning))
        else:
            self.list.say("the run has no neurons", "make another: neurotui precompute TEXTS -o run.duckdb")
        self.detail.say("", "")

    def _show_waiting(self, neuron_id: int) -> None:
        """Say that a neuron's figures are on their way, rather than leave another's beside the cursor."""
        triage, sheet = self.triage, self.detail.sheet
        if triage is None or triage.current != neuron_id or not self.is_mounted:
            return
        if sheet is not None and sheet.detail.neuron_id != neuron_id:
            self.detail.say(f"reading {triage.overview.neuron(neuron_id)}", "")

    def _look_around(self) -> None:
        """See what others have done: decisions in the journal, another file where the run was."""
        try:
            self.session.refresh()
        except UserError as refusal:
            if not self._trouble:
                self.neurotui.refuse(refusal)
            self.said_trouble(_UNREADABLE)
            return
        if self._trouble == _UNREADABLE:
            self.said_trouble("")
        self.take_changes()
        self._look_at_the_file()

    def _look_at_the_file(self) -> None:
        """Tell, once each, that another file lies where the run was, or none."""
        gone = self.session.run.gone()
        if gone and not self._gone_told:
            name = self.session.run.path.name
            self.neurotui.say(f"'{name}' has been removed", "what is open goes on, and is saved", "warning")
        self._gone_told = gone
        if self.session.run.swapped() and not self._swap_told:
            self._swap_told = True
            name, key = self.session.run.path.name, self.neurotui.key("reload")
            self.neurotui.say(f"'{name}' has been replaced by another", f"{key} reloads it")
            self.query_one(KeyLine).urge("reload")

    def _settle(self) -> None:
        """Let the collector work on what comes; what is there by now it would look through between two keys."""
        gc.freeze()
        gc.enable()

    def _read_run(self, run: Run | None) -> None:
        """Read the run's columns and post them; away from the screen."""
        self.post_message(self._columns(run))

    def _columns(self, run: Run | None) -> RunRead | RunFailed:
        """Read a run's columns, or why they cannot be read; None opens the file that lies there now."""
        try:
            opened = run or Run(self.session.run.path)
            return RunRead(opened, opened.overview(), opened.descriptors(), Reader(opened))
        except UserError as refusal:
            return RunFailed(refusal)

    def _read_in_background(self, neuron_id: int) -> None:
        if self._reader is not None:
            read = partial(self._read_sheet, self._reader, neuron_id)
            self.run_worker(read, thread=True, group="sheet")

    def _read_sheet(self, reader: Reader, neuron_id: int) -> None:
        """Read one neuron; away from the screen."""
        message: Message
        try:
            sheet = reader.sheet(neuron_id)
            exemplars.prepare(sheet, self.detail.page_width, self.detail.look)
            message = SheetRead(reader, sheet)
        except UserError as refusal:
            message = SheetFailed(reader, neuron_id, refusal)
        self.post_message(message)

    @on(RunRead)
    def _run_read(self, message: RunRead) -> None:
        self._reading = False
        before, same_model = self.triage, message.run.weights == self.session.run.weights
        if message.run is not self.session.run:
            self.session.use(message.run)
        self._swap_told = False
        self.query_one(KeyLine).urge("")
        self._reader = message.reader
        self._sheets = Sheets(self._read_in_background)
        self.session.changed()
        backends = [descriptor.backend for descriptor in message.descriptors]
        self.triage = Triage(message.overview, self.session.labels, backends, self.neurotui.order)
        if not same_model:
            self.model_changed()
        if before is not None:
            self.triage.continue_from(before, same_model=same_model)
            self._look_up(self.triage, self.triage.filter)
        self.list.show(self.triage)
        self.show_neuron()
        self.show_foot()
        self._takes_keys.set()
        self.set_timer(_SETTLED, self._settle)

    @on(RunFailed)
    def _run_failed(self, message: RunFailed) -> None:
        self._reading = False
        if self.triage is None:
            self.list.triage = None
            self.list.rows_changed()
            self.list.say(message.refusal.message, message.refusal.hint)
        else:
            self.neurotui.refuse(message.refusal)
        self._takes_keys.set()
        self.set_timer(_SETTLED, self._settle)

    def model_changed(self) -> None:
        """Be told that what is open now is a run of another model."""

    @on(SheetRead)
    def _sheet_read(self, message: SheetRead) -> None:
        if message.reader is self._reader:
            self._sheets.came(message.sheet)
            if self.triage is not None and self.triage.current == message.sheet.detail.neuron_id:
                self.show_neuron()

    @on(SheetFailed)
    def _sheet_failed(self, message: SheetFailed) -> None:
        if message.reader is self._reader:
            self._sheets.failed(message.neuron_id)
            if self.triage is not None and self.triage.current == message.neuron_id:
                self.detail.say(message.refusal.message, message.refusal.hint)

    @on(NeuronList.Clicked)
    def _clicked(self, message: NeuronList.Clicked) -> None:
        if self.triage is not None:
            self.triage.go(message.place)
            self.show_move()

    def refilter(self, filter_: Filter) -> None:
        """Show the neurons that a filter holds for; what it asks of the run is looked up in the background."""
        if self.triage is not None:
            self._look_up(self.triage, filter_)
            self.triage.refilter(filter_)
            self.show_rows()

    def _look_up(self, triage: Triage, filter_: Filter) -> None:
        for asked in filter_.asks:
            if asked not in triage.found:
                self.run_worker(partial(self._read_asked, self.session.run, asked), thread=True, group="asked")

    def _read_asked(self, run: Run, asked: Asked) -> None:
        """Find the neurons for which a term of a filter holds; away from the screen."""
        ask = {"token": run.peaking, "promotes": run.promoting}[asked.key]
        try:
            found: NDArray[np.int32] | UserError = ask(asked.word)
        except UserError as refusal:
            found = refusal
        self.post_message(AskedRead(run, asked, found))

    @on(AskedRead)
    def _asked_read(self, message: AskedRead) -> None:
        triage = self.triage
        if triage is None or message.run is not self.session.run:
            return
        if isinstance(message.found, UserError):
            self.neurotui.refuse(message.found)
            return
        triage.know(message.asked, message.found)
        if message.asked in triage.filter.asks:
            triage.refilter()
            self.show_rows()
            self.filter_shown()

    def filter_shown(self) -> None:
        """Say what a filter shows, where one is being typed."""
