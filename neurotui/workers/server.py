"""The handlers of all questions, in the helper's process. Each imports what it needs, as that can be heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from neurotui.backends.llm.budget import Budget
from neurotui.backends.registry import spec_of
from neurotui.errors import UserError
from neurotui.labelling.generate import backend_for, price, write
from neurotui.probing.requests import Prepare, Probe, Silence
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
    from neurotui.probing.requests import Probed, Silenced
    from neurotui.types import Progress, Question

T = TypeVar("T")


class WorkerState:
    """What a helper keeps between two questions: the run, and what has been loaded for it.

    `account` counts what the backends spend.
    """

    def __init__(self, path: Path, account: Account) -> None:
        self._path = path
        self.account = account
        self._run: Run | None = None
        self._kept: dict[object, Any] = {}

    def answer(self, question: Question[Any], progress: Progress) -> object:
        """Answer a question with the handler in the table below; ``UserError`` if it cannot be answered."""
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


def scorer(desk: WorkerState) -> Scorer:
    """Return the scorer of labels for the run's neurons."""
    from neurotui.labelling.topic_fit import Scorer  # noqa: PLC0415 - not every question needs it

    run = desk.run
    return desk.keep(Scorer, lambda: Scorer(run, lambda: encoder(desk)))


def encoder(desk: WorkerState) -> Encoder:
    """Return the sentence encoder."""
    from neurotui.models.encoder import MiniLM  # noqa: PLC0415 - torch

    return desk.keep(MiniLM, MiniLM)


def _warm(desk: WorkerState, question: Warm, progress: Progress) -> None:
    del question
    scorer(desk).warm(progress)


def _score(desk: WorkerState, question: Score, progress: Progress) -> Judged:
    desk.run_of(question.weights)
    return scorer(desk).score(question.neuron, question.labels, progress, question.sides)


def _near(desk: WorkerState, question: Near, progress: Progress) -> Nearness:
    from neurotui.labelling.meaning_index import MeaningIndex  # noqa: PLC0415 - not every question needs it

    run = desk.run_of(question.weights)
    return desk.keep(MeaningIndex, lambda: MeaningIndex(run, encoder(desk), progress)).near(question.word)


def _backend(desk: WorkerState, run: Run, asking: LabelBackend) -> Backend:
    budget = Budget(asking.settings, desk.account)
    # Where it needs no encoder, torch is not loaded for one.
    reads = spec_of(asking.backend).needs_encoder
    return desk.keep(asking, lambda: backend_for(run, asking, encoder(desk) if reads else None, budget))


def _price(desk: WorkerState, question: Price, progress: Progress) -> Estimate:
    del progress
    return price(desk.run_of(question.weights), question.neuron, question.asking, question.draw)


def _write(desk: WorkerState, question: Write, progress: Progress) -> Written:
    run = desk.run_of(question.weights)
    backend = _backend(desk, run, question.asking)
    return write(run, question.neuron, backend, progress, question.draw)


def prober(desk: WorkerState, model: str, progress: Progress) -> Prober:
    """Return the prober of the run's model, with the model loaded."""
    from neurotui.probing.probe import Prober  # noqa: PLC0415 - torch

    run = desk.run
    progress("loading the model", 0, 1)
    return desk.keep(("prober", model), lambda: Prober(run, model))


def _prepare(desk: WorkerState, question: Prepare, progress: Progress) -> None:
    prober(desk, question.model, progress)


def _probe(desk: WorkerState, question: Probe, progress: Progress) -> Probed:
    return prober(desk, question.model, progress).probe(question)


def _silence(desk: WorkerState, question: Silence, progress: Progress) -> Silenced:
    return prober(desk, question.model, progress).silence(question)


ANSWERS: dict[type[Question[Any]], Callable[[WorkerState, Any, Progress], object]] = {
    Warm: _warm,
    Score: _score,
    Near: _near,
    Price: _price,
    Write: _write,
    Prepare: _prepare,
    Probe: _probe,
    Silence: _silence,
}
"""The handler of each question type, called as ``answer(desk, question, progress)``."""
