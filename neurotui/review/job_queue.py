"""Requests for generated labels: one job each, run one after another in the background."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from neurotui.backends.protocol import Estimate
    from neurotui.errors import UserError
    from neurotui.labelling.types import LabelBackend
    from neurotui.types import Neuron

JobStage = Literal["pricing", "priced", "queued", "asking", "done", "failed", "cancelled"]
_ENDED = {"done", "failed", "cancelled"}


@dataclass(eq=False)
class LabelJob:
    """One request for labels of a neuron.

    ``draw`` selects the texts that the backend is shown; it is another one each time labels are requested for a
    neuron. ``weights`` is the hash of the model's weights: the labels belong to no other model. ``doing`` is the
    progress in words; ``found`` are the labels that arrived, ``why`` what went wrong.
    """

    neuron: Neuron
    asking: LabelBackend
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
        """Whether it is finished, failed or cancelled."""
        return self.stage in _ENDED

    @property
    def seconds(self) -> float:
        """Seconds from its request until its end, or until now if it is not over."""
        return (self.ended or monotonic()) - self.begun

    def end(self, stage: JobStage) -> None:
        """Set its final stage, unless it is already over."""
        if not self.over:
            self.stage, self.ended = stage, monotonic()


class JobQueue:
    """All jobs of a session, oldest first; at most one runs at a time.

    `start` starts a job in the background and `stop` stops the running one; in both cases the caller reports the
    end with ``ended``.
    """

    def __init__(self, start: Callable[[LabelJob], None], stop: Callable[[], None]) -> None:
        self._start = start
        self._stop = stop
        self._running: LabelJob | None = None
        self.all: list[LabelJob] = []

    def of(self, neuron: Neuron, weights: str) -> LabelJob | None:
        """Return the latest job for a neuron of the model with these weights, or None."""
        return next((job for job in reversed(self.all) if (job.neuron, job.weights) == (neuron, weights)), None)

    @property
    def open(self) -> list[LabelJob]:
        """The jobs that are not over."""
        return [job for job in self.all if not job.over]

    def add(self, neuron: Neuron, asking: LabelBackend, draw: int, weights: str) -> LabelJob:
        """Add a new job, whose price is still to be estimated."""
        job = LabelJob(neuron, asking, draw, weights)
        self.all.append(job)
        return job

    def enqueue(self, job: LabelJob) -> None:
        """Let a job run when its turn comes."""
        job.stage = "queued"
        self._next()

    def cancel(self, job: LabelJob) -> None:
        """Cancel a job that is not over; a reply that has already arrived is cached for the next request."""
        job.end("cancelled")
        if job is self._running:
            self._stop()

    def ended(self, job: LabelJob) -> None:
        """Record that a job has stopped, and start the next one."""
        if job is self._running:
            self._running = None
            self._next()

    def _next(self) -> None:
        """Start the oldest waiting job, unless one is running."""
        job = next((job for job in self.all if job.stage == "queued"), None)
        if job is not None and self._running is None:
            job.stage, self._running = "asking", job
            self._start(job)


def price_sentence(price: Estimate) -> str:
    """Return an estimate in words: ``1 call, 812 + 120 tokens, about 0.0004``."""
    tokens = f"{price.input_tokens:,} + {price.output_tokens:,} tokens"
    cost = f", about {price.cost:.4f}" if price.cost is not None else ""
    return f"{price.calls:,} call{'' if price.calls == 1 else 's'}, {tokens}{cost}"
