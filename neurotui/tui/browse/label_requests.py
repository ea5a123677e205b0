"""Requests to generate labels, and their status.

Models run in worker processes; threads wait for their answers and post messages, which are handled here.
"""

from __future__ import annotations

from functools import partial
from math import isfinite
from typing import TYPE_CHECKING

from neurotui.backends.llm.budget import Account
from neurotui.errors import UserError
from neurotui.labelling.types import Fit, best_first
from neurotui.review.fit_cache import COMPARED, request
from neurotui.review.job_queue import JobQueue, LabelJob, price_sentence
from neurotui.tui.messages import JobEnded, JobMoved, PriceRead
from neurotui.types import Proposal
from neurotui.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neurotui.labelling.types import LabelBackend
    from neurotui.review.candidates import Candidate
    from neurotui.tui.browse.current_review import CurrentReview
    from neurotui.tui.browse.panes import Panes
    from neurotui.tui.browse.screen_protocol import ScreenProtocol
    from neurotui.tui.dispatch import Handlers
    from neurotui.types import Neuron
    from neurotui.workers.client import WorkerClient
    from neurotui.workers.requests import Write


class LabelRequests:
    """The jobs of a session: `new_worker` starts the process that writes labels, `scorer` finds prices and fits.

    ``account`` is what all jobs together have spent, lost replies included.
    """

    def __init__(
        self,
        shell: ScreenProtocol,
        review: CurrentReview,
        panes: Panes,
        new_worker: Callable[[], WorkerClient],
        scorer: WorkerClient,
    ) -> None:
        self._shell = shell
        self._review = review
        self._panes = panes
        self._new_worker = new_worker
        self.scorer = scorer
        self.writer = new_worker()
        self.account = Account()
        self.jobs = JobQueue(self._write_in_background, self._stop_writing)

    @property
    def handlers(self) -> Handlers:
        """The handlers, by action id."""
        return {"regenerate": self.regenerate}

    @property
    def at_work(self) -> str:
        """How many jobs are waiting or running, in words; empty if none."""
        busy = [job for job in self.jobs.open if job.stage != "priced"]
        return f"{counted(len(busy), 'job')} at work" if busy else ""

    def close(self) -> None:
        """End the worker processes at once."""
        self.scorer.close()
        self.writer.close()

    def regenerate(self) -> None:
        """Request labels for the neuron under the cursor: first estimate the price, then, on a repeat, send it."""
        session = self._review.session
        session.refuse_if_read_only()
        neuron, asking = self._review.current_neuron(), self._shell.host.asking
        job = self._last_job(neuron)
        if job is not None and job.stage == "priced":
            self.jobs.enqueue(job)
        elif job is not None and not job.over:
            raise UserError(f"{neuron} is being asked about already", f"{self._key('clear')} cancels")
        else:
            again = job.draw if job is not None and job.stage != "done" else session.labels.draws(neuron)
            self._begin(neuron, asking, again)
        self._panes.show_request()

    def cancel_here(self) -> bool:
        """Cancel the open job of the neuron under the cursor; False if it has none."""
        review_state = self._review.review_state
        if review_state is None or review_state.current is None:
            return False
        job = self._last_job(self._review.current_neuron())
        if job is None or job.over:
            return False
        self.cancel(job)
        return True

    def cancel(self, job: LabelJob) -> None:
        """Cancel a job that is not over."""
        if not job.over:
            self.jobs.cancel(job)
            self._panes.show_request()

    def retry(self, job: LabelJob) -> LabelJob:
        """Retry a failed or cancelled job, with a new price; send one that is already priced.

        Returns the new job, or the one that continues. Raises ``UserError`` if there is nothing to retry.
        """
        if job.stage == "priced":
            self.jobs.enqueue(job)
        elif self.jobs.of(job.neuron, job.weights) is not job:
            raise UserError(f"{job.neuron} has been asked about again since", "its last request is the newest")
        elif job.stage in {"failed", "cancelled"}:
            job = self._begin(job.neuron, job.asking, job.draw)
        else:
            more = f"{self._key('regenerate')} at the neuron asks for others"
            raise UserError(f"{job.neuron}: nothing went wrong that could be tried again", more)
        self._panes.show_request()
        return job

    def asked(self, neuron: Neuron) -> tuple[str, bool]:
        """Return the status of a neuron's last job in words, and whether it failed; empty if nothing to report."""
        job = self._last_job(neuron)
        if job is None or job.stage in {"done", "cancelled"}:
            return "", False
        if job.stage == "failed" and job.why is not None:
            cause = f"{job.asking.backend}: {job.why.message}"
            hint = f" ({job.why.hint})" if job.why.hint else ""
            return f"{cause}{hint} · {self._key('regenerate')} tries again", True
        if job.stage == "priced" and job.price is not None:
            keys = f"{self._key('regenerate')} asks, {self._key('clear')} leaves it"
            return f"{job.asking.backend} takes {price_sentence(job.price)} · {keys}", False
        doing = {"pricing": "finding out what it takes", "queued": "waiting for its turn"}.get(
            job.stage, job.doing
        )
        return f"{job.asking.backend}: {doing or 'starting'} · {self._key('clear')} cancels", False

    def price_read(self, message: PriceRead) -> None:
        """Let a job with a price wait for confirmation; queue one that costs nothing."""
        job = message.job
        if job.over:
            return
        job.price = message.price
        if message.price.calls:
            job.stage = "priced"
            review_state = self._review.review_state
            if review_state is not None and review_state.current != review_state.find(job.neuron):
                self._shell.host.say(
                    f"{job.neuron} would take {price_sentence(message.price)}",
                    f"{self._key('regenerate')} there asks",
                )
        else:
            self.jobs.enqueue(job)
        self._panes.show_request()

    def job_moved(self, message: JobMoved) -> None:
        """Show how far a job is."""
        if message.job.stage == "asking" and message.job.doing != message.doing:
            message.job.doing = message.doing
            self._panes.show_request()

    def job_ended(self, message: JobEnded) -> None:
        """Save the labels of a job, or record why there are none, and start the next job."""
        job = message.job
        if not job.over:
            self._finish(job, message)
        self.jobs.ended(job)
        self._panes.show_request()

    def _key(self, action_id: str) -> str:
        return self._shell.host.key(action_id)

    def _last_job(self, neuron: Neuron) -> LabelJob | None:
        """Return the latest job for a neuron of the present run's model, or None."""
        return self.jobs.of(neuron, self._review.weights)

    def _begin(self, neuron: Neuron, asking: LabelBackend, draw: int) -> LabelJob:
        """Estimate the price of a new job, or queue it if it costs only time."""
        from neurotui.backends.registry import spec_of  # noqa: PLC0415 - the first screen does not wait for it

        job = self.jobs.add(neuron, asking, draw, self._review.weights)
        if spec_of(asking.backend).priced:
            self._shell.in_background(partial(self._find_price, job), "price")
        else:
            self.jobs.enqueue(job)
        return job

    def _find_price(self, job: LabelJob) -> None:
        """Estimate the price of a job; runs in a thread."""
        from neurotui.workers.requests import Price  # noqa: PLC0415 - the first screen does not wait for it

        try:
            found = self.scorer.ask(Price(job.neuron, job.asking, job.draw, job.weights))
        except UserError as refusal:
            self._shell.post_message(JobEnded(job, why=refusal))
        else:
            self._shell.post_message(PriceRead(job, found))

    def _write_in_background(self, job: LabelJob) -> None:
        from neurotui.workers.requests import Write  # noqa: PLC0415 - the first screen does not wait for it

        wanted = Write(job.neuron, job.asking, job.draw, job.weights)
        beside = self._review.candidates_of(job.neuron)[:COMPARED]
        self._shell.in_background(partial(self._write, job, wanted, beside, self.writer), "write")

    def _stop_writing(self) -> None:
        """End the writing process in the middle of its job; the next job starts a new one."""
        self.writer.close()
        self.writer = self._new_worker()

    def _write(self, job: LabelJob, wanted: Write, beside: Sequence[Candidate], writer: WorkerClient) -> None:
        """Request labels, then the fits of these and of the existing candidates; runs in a thread."""

        def progress(stage: str, done: int, total: int) -> None:
            self._shell.post_message(JobMoved(job, f"{stage} {done:,} of {total:,}" if total > 1 else stage))

        try:
            written = writer.ask(wanted, progress, self.account)
        except UserError as refusal:
            self._shell.post_message(JobEnded(job, why=refusal))
            return
        labels, notes = written.labels, written.notes
        fits = tuple(map(Fit, labels))
        compared: tuple[Fit, ...] = ()
        if labels:
            try:
                asked = request(job.neuron, job.weights, [(one, 1) for one in labels], beside)
                judged = self.scorer.ask(asked, progress)
            except UserError as refusal:  # the labels exist nevertheless, and may have been paid for
                notes = (*notes, f"no fit: {refusal.message}")
            else:
                fits, compared = best_first(judged.fits[: len(labels)]), judged.fits[len(labels) :]
                notes = (*notes, *judged.notes)
        self._shell.post_message(JobEnded(job, fits, compared, notes))

    def _finish(self, job: LabelJob, message: JobEnded) -> None:
        """Save the labels of a job, or record why there are none."""
        try:
            if message.why is not None:
                raise message.why
            self._take_labels(job, message.fits, message.compared, message.notes)
            job.end("done")
        except UserError as refusal:
            job.why = refusal
            job.end("failed")
            self._shell.host.say(f"{job.neuron}: {refusal.message}", refusal.hint, "error")

    def _take_labels(
        self, job: LabelJob, fits: Sequence[Fit], compared: Sequence[Fit], notes: Sequence[str]
    ) -> None:
        """Save new labels as proposals; ``UserError`` if there are none or they cannot be saved."""
        if not fits:
            raise UserError("; ".join(notes) or "no label came back", "")
        if job.weights != self._review.weights:
            raise UserError("the run that was asked about was replaced by one of another model", "ask again")
        job.found = tuple(fit.label for fit in fits)
        by = job.asking.backend
        written = [Proposal(one.label, by, one.topic.figures, one.word.figures) for one in fits]
        self._review.session.propose(job.neuron, written)
        self._review.know_fits(job.neuron, compared)
        many = counted(len(fits), "label")
        self._panes.saved(f"saved: {many} for {job.neuron}")
        best = fits[0]
        told_fit = f", {best.in_words}" if isfinite(best.best) else ""
        self._shell.host.say(f"{job.neuron}: {many}, best '{best.label}'{told_fit}", "; ".join(notes))
