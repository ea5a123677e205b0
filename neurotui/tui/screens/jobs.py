"""The jobs of a sitting, newest first: what was asked of a generator, how it stands, and why it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from neurotui.tui.jobs import told
from neurotui.tui.screens.view import RowsView
from neurotui.tui.widgets.lines import Piece, counted, fitted, right, shown
from neurotui.words import Neuron

if TYPE_CHECKING:
    from neurotui.tui.ink import Ink
    from neurotui.tui.jobs import Job, Stage
    from neurotui.tui.screens.regenerating import Regenerating

_NEURON, _BACKEND, _STAGE, _SECONDS = 12, 13, 10, 8


class JobsView(RowsView[Neuron]):
    """Closed with the neuron to go to, if one was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go", "go there"),
        Binding("x", "cancel", "cancel"),
        Binding("r", "retry", "try again"),
    ]

    def __init__(self, stage: Regenerating) -> None:
        """Show the jobs of `stage`, and let it cancel and retry them."""
        super().__init__()
        self._stage = stage
        self._drawn: list[tuple[Job, Stage, str]] = []

    def on_mount(self) -> None:
        """Show what there is."""
        super().on_mount()
        self.rows.say(
            "nothing has been asked of a generator yet",
            f"{self.neurotui.key('regenerate')} asks for labels of a neuron",
        )
        self.look()

    def look(self) -> None:
        """Follow the jobs; the cursor stays with its own."""
        jobs = self._jobs
        drawn = [(job, job.stage, job.doing) for job in jobs]
        if drawn != self._drawn or any(not job.over for job in jobs):
            here = self._current
            self._drawn = drawn
            self.rows.show(len(jobs), jobs.index(here) if here in jobs else 0)
            self.moved()

    def action_go(self) -> None:
        """Close, and go to the neuron of the job."""
        if self._current is not None:
            self.dismiss(self._current.neuron)

    def action_cancel(self) -> None:
        """Cancel the job under the cursor."""
        if self._current is not None:
            self._stage.cancel(self._current)
            self.look()

    def action_retry(self) -> None:
        """Ask once more what failed, or was cancelled."""
        if self._current is not None:
            self._stage.retry(self._current)
            self.look()

    def moved(self) -> None:
        """Say all there is to say of the job under the cursor."""
        jobs = self._jobs
        at_work = sum(not job.over for job in jobs)
        self.show_title("jobs", counted(len(jobs), "request"), f"{at_work} not over" if at_work else "")
        job = self._current
        if job is None:
            self.show_note("")
            return
        price = told(job.price) if job.price is not None and job.price.calls else ""
        why = f"{job.why.message} {job.why.hint}" if job.why is not None else ""
        self.show_note(" · ".join(shown(part) for part in (price, why, ", ".join(job.found)) if part))

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
            came = f"{told(job.price)}; {self.neurotui.key('regenerate')} at the neuron asks"
        return [
            (fitted(str(job.neuron), _NEURON), ink.text),
            (fitted(job.asking.backend, _BACKEND), ink.muted),
            (fitted(job.stage, _STAGE), style),
            (fitted(shown(came), _rest(width)), ink.text),
            (right(f"{job.seconds:.0f}", _SECONDS), ink.muted),
        ]

    @property
    def _jobs(self) -> list[Job]:
        return self._stage.jobs.all[::-1]

    @property
    def _current(self) -> Job | None:
        """The job under the cursor, as it was drawn last."""
        return self._drawn[self.rows.cursor][0] if self._drawn else None


def _rest(width: int) -> int:
    return max(4, width - _NEURON - _BACKEND - _STAGE - _SECONDS - 1)
