"""The requests for generated labels in this session, newest first: their status, and why they failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from neurotui.errors import UserError
from neurotui.review.job_queue import price_sentence
from neurotui.tui.actions import bindings
from neurotui.tui.views.base import RowsView
from neurotui.tui.widgets.text_layout import Piece, right, shown
from neurotui.types import Neuron
from neurotui.wording import counted, fitted, short

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.binding import BindingType

    from neurotui.review.job_queue import JobQueue, JobStage, LabelJob
    from neurotui.tui.styles import Ink

_NEURON, _BACKEND, _STAGE, _SECONDS = 12, 13, 10, 8


class JobsView(RowsView[Neuron]):
    """Closed with the neuron to go to, if one was chosen."""

    PLACE = "jobs"
    BINDINGS: ClassVar[list[BindingType]] = bindings(PLACE)
    FOOT = ("go", "cancel", "retry")

    def __init__(
        self, jobs: JobQueue, *, cancel: Callable[[LabelJob], None], retry: Callable[[LabelJob], LabelJob]
    ) -> None:
        """Show `jobs`; `retry` returns the job that comes of it, or raises ``UserError`` where none can."""
        super().__init__()
        self._all = jobs
        self._cancel = cancel
        self._retry = retry
        self._drawn: list[tuple[LabelJob, JobStage, str]] = []

    def on_mount(self) -> None:
        """Show what there is."""
        super().on_mount()
        self.rows.say(
            "nothing has been asked of the backend yet",
            f"{self.host.key('regenerate')} asks for labels of a neuron",
        )
        self.look()

    def look(self) -> None:
        """Follow the jobs; the cursor stays with its own."""
        if self._drawn != self._standing or self._all.open:
            self._show(self._current)

    def _show(self, here: LabelJob | None) -> None:
        """Show the jobs as they stand, with the cursor on one of them, or on the newest."""
        jobs, self._drawn = self._jobs, self._standing
        self.rows.show(len(jobs), jobs.index(here) if here in jobs else 0)
        self.moved()

    def can(self, action_id: str) -> bool:
        """Return whether an action works now: without a job there is none to go to, to cancel or to try again."""
        job = self._current
        if action_id in self.FOOT and (job is None or (action_id == "cancel" and job.over)):
            return False
        return super().can(action_id)

    def do_go(self) -> None:
        """Close, and go to the neuron of the job."""
        if self._current is not None:
            self.dismiss(self._current.neuron)

    def do_cancel(self) -> None:
        """Cancel the job under the cursor."""
        if self._current is not None:
            self._cancel(self._current)
            self.look()

    def do_retry(self) -> None:
        """Ask once more what failed, or was cancelled; the cursor goes to what comes of it."""
        if self._current is None:
            return
        try:
            self._show(self._retry(self._current))
        except UserError as refusal:
            self.host.refuse(refusal)

    def key_name(self, action_id: str) -> str:
        """Say that what is priced can be asked for."""
        if action_id == "retry" and self._current is not None and self._current.stage == "priced":
            return "ask"
        return super().key_name(action_id)

    def moved(self) -> None:
        """Say all there is to say of the job under the cursor."""
        at_work = len(self._all.open)
        self.show_title("jobs", counted(len(self._jobs), "request"), f"{at_work} not over" if at_work else "")
        self.show_keys()
        job = self._current
        if job is None:
            self.show_note("")
            return
        price = price_sentence(job.price) if job.price is not None and job.price.calls else ""
        why = f"{job.why.message} {job.why.hint}" if job.why is not None else ""
        said = " · ".join(shown(part) for part in (price, why, ", ".join(job.found)) if part)
        self.show_note(said)

    def header(self, width: int, ink: Ink) -> list[Piece]:
        """Name the columns."""
        titles = (
            fitted("neuron", _NEURON),
            fitted("backend", _BACKEND),
            fitted("stage", _STAGE),
            fitted("what came of it", _rest(width)),
            right("seconds", _SECONDS),
        )
        return [(title, ink.faint) for title in titles]

    def row(self, place: int, width: int, ink: Ink) -> list[Piece]:
        """Draw a job."""
        job = self._jobs[place]
        style = {"done": ink.good, "failed": ink.bad, "cancelled": ink.faint}.get(job.stage, ink.accent)
        came = job.why.message if job.why is not None else ", ".join(job.found) or job.doing
        if job.stage == "priced" and job.price is not None:
            came = f"{self.host.key('retry')} asks: {price_sentence(job.price)}"
        return [
            (fitted(str(job.neuron), _NEURON), ink.text),
            (fitted(job.asking.backend, _BACKEND), ink.muted),
            (fitted(job.stage, _STAGE), style),
            (fitted(short(shown(came), _rest(width) - 1), _rest(width)), ink.text),
            (right(f"{job.seconds:.0f}", _SECONDS), ink.muted),
        ]

    @property
    def _jobs(self) -> list[LabelJob]:
        return self._all.all[::-1]

    @property
    def _standing(self) -> list[tuple[LabelJob, JobStage, str]]:
        """All that a row's look hangs on, but for the seconds."""
        return [(job, job.stage, job.doing) for job in self._jobs]

    @property
    def _current(self) -> LabelJob | None:
        """The job under the cursor, as it was drawn last."""
        return self._drawn[self.rows.cursor][0] if self._drawn else None


def _rest(width: int) -> int:
    return max(4, width - _NEURON - _BACKEND - _STAGE - _SECONDS - 1)
