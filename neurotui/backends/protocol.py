"""What is asked of whoever writes phrases and labels, and of whoever places them in a space of meanings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from neurotui.backends.label_evidence import LabelEvidence
    from neurotui.types import Progress


MOST_PHRASES = 5
"""How many phrases a text has at most, and labels a neuron: what prompts ask for and replies may bring."""


class Failure(NamedTuple):
    """Why something got no answer: a text, by its place among those given, or a label (None)."""

    text: int | None
    reason: str


class Estimate(NamedTuple):
    """What an answer would take, before anything is sent.

    ``asked`` of the ``texts`` (the distinct ones) are not in the cache yet. Tokens are estimates, and ``how``
    says from what. ``cost`` is in the currency of the prices, None where none was given.
    """

    texts: int = 0
    asked: int = 0
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    how: str = "nothing is sent anywhere"


def together(first: Estimate, second: Estimate) -> Estimate:
    """Return what two answers would take in all."""
    costs = [one.cost for one in (first, second) if one.cost is not None]
    how = "; ".join(one.how for one in (first, second) if one.calls)
    return Estimate(
        first.texts + second.texts,
        first.asked + second.asked,
        first.calls + second.calls,
        first.input_tokens + second.input_tokens,
        first.output_tokens + second.output_tokens,
        sum(costs) if costs else None,
        how or first.how,
    )


class Backend(Protocol):
    """Says in short phrases what texts are about or how they are written, and what a neuron responds to."""

    @property
    def name(self) -> str:
        """What the run and the labels call it."""

    @property
    def prompts_hash(self) -> str:
        """What tells its prompts from others; empty where there are none."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should hear before anything is asked."""

    @property
    def failures(self) -> tuple[Failure, ...]:
        """What the last `propose` or `label` could not answer, and why."""

    def propose(
        self, texts: Sequence[str], calibration: NDArray[np.bool_], progress: Progress
    ) -> list[tuple[str, ...]]:
        """Return up to ``MOST_PHRASES`` a text, most telling first; none where nothing can be said or it failed.

        A backend that learns from the data set learns from the texts that `calibration` marks alone.
        """

    def label(self, shown: LabelEvidence, progress: Progress = no_progress) -> tuple[str, ...]:
        """Return up to ``MOST_PHRASES`` labels for the neuron of what is `shown`, best first; none if it failed.

        `progress` hears what keeps them from coming.
        """

    def estimate(self, texts: Sequence[str]) -> Estimate:
        """Return what `propose` would take, after what the cache already holds."""

    def estimate_label(self, shown: LabelEvidence) -> Estimate:
        """Return what `label` would take."""
