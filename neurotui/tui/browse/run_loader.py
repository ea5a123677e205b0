"""Loads the run, and its neurons' details, in the background."""

from __future__ import annotations

import gc
from functools import partial
from typing import TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.review.filters import filter_of
from neurotui.review.neuron_cache import NeuronCache
from neurotui.review.neuron_loader import NeuronLoader
from neurotui.review.state import ReviewState
from neurotui.store.run import Run
from neurotui.store.table_faults import blaming
from neurotui.tui.messages import NeuronFailed, NeuronRead, RunFailed, RunRead
from neurotui.tui.widgets import exemplars

if TYPE_CHECKING:
    from textual.message import Message

    from neurotui.review.neuron_loader import LoadedNeuron
    from neurotui.tui.browse.open_review import OpenReview
    from neurotui.tui.browse.panes import Panes
    from neurotui.tui.browse.shell import Shell
    from neurotui.tui.dispatch import Handlers

_SETTLED = 1.0


class RunLoader:
    """Loads one run at a time, in place of the one reviewed so far; loads neurons' details as needed."""

    def __init__(self, shell: Shell, review: OpenReview, panes: Panes) -> None:
        self._shell = shell
        self._review = review
        self._panes = panes
        self._reader: NeuronLoader | None = None
        self._cache = NeuronCache(self._read_in_background)

    @property
    def handlers(self) -> Handlers:
        """The handlers, by action id."""
        return {"reload": self.reload}

    def reload(self) -> None:
        """Reopen the run's file."""
        self.read(None)

    def read(self, run: Run | None) -> None:
        """Load a run in the background, one at a time; None reopens the file now at the run's path."""
        if self._review.reading:
            return
        self._review.reading = True
        self._shell.in_background(partial(self._read_run, run), "run")

    def show_beginning(self) -> None:
        """Show the first rows before the run is loaded; ``UserError`` if even they cannot be read."""
        session = self._review.session
        beginning = session.run.beginning()
        nobody = [""] * len(beginning.names)
        self._panes.list.show(ReviewState(beginning, session.seen, nobody, self._shell.host.order))

    def loaded(self, neuron_id: int, *ahead: int) -> LoadedNeuron | None:
        """Return a loaded neuron, or None and load it; then load those `ahead`, which may be needed next."""
        return self._cache.ask(neuron_id, *ahead)

    def take(self, message: RunRead) -> ReviewState:
        """Switch to a loaded run; return its review state, which continues from the one before."""
        review = self._review
        review.reading = False
        before, same_model = review.triage, message.run.weights == review.weights
        if message.run is not review.session.run:
            review.session.use(message.run)
        self._reader = message.reader
        self._cache = NeuronCache(self._read_in_background)
        review.session.changed()
        backends = [descriptor.backend for descriptor in message.descriptors]
        triage = ReviewState(message.overview, review.session.seen, backends, self._shell.host.order)
        if before is not None:
            triage.continue_from(before, same_model=same_model)
        elif self._shell.host.filter:
            triage.refilter(filter_of(self._shell.host.filter))
        review.triage = triage
        self._shell.later(_SETTLED, _settle)
        return triage

    def fail(self, refusal: UserError) -> None:
        """Say why a run cannot be read; the run that was open stays open."""
        self._review.reading = False
        if self._review.triage is None:
            rows = self._panes.list
            rows.triage = None
            rows.rows_changed()
            rows.say(refusal.message, refusal.hint)
        else:
            self._shell.host.refuse(refusal)
        self._shell.later(_SETTLED, _settle)

    def neuron_read(self, message: NeuronRead) -> None:
        """Cache a loaded neuron, and show it if the cursor is on it."""
        if message.reader is self._reader:
            self._cache.came(message.loaded)
            if self._review.is_current(message.loaded.detail.neuron_id):
                self._panes.show_neuron()

    def neuron_failed(self, message: NeuronFailed) -> None:
        """Say why a neuron cannot be read, if the cursor is on it."""
        if message.reader is self._reader:
            self._cache.failed(message.neuron_id)
            if self._review.is_current(message.neuron_id):
                self._panes.detail.say(message.refusal.message, message.refusal.hint)

    def _read_run(self, run: Run | None) -> None:
        """Read the run's columns and post them; runs in a thread."""
        self._shell.post_message(self._columns(run))

    def _columns(self, run: Run | None) -> RunRead | RunFailed:
        """Return a run's columns, or why they cannot be read; None reopens the file now at the run's path."""
        try:
            opened = run or Run(self._review.session.run.path)
            with blaming(opened.reader):
                return RunRead(opened, opened.overview(), opened.descriptors(), NeuronLoader(opened))
        except UserError as refusal:
            return RunFailed(refusal)

    def _read_in_background(self, neuron_id: int) -> None:
        if self._reader is not None:
            self._shell.in_background(partial(self._read_neuron, self._reader, neuron_id), "neuron")

    def _read_neuron(self, reader: NeuronLoader, neuron_id: int) -> None:
        """Load one neuron; runs in a thread."""
        message: Message
        detail = self._panes.detail
        try:
            loaded = reader.load(neuron_id)
            exemplars.prepare(loaded, detail.page_width, detail.look)
            message = NeuronRead(reader, loaded)
        except UserError as refusal:
            message = NeuronFailed(reader, neuron_id, refusal)
        self._shell.post_message(message)


def _settle() -> None:
    """Freeze garbage collection of existing objects: scanning them would cause pauses between keys."""
    gc.freeze()
    gc.enable()
