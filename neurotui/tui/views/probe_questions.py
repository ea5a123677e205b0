"""The probe view's requests to the run's model, answered in a worker process while the user keeps typing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, cast

from textual.message import Message

from neurotui.errors import UserError
from neurotui.probing.questions import Prepare, Probe, Probed, Silence, Silenced
from neurotui.review.probe_session import Questions

if TYPE_CHECKING:
    from collections.abc import Callable

    from neurotui.probing.questions import Where
    from neurotui.review.probe_session import ProbeRequest, ProbeSession
    from neurotui.types import Neuron
    from neurotui.worker_question import Question

_TOP = 50


@dataclass
class ProbeTold(Message):
    """How far the work is, in words."""

    stage: str


@dataclass
class ProbeAnswered(Message):
    """A question has its answer, or why it has none; it took so many seconds."""

    question: ProbeRequest
    answer: Probed | Silenced | UserError | None
    seconds: float


class ProbeQuestions:
    """Sends a probe's questions about one neuron to the worker process, one at a time; the last one wins.

    `start` lets a thread do something, `post` says to the view how far it is and what came of it.
    """

    def __init__(
        self,
        probing: ProbeSession,
        neuron: Neuron,
        start: Callable[[Callable[[], None]], object],
        post: Callable[[Message], object],
    ) -> None:
        self._probing = probing
        self._neuron = neuron
        self._start = start
        self._post = post
        self._queue = Questions(self._begin)

    @property
    def busy(self) -> bool:
        """Whether a question is under way."""
        return self._queue.under_way is not None

    def load(self) -> None:
        """Ask the worker process to load the model."""
        self._queue.want(Prepare(self._probing.model))

    def probe(self, text: str, answered: str | None) -> bool:
        """Ask about a text, unless it is the one that was `answered` last, or its answer is on its way.

        Returns False where there is nothing to ask about; then nothing is asked any more.
        """
        self._probing.text = text
        if not text.strip():
            self._queue.drop()
            return False
        if text not in {answered, self._queue.text}:
            self._queue.want(Probe(text, self._neuron, _TOP, self._probing.model))
        return True

    def change(self, text: str, scale: float, at: Where) -> None:
        """Ask what the model says with the neuron's activation times `scale`."""
        model = self._probing.model
        self._queue.want(Silence(text, self._neuron, model=model, at=at, scale=scale))

    def over(self) -> bool:
        """Record that a question has been answered; return whether another waits."""
        return self._queue.over()

    def next(self) -> None:
        """Ask the next waiting question."""
        self._queue.next()

    def _begin(self, question: ProbeRequest) -> None:
        self._start(partial(self._ask, question))

    def _ask(self, question: ProbeRequest) -> None:
        """Ask the worker process; runs in a thread."""
        begun = monotonic()
        answer: Probed | Silenced | UserError | None
        try:
            # One call for all three kinds: mypy finds what they have in common to be nothing.
            answer = self._probing.worker.ask(cast("Question[Probed | Silenced | None]", question), self._tell)
        except UserError as refusal:
            answer = refusal
        self._post(ProbeAnswered(question, answer, monotonic() - begun))

    def _tell(self, stage: str, done: int, total: int) -> None:
        del done, total
        self._post(ProbeTold(stage))
