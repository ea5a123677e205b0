"""What has been asked of generators: one job a request, done one after another while a person goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Literal

from neurotui.backends.llm.budget import NOTHING_SPENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from neurotui.backends.protocol import Estimate
    from neurotui.errors import UserError
    from neurotui.labelling.types import Asking
    from neurotui.types import Neuron

JobStage = Literal["pricing", "priced", "queued", "asking", "done", "failed", "cancelled"]
_ENDED = {"done", "failed", "cancelled"}


@dataclass(eq=False)
class LabelJob:
    """One request for labels of a neuron.

    ``draw`` picks what the generator is shown: another one for every time that a neuron's labels are asked
    for. ``weights`` are the model's: what comes of it belongs to no other. ``doing`` is how far it is, in
    words; ``found`` are the labels that came, ``why`` what went wrong.
    """

    neuron: Neuron
    asking: Asking
    draw: int
    weights: str
    stage: JobStage = "pricing"
    price: Estimate | None = None
    doing: str = ""
    found: tuple[str, ...] = ()
    why: UserError | None = None
    begun: float = field(default_factory=monotonic)
    ended: float | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.stage in _ENDED

    @property
    def seconds(self) -> float:
        """How long it has been, or was, under way."""
        return (self.ended or monotonic()) - self.begun

    def end(self, stage: JobStage) -> None:
        """Take note that it is over, if it was not already."""
        if not self.over:
            self.stage, self.ended = stage, monotonic()


class JobQueue:
    """All jobs of a sitting, oldest first; at most one is being asked at a time.

    `start` begins to ask for a job in the background, and `stop` makes an end of that; whoever does it calls
    ``ended`` when nothing more comes. ``spent`` is what all jobs together have spent, lost replies included.
    """

    def __init__(self, start: Callable[[LabelJob], None], stop: Callable[[], None]) -> None:
        self._start = start
        self._stop = stop
        self._running: LabelJob | None = None
        self.all: list[LabelJob] = []
        self.spent = NOTHING_SPENT

    def of(self, neuron: Neuron, weights: str) -> LabelJob | None:
        """Return the last job of one model's neuron, or None."""
        return next((job for job in reversed(self.all) if (job.neuron, job.weights) == (neuron, weights)), None)

    @property
    def open(self) -> list[LabelJob]:
        """Those that are not over."""
        return [job for job in self.all if not job.over]

    def add(self, neuron: Neuron, asking: Asking, draw: int, weights: str) -> LabelJob:
        """Take note of a new job, of which the price is to be found out."""
        job = LabelJob(neuron, asking, draw, weights)
        self.all.append(job)
        return job

    def enqueue(self, job: LabelJob) -> None:
        """Let a job be asked when its turn comes."""
        job.stage = "queued"
        self._next()

    def cancel(self, job: LabelJob) -> None:
        """End a job that is not over; a reply that has arrived by then is kept for when it is asked again."""
        job.end("cancelled")
        if job is self._running:
            self._stop()

    def ended(self, job: LabelJob) -> None:
        """Take note that nothing more is heard of a job: what it spent is known, and the next may begin."""
        if job is self._running:
            self._running = None
            self._next()

    def _next(self) -> None:
        """Begin the oldest job that waits, unless one is under way."""
        job = next((job for job in self.all if job.stage == "queued"), None)
        if job is not None and self._running is None:
            job.stage, self._running = "asking", job
            self._start(job)


def told(price: Estimate) -> str:
    """Say what a request takes: ``1 call, 812 + 120 tokens, about 0.0004``."""
    tokens = f"{price.input_tokens:,} + {price.output_tokens:,} tokens"
    cost = f", about {price.cost:.4f}" if price.cost is not None else ""
    return f"{price.calls:,} call{'' if price.calls == 1 else 's'}, {tokens}{cost}"
