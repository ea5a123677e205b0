"""The handlers of all questions, in the worker process. Each imports what it needs, as that can be heavy.

Which questions there are, and how one is added, is told in ``requests.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from neurotui.backends.llm.budget import Budget
from neurotui.backends.registry import spec_of
from neurotui.errors import UserError
from neurotui.labelling.generate import backend_for, price, write
from neurotui.probing.questions import Prepare, Probe, Silence
from neurotui.store.run import Run
from neurotui.workers.requests import Near, Price, Score, Warm, Write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from neurotui.backends.llm.budget import Account
    from neurotui.backends.protocol import Backend, Estimate
    from neurotui.labelling.topic_fit import Scorer
    from neurotui.labelling.types import Judged, LabelBackend, Nearness, Written
    from neurotui.models.protocol import Encoder
    from neurotui.probing.probe import Prober
    from neurotui.probing.questions import Probed, Silenced
    from neurotui.types import Progress
    from neurotui.worker_question import Question

T = TypeVar("T")
A = TypeVar("A")


class WorkerState:
    """What a worker process keeps between two questions: the run, and what has been loaded for it.

    `account` counts what the backends spend.
    """

    def __init__(self, path: Path, account: Account) -> None:
        self._path = path
        self.account = account
        self._run: Run | None = None
        self._kept: dict[object, Any] = {}

    def answer(self, question: Question[Any], progress: Progress) -> object:
        """Answer a question with the handler of its kind; ``UserError`` if it cannot be answered."""
        return ANSWERS[type(question)](self, question, progress)

    @property
    def run(self) -> Run:
        """The run now at the path: if the file was replaced, everything kept for the old one is dropped."""
        if self._run is not None and self._run.swapped():
            self._run.close()
            self._run = None
            self._kept.clear()
        if self._run is None:
            self._run = Run(self._path)
        return self._run

    def run_of(self, weights: str) -> Run:
        """Return the run; ``UserError`` if its model has other weights."""
        run = self.run
        if weights != run.weights:
            raise UserError(f"'{run.path}' was replaced by a run of another model", "reload it and ask again")
        return run

    def keep(self, key: object, make: Callable[[], T]) -> T:
        """Return the object kept under a key for this run, made on first use."""
        if key not in self._kept:
            self._kept[key] = make()
        return cast("T", self._kept[key])


ANSWERS: dict[type[Question[Any]], Callable[[WorkerState, Any, Progress], object]] = {}
"""The handler of each kind of question, called as ``answer(state, question, progress)``."""


def answers(
    kind: type[Question[A]],
) -> Callable[[Callable[[WorkerState, Any, Progress], A]], Callable[[WorkerState, Any, Progress], A]]:
    """Make a function the handler of a kind of question, whose answers it returns."""

    def register(handler: Callable[[WorkerState, Any, Progress], A]) -> Callable[[WorkerState, Any, Progress], A]:
        ANSWERS[kind] = handler
        return handler

    return register


def scorer(state: WorkerState) -> Scorer:
    """Return the scorer of labels for the run's neurons."""
    from neurotui.labelling.topic_fit import Scorer  # noqa: PLC0415 - not every question needs it

    run = state.run
    return state.keep(Scorer, lambda: Scorer(run, lambda: encoder(state)))


def encoder(state: WorkerState) -> Encoder:
    """Return the sentence encoder."""
    from neurotui.models.encoder import MiniLM  # noqa: PLC0415 - torch

    return state.keep(MiniLM, MiniLM)


@answers(Warm)
def _warm(state: WorkerState, question: Warm, progress: Progress) -> None:
    del question
    scorer(state).warm(progress)


@answers(Score)
def _score(state: WorkerState, question: Score, progress: Progress) -> Judged:
    state.run_of(question.weights)
    return scorer(state).score(question.neuron, question.labels, progress, question.sides)


@answers(Near)
def _near(state: WorkerState, question: Near, progress: Progress) -> Nearness:
    from neurotui.labelling.near_meaning import MeaningIndex  # noqa: PLC0415 - not every question needs it

    run = state.run_of(question.weights)
    return state.keep(MeaningIndex, lambda: MeaningIndex(run, encoder(state), progress)).near(question.word)


def _backend(state: WorkerState, run: Run, asking: LabelBackend) -> Backend:
    budget = Budget(asking.settings, state.account)
    # Where it needs no encoder, torch is not loaded for one.
    reads = spec_of(asking.backend).needs_encoder
    return state.keep(asking, lambda: backend_for(run, asking, encoder(state) if reads else None, budget))


@answers(Price)
def _price(state: WorkerState, question: Price, progress: Progress) -> Estimate:
    del progress
    return price(state.run_of(question.weights), question.neuron, question.asking, question.draw)


@answers(Write)
def _write(state: WorkerState, question: Write, progress: Progress) -> Written:
    run = state.run_of(question.weights)
    backend = _backend(state, run, question.asking)
    return write(run, question.neuron, backend, progress, question.draw)


def prober(state: WorkerState, model: str, progress: Progress) -> Prober:
    """Return the prober of the run's model, with the model loaded."""
    from neurotui.probing.probe import Prober  # noqa: PLC0415 - torch

    run = state.run
    progress("loading the model", 0, 1)
    return state.keep(("prober", model), lambda: Prober(run, model))


@answers(Prepare)
def _prepare(state: WorkerState, question: Prepare, progress: Progress) -> None:
    prober(state, question.model, progress)


@answers(Probe)
def _probe(state: WorkerState, question: Probe, progress: Progress) -> Probed:
    return prober(state, question.model, progress).probe(question)


@answers(Silence)
def _silence(state: WorkerState, question: Silence, progress: Progress) -> Silenced:
    return prober(state, question.model, progress).silence(question)
