"""How well labels fit, within a review: what a worker process is asked, what was measured, how it is recalled.

The fits themselves are computed by ``labelling/topic_fit.py``, in a worker process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from neurotui.labelling.types import Fit
    from neurotui.types import Neuron, Proposal, Side
    from neurotui.workers.requests import Score

COMPARED = 3
"""How many existing candidates are scored along with a new label, for comparison."""


class LabelWithSide(Protocol):
    """Something that names a label and the side of the activation that it is about, as a candidate does."""

    @property
    def text(self) -> str:
        """The label."""

    @property
    def side(self) -> Side:
        """The side."""


class BothFits(NamedTuple):
    """A label's fit as a topic and as a word; each as in ``Event``, empty if unknown."""

    fit: tuple[float, ...] = ()
    token_fit: tuple[float, ...] = ()

    @property
    def best(self) -> float:
        """The better of the two AUROCs; 0 if neither is known."""
        return max(self.fit[:1] + self.token_fit[:1], default=0.0)


class Fits:
    """The fits of labels that are known in a session, by neuron_id and label.

    Fits that are in the journal need not be kept here: they come with their proposals.
    """

    def __init__(self) -> None:
        self._measured: dict[int, dict[str, BothFits]] = {}

    def keep(self, neuron_id: int, fits: Iterable[Fit]) -> None:
        """Keep the fits that a worker process measured for labels of a neuron."""
        known = self._measured.setdefault(neuron_id, {})
        known.update((fit.label, BothFits(fit.topic.figures, fit.word.figures)) for fit in fits)

    def of(self, neuron_id: int, label: str, proposals: Iterable[Proposal] = ()) -> BothFits:
        """Return the fit measured for a label in this session, else the first that its `proposals` came with."""
        known = (self._measured.get(neuron_id, {}).get(label, BothFits()),)
        proposed = (BothFits(one.fit, one.token_fit) for one in proposals)
        return next(filter(any, (*known, *proposed)), BothFits())


def request(
    neuron: Neuron, weights: str, labels: Iterable[tuple[str, Side]], beside: Iterable[LabelWithSide] = ()
) -> Score:
    """Return the request for the fits of some labels, each with its side, and of what is compared with them.

    `weights` is the hash of the model's weights. The fits come in the order of the labels, then those of `beside`.
    """
    from neurotui.workers.requests import Score  # noqa: PLC0415 - the first screen does not wait for it

    asked = [*labels, *((one.text, one.side) for one in beside)]
    return Score(neuron, tuple(text for text, _ in asked), weights, tuple(side for _, side in asked))
