"""Asking again on the Browse screen: labels from a generator, and how a label that is typed fits.

Models live in child processes; threads wait for their answers and post messages, which are taken in here.
"""

from __future__ import annotations

from functools import partial
from math import isfinite
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import on

from neurotui.errors import UserError
from neurotui.labelling.types import Fit, best_first
from neurotui.review.candidates import BothFits
from neurotui.review.job_queue import Job, Jobs, told
from neurotui.tui.browse.deciding import SAVES, Deciding
from neurotui.tui.messages import JobEnded, JobMoved, LabelsScored, MoreSpent, PriceRead
from neurotui.types import Proposal
from neurotui.wording import counted
from neurotui.workers.requests import Price, Score, Warm, Write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurotui.backends.llm.budget import Spent
    from neurotui.labelling.types import Asking
    from neurotui.review.candidates import Candidate
    from neurotui.review.session import Session
    from neurotui.types import Neuron, Side
    from neurotui.workers.client import Helper

_PAID = "openai"
"""The backend of which the price is told first; the others take nothing but time."""

_PAUSE, _LULL = 0.15, 3.0
_COMPARED = 3
_ON_ITS_WAY = "its fit is on its way · enter saves, esc leaves"


class Regenerating(Deciding):
    """The panes with a generator and a scorer behind them, which start when they are first asked."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._scorer = self._helper()
        self._writer = self._helper()
        self.jobs = Jobs(self._write_in_background, self._stop_writing)
        self._typed_last: tuple[Neuron, str] | None = None
        self._scoring = False
        self._warmed = False

    def _helper(self) -> Helper:
        return self.session.helper(self.session.run.path)

    def on_unmount(self) -> None:
        """Let no child outlive the screen."""
        self.let_helpers_go()

    def let_helpers_go(self) -> None:
        """End the child processes, whatever they do."""
        self._scorer.close()
        self._writer.close()

    # labels from a generator

    def regenerate(self) -> None:
        """Ask for labels of the neuron under the cursor: first what that takes, and then, asked again, do."""
        self.session.refuse_if_read_only()
        neuron, asking = self.current_neuron(), self.neurotui.asking
        job = self._last_job(neuron)
        if job is not None and job.stage == "priced":
            self.jobs.enqueue(job)
        elif job is not None and not job.over:
            raise UserError(f"{neuron} is being asked about already", f"{self.neurotui.key('clear')} cancels")
        else:
            again = job.draw if job is not None and job.stage != "done" else self.session.labels.draws(neuron)
            self._begin(neuron, asking, again)
        self.show_jobs()

    def _last_job(self, neuron: Neuron) -> Job | None:
        """Return the last job of a neuron of the present run's model, or None."""
        return self.jobs.of(neuron, self.session.run.weights)

    def _begin(self, neuron: Neuron, asking: Asking, draw: int) -> Job:
        """Find out what a new job takes, or where it takes nothing but time let it wait for its turn."""
        job = self.jobs.add(neuron, asking, draw, self.session.run.weights)
        if asking.backend == _PAID:
            self.run_worker(partial(self._find_price, job), thread=True, group="price")
        else:
            self.jobs.enqueue(job)
        return job

    def cancel_here(self) -> bool:
        """Cancel the job of the neuron under the cursor; False if it has none that is not over."""
        triage = self.triage
        if triage is None or triage.current is None:
            return False
        job = self._last_job(self.current_neuron())
        if job is None or job.over:
            return False
        self.cancel(job)
        return True

    def cancel(self, job: Job) -> None:
        """Cancel a job that is not over."""
        if not job.over:
            self.jobs.cancel(job)
            self.show_jobs()

    def retry(self, job: Job) -> Job:
        """Ask once more what failed or was cancelled, the price first; ask for what is priced already.

        Returns the job that this makes, or the one that goes on. ``UserError`` where there is nothing to try.
        """
        if job.stage == "priced":
            self.jobs.enqueue(job)
        elif self.jobs.of(job.neuron, job.weights) is not job:
            raise UserError(f"{job.neuron} has been asked about again since", "its last request is the newest")
        elif job.stage in {"failed", "cancelled"}:
            job = self._begin(job.neuron, job.asking, job.draw)
        else:
            more = f"{self.neurotui.key('regenerate')} at the neuron asks for others"
            raise UserError(f"{job.neuron}: nothing went wrong that could be tried again", more)
        self.show_jobs()
        return job

    def show_jobs(self) -> None:
        """Show how the jobs stand, in the status line and beside the neuron."""
        self.show_neuron()
        self.show_foot()

    def asked(self, neuron: Neuron) -> tuple[str, bool]:
        """Say how a neuron's last job stands, and whether that is bad; empty where there is nothing to say."""
        job = self._last_job(neuron)
        if job is None or job.stage in {"done", "cancelled"}:
            return "", False
        if job.stage == "failed" and job.why is not None:
            cause = f"{job.asking.backend}: {job.why.message}"
            hint = f" ({job.why.hint})" if job.why.hint else ""
            return f"{cause}{hint} · {self.neurotui.key('regenerate')} tries again", True
        if job.stage == "priced" and job.price is not None:
            keys = f"{self.neurotui.key('regenerate')} asks, {self.neurotui.key('clear')} leaves it"
            return f"{job.asking.backend} takes {told(job.price)} · {keys}", False
        doing = {"pricing": "finding out what it takes", "queued": "waiting for its turn"}.get(
            job.stage, job.doing
        )
        return f"{job.asking.backend}: {doing or 'starting'} · {self.neurotui.key('clear')} cancels", False

    @property
    def at_work(self) -> str:
        """How many jobs are under way, in words; empty where there are none."""
        busy = [job for job in self.jobs.open if job.stage != "priced"]
        return f"{counted(len(busy), 'job')} at work" if busy else ""

    def _find_price(self, job: Job) -> None:
        """Find out what a job takes; away from the screen."""
        try:
            found = self._scorer.ask(Price(job.neuron, job.asking, job.draw, job.weights))
        except UserError as refusal:
            self.post_message(JobEnded(job, why=refusal))
        else:
            self.post_message(PriceRead(job, found))

    def _write_in_background(self, job: Job) -> None:
        question = Write(job.neuron, job.asking, job.draw, job.weights, self.jobs.spent)
        beside = self._candidates_of(job.neuron)[:_COMPARED]
        write = partial(self._write, job, question, beside, self._writer, self._scorer)
        self.run_worker(write, thread=True, group="write")

    def _stop_writing(self) -> None:
        """End the writer in the middle of its job; the next one starts anew."""
        self._writer.close()
        self._writer = self._helper()

    def _write(
        self, job: Job, question: Write, beside: Sequence[Candidate], writer: Helper, scorer: Helper
    ) -> None:
        """Ask for labels, then how they and the candidates that are there already fit; away from the screen."""

        def progress(stage: str, done: int, total: int) -> None:
            self.post_message(JobMoved(job, f"{stage} {done:,} of {total:,}" if total > 1 else stage))

        def book(spent: Spent) -> None:
            self.post_message(MoreSpent(spent))

        try:
            written = writer.ask(question, progress, book)
        except UserError as refusal:
            self.post_message(JobEnded(job, why=refusal))
            return
        labels, notes = written.labels, written.notes
        fits = tuple(map(Fit, labels))
        compared: tuple[Fit, ...] = ()
        if labels:
            try:
                judged = scorer.ask(
                    _score(job.neuron, job.weights, [(one, 1) for one in labels], beside), progress
                )
            except UserError as refusal:  # the labels are there all the same, and may have been paid for
                notes = (*notes, f"no fit: {refusal.message}")
            else:
                fits, compared = best_first(judged.fits[: len(labels)]), judged.fits[len(labels) :]
                notes = (*notes, *judged.notes)
        self.post_message(JobEnded(job, fits, compared, notes))

    @on(PriceRead)
    def _price_read(self, message: PriceRead) -> None:
        job = message.job
        if job.over:
            return
        job.price = message.price
        if message.price.calls:
            job.stage = "priced"
            if self.triage is not None and self.triage.current != self.triage.find(job.neuron):
                self.neurotui.say(
                    f"{job.neuron} would take {told(message.price)}",
                    f"{self.neurotui.key('regenerate')} there asks",
                )
        else:
            self.jobs.enqueue(job)
        self.show_jobs()

    @on(JobMoved)
    def _job_moved(self, message: JobMoved) -> None:
        if message.job.stage == "asking" and message.job.doing != message.doing:
            message.job.doing = message.doing
            self.show_jobs()

    @on(MoreSpent)
    def _more_spent(self, message: MoreSpent) -> None:
        self.jobs.spent = message.spent

    @on(JobEnded)
    def _job_ended(self, message: JobEnded) -> None:
        job = message.job
        if not job.over:
            self._finish(job, message)
        self.jobs.ended(job)
        self.show_jobs()

    def _finish(self, job: Job, message: JobEnded) -> None:
        """Keep what a job brought, or why it brought nothing."""
        try:
            if message.why is not None:
                raise message.why
            self._take_labels(job, message.fits, message.compared, message.notes)
            job.end("done")
        except UserError as refusal:
            job.why = refusal
            job.end("failed")
            self.neurotui.say(f"{job.neuron}: {refusal.message}", refusal.hint, "error")

    def _take_labels(self, job: Job, fits: Sequence[Fit], compared: Sequence[Fit], notes: Sequence[str]) -> None:
        """Keep what was written beside what is there; ``UserError`` if that is nothing or cannot be saved."""
        if not fits:
            raise UserError("; ".join(notes) or "no label came back", "")
        if job.weights != self.session.run.weights:
            raise UserError("the run that was asked about was replaced by one of another model", "ask again")
        job.found = tuple(fit.label for fit in fits)
        by = job.asking.backend
        written = [Proposal(one.label, by, one.topic.figures, one.word.figures) for one in fits]
        self.session.propose(job.neuron, written)
        self._keep_fits(job.neuron, compared)
        self.take_changes()
        self.said_saved(f"saved: {counted(len(fits), 'label')} for {job.neuron}")
        best = fits[0]
        told_fit = f", {best.in_words}" if isfinite(best.best) else ""
        hint = "; ".join(notes)
        self.neurotui.say(f"{job.neuron}: {counted(len(fits), 'label')}, best '{best.label}'{told_fit}", hint)

    # how a typed label fits

    def begin_scoring(self) -> None:
        """Load what fits need, while one begins to type."""
        self._typed_last = None
        self._warm_up()

    def decided(self) -> None:
        """Load what fits need once somebody decides, and not before: whoever only reads needs no model."""
        if not self._warmed:
            self.set_timer(_LULL, self._warm_up)

    def _warm_up(self) -> None:
        if not self._warmed:
            self._warmed = True
            self.run_worker(partial(self._warm, self._scorer), thread=True, group="score")

    def score_typed(self, neuron: Neuron, text: str) -> None:
        """Find out how a label fits, a moment after the last key."""
        self._typed_last = (neuron, text)
        self.set_timer(_PAUSE, partial(self._score_if_last, neuron, text))

    def _score_if_last(self, neuron: Neuron, text: str) -> None:
        if self._typed_last == (neuron, text) and not self._scoring:
            if self.prompt.is_open and self.prompt.purpose == "label":
                self.prompt.say(_ON_ITS_WAY if text else SAVES)
            if not text:
                return
            self._scoring = True
            beside = [one for one in self._candidates_of(neuron)[:_COMPARED] if one.text != text]
            question = _score(neuron, self.session.run.weights, [(text, self._side_of(neuron, text))], beside)
            self.run_worker(partial(self._score, question), thread=True, group="score")

    def _warm(self, scorer: Helper) -> None:
        """Load the encoder; away from the screen. What is wrong with it is told with the first label."""
        try:
            scorer.ask(Warm())
        except UserError:
            return

    def _score(self, question: Score) -> None:
        """Ask how labels fit; away from the screen."""
        said = (question.neuron, question.weights, question.labels[0])
        try:
            fits = self._scorer.ask(question).fits
        except UserError as refusal:
            self.post_message(LabelsScored(*said, why=refusal))
        else:
            self.post_message(LabelsScored(*said, fits))

    @on(LabelsScored)
    def _labels_scored(self, message: LabelsScored) -> None:
        self._scoring = False
        if message.weights == self.session.run.weights:
            self._keep_fits(message.neuron, message.fits)
        if self._typed_last == (message.neuron, message.label):
            if self.prompt.is_open and self.prompt.purpose == "label":
                self.prompt.say(self._said_of(message))
        elif self._typed_last is not None:
            self._score_if_last(*self._typed_last)
        self.show_neuron()

    def _said_of(self, message: LabelsScored) -> str:
        if message.why is not None:
            return f"no fit: {message.why.message}"
        typed, *others = message.fits
        best = best_first(others)[:1]
        beside = [f"'{one.label}' {one.best:.2f}" for one in best if isfinite(one.best)]
        in_words = cell_len(typed.in_words) + 2 <= self.prompt.size.width
        return " · ".join([typed.in_words if in_words else typed.in_brief, *beside])

    def _keep_fits(self, neuron: Neuron, fits: Sequence[Fit]) -> None:
        neuron_id = self.triage.find(neuron) if self.triage is not None else None
        if self.triage is not None and neuron_id is not None:
            kept = self.triage.fits.setdefault(neuron_id, {})
            kept.update({fit.label: BothFits(fit.topic.figures, fit.word.figures) for fit in fits})

    def _side_of(self, neuron: Neuron, text: str) -> Side:
        """Return which side of a neuron a typed label speaks of: a candidate's own, else what comes first."""
        for one in self._candidates_of(neuron):
            if one.text == text:
                return one.side
        neuron_id = self.triage.find(neuron) if self.triage is not None else None
        return self.triage.side(neuron_id) if self.triage is not None and neuron_id is not None else 1

    def _candidates_of(self, neuron: Neuron) -> list[Candidate]:
        neuron_id = self.triage.find(neuron) if self.triage is not None else None
        return self.triage.candidates(neuron_id) if self.triage is not None and neuron_id is not None else []


def _score(neuron: Neuron, weights: str, labels: Sequence[tuple[str, Side]], beside: Sequence[Candidate]) -> Score:
    """Ask for the fit of some labels, each with its side, and of the candidates beside them."""
    asked = [*labels, *((one.text, one.side) for one in beside)]
    return Score(neuron, tuple(text for text, _ in asked), weights, tuple(side for _, side in asked))
