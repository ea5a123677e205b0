"""Loads the run, and its neurons' details, in the background."""

from __future__ import annotations

import gc
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.review.filters import filter_of
from neurotui.review.neuron_cache import NeuronCache
from neurotui.review.read_run import read_run
from neurotui.review.state import ReviewState
from neurotui.store.run import Run
from neurotui.tui.messages import NeuronFailed, NeuronRead, RunFailed, RunRead
from neurotui.tui.widgets import exemplars

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message import Message

    from neurotui.review.neuron_loader import LoadedNeuron, NeuronLoader
    from neurotui.review.read_run import ReadRun
    from neurotui.tui.browse.current_review import CurrentReview
    from neurotui.tui.browse.panes import Panes
    from neurotui.tui.browse.screen_protocol import ScreenProtocol
    from neurotui.tui.dispatch import Handlers

_SETTLED = 1.0
# Seconds: to read the first rows by themselves, draw them, and then all again, takes longer.
_WORTH_WAITING = 0.2


class RunLoader:
    """Loads one run at a time, in place of the one reviewed so far; loads neurons' details as needed."""

    def __init__(self, shell: ScreenProtocol, review: CurrentReview, panes: Panes) -> None:
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
        """Reopen the file now at the run's path, and read it in the background."""
        self._read(lambda: read_run(Run(self._review.session.run.path)))

    def begin(self) -> ReadRun | None:
        """Return the run if it has been read already; or else None: show its first rows, and read it.

        ``UserError`` if even they cannot be read.
        """
        session, reading = self._review.session, self._shell.host.reading
        if reading is not None:
            with suppress(TimeoutError):
                return reading.result(_WORTH_WAITING)
        beginning = session.run.beginning()
        nobody = [""] * len(beginning.names)
        self._panes.list.show(ReviewState(beginning, session.seen, nobody, self._shell.host.order))
        # The rows are to be on the screen first.
        read = partial(read_run, session.run) if reading is None else reading.result
        self._shell.when_drawn(partial(self._read, read))
        return None

    def loaded(self, neuron_id: int, *ahead: int) -> LoadedNeuron | None:
        """Return a loaded neuron, or None and load it; then load those `ahead`, which may be needed next."""
        return self._cache.ask(neuron_id, *ahead)

    def take(self, read: ReadRun) -> ReviewState:
        """Switch to a run that has been read; return its review state, which continues from the one before."""
        review = self._review
        review.reading = False
        before, same_model = review.review_state, read.run.weights == review.weights
        if read.run is not review.session.run:
            review.session.use(read.run)
        self._reader = read.loader
        self._cache = NeuronCache(self._read_in_background)
        if read.first is not None:
            # Where it cannot be read, or not in time, it is read once more, like any other.
            with suppress(UserError, TimeoutError):
                self._cache.came(read.first.result(_WORTH_WAITING))
        review.session.changed()
        backends = [descriptor.backend for descriptor in read.descriptors]
        review_state = ReviewState(read.overview, review.session.seen, backends, self._shell.host.order)
        if before is not None:
            review_state.continue_from(before, same_model=same_model)
        elif self._shell.host.filter:
            review_state.refilter(filter_of(self._shell.host.filter))
        review.review_state = review_state
        self._shell.later(_SETTLED, _settle)
        return review_state

    def fail(self, refusal: UserError) -> None:
        """Say why a run cannot be read; the run that was open stays open."""
        self._review.reading = False
        if self._review.review_state is None:
            rows = self._panes.list
            rows.review_state = None
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

    def _read(self, read: Callable[[], ReadRun]) -> None:
        """Read a run in the background, one at a time."""
        if not self._review.reading:
            self._review.reading = True
            self._shell.in_background(partial(self._read_run, read), "run")

    def _read_run(self, read: Callable[[], ReadRun]) -> None:
        """Read a run and post it, or why it cannot be read; runs in a thread."""
        try:
            self._shell.post_message(RunRead(read()))
        except UserError as refusal:
            self._shell.post_message(RunFailed(refusal))

    def _read_in_background(self, neuron_id: int) -> None:
        if self._reader is None:
            return
        read = partial(self._shell.in_background, partial(self._read_neuron, self._reader, neuron_id), "neuron")
        if self._review.is_current(neuron_id):
            read()
        else:
            # What may be needed next does not hold up what is to be drawn now.
            self._shell.when_drawn(read)

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
