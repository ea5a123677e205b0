"""The Browse screen without its keys: the panes, what is read for them, and how they follow session and triage.

Workers read and post messages; the handlers here are the only ones that change what is shown.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from textual import on
from textual.containers import Horizontal
from textual.screen import Screen

from neurotui.store.disk import stamp_of
from neurotui.store.run import Run
from neurotui.tui.messages import RunFailed, RunRead, SheetFailed, SheetRead
from neurotui.tui.reading import Reader
from neurotui.tui.sheets import Sheets
from neurotui.tui.triage import Triage
from neurotui.tui.widgets.detail import DetailPane
from neurotui.tui.widgets.lines import shown
from neurotui.tui.widgets.neuron_list import NeuronList
from neurotui.tui.widgets.prompt import Prompt
from neurotui.tui.widgets.status import KeyLine, Standing, StatusLine
from neurotui.words import Refusal

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.message import Message

    from neurotui.tui.app import NeurotuiApp
    from neurotui.tui.filter import Filter
    from neurotui.tui.session import Session

_LOOK_EVERY = 0.5
_PATIENCE = 0.2
_UNREADABLE = "journal unreadable"


class Stage(Screen[None]):
    """The panes on one session. ``triage`` is None until the run has been read."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Screen says its type
    AUTO_FOCUS = "#list"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.triage: Triage | None = None
        self._reader: Reader | None = None
        self._sheets = Sheets(self._read_in_background)
        self._saved = "read-only" if session.read_only else "all saved"
        self._trouble = ""
        self._swap_told = False

    def compose(self) -> ComposeResult:
        """Lay out the panes, the line to type into and the two lines at the foot."""
        with Horizontal(id="panes"):
            yield NeuronList()
            yield DetailPane()
        yield Prompt()
        yield StatusLine()
        yield KeyLine(read_only=self.session.read_only)

    def on_mount(self) -> None:
        """Begin to read; the panes say so until there is something to show."""
        self.list.say(f"reading {self.session.run.path.name}", "")
        self.show_standing()
        self.read_run(self.session.run)
        self.set_interval(_LOOK_EVERY, self._look_around)
        if self.session.journal.torn:
            name = self.session.journal.path.name
            self.neurotui.say(f"'{name}' ended in a line that was never finished", "it is left out", "warning")

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
        """Read a run in the background; None opens the file that lies there now."""
        self.run_worker(partial(self._read_run, run), thread=True, group="run")

    def show_rows(self) -> None:
        """Show that the list's rows are others, or what they say."""
        self.list.rows_changed()
        self.show_neuron()

    def show_move(self) -> None:
        """Show that the cursor moved."""
        self.list.cursor_moved()
        self.show_neuron()

    def show_neuron(self) -> None:
        """Show the neuron under the cursor, at once if it has been read already."""
        self.show_standing()
        self.refresh_bindings()
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
        self.detail.show(sheet, triage.label(triage.current), triage.chosen, self.session.run.path.name)

    def show_standing(self) -> None:
        """Show where one stands in the status line."""
        run, triage = self.session.run, self.triage
        standing = Standing(
            shown(run.path.name),
            shown(run.model),
            shown(self.session.annotator),
            self._trouble or self._saved,
            trouble=bool(self._trouble),
        )
        if triage is not None:
            standing = standing.within(shown(triage.filter.text), triage.cursor, len(triage), triage.progress())
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
            self.list.refresh()
            self.show_neuron()

    def _show_emptiness(self, triage: Triage) -> None:
        if len(triage.overview):
            self.list.say("no neuron fits the filter", "esc clears it")
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
        except Refusal as refusal:
            if not self._trouble:
                self.neurotui.refuse(refusal)
            self.said_trouble(_UNREADABLE)
            return
        if self._trouble == _UNREADABLE:
            self.said_trouble("")
        self.take_changes()
        if self.session.swapped() and not self._swap_told:
            self._swap_told = True
            self.neurotui.say(f"'{self.session.run.path.name}' has been replaced by another", "f5 reloads it")
            self.query_one(KeyLine).urge("reload")

    def _read_run(self, run: Run | None) -> None:
        """Read the run's columns; away from the screen."""
        message: Message
        try:
            stamp = stamp_of(self.session.run.path)
            opened = run or Run(self.session.run.path)
            message = RunRead(opened, stamp, opened.overview(), opened.descriptors(), Reader(opened))
        except Refusal as refusal:
            message = RunFailed(refusal)
        self.post_message(message)

    def _read_in_background(self, neuron_id: int) -> None:
        if self._reader is not None:
            read = partial(self._read_sheet, self._reader, neuron_id)
            self.run_worker(read, thread=True, group="sheet")

    def _read_sheet(self, reader: Reader, neuron_id: int) -> None:
        """Read one neuron; away from the screen."""
        message: Message
        try:
            message = SheetRead(reader, reader.sheet(neuron_id))
        except Refusal as refusal:
            message = SheetFailed(reader, neuron_id, refusal)
        self.post_message(message)

    @on(RunRead)
    def _run_read(self, message: RunRead) -> None:
        before = self.triage
        if message.run is not self.session.run:
            self.session.use(message.run, message.stamp)
        self._swap_told = False
        self.query_one(KeyLine).urge("")
        self._reader = message.reader
        self._sheets = Sheets(self._read_in_background)
        self.session.changed()
        backends = [descriptor.backend for descriptor in message.descriptors]
        self.triage = Triage(message.overview, self.session.labels, backends)
        if before is not None:
            self.triage.continue_from(before)
        self.list.show(self.triage)
        self.show_neuron()

    @on(RunFailed)
    def _run_failed(self, message: RunFailed) -> None:
        if self.triage is None:
            self.list.say(message.refusal.message, message.refusal.hint)
        else:
            self.neurotui.refuse(message.refusal)

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
        """Show the neurons that a filter holds for."""
        if self.triage is not None:
            self.triage.refilter(filter_)
            self.show_rows()
