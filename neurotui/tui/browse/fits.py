"""Requesting and recording the fits of labels: shared by typed labels and generated ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.review.candidates import BothFits
from neurotui.workers.requests import Score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurotui.labelling.types import Fit
    from neurotui.review.candidates import Candidate
    from neurotui.tui.browse.open_review import OpenReview
    from neurotui.types import Neuron, Side

COMPARED = 3
"""How many existing candidates are scored along with a new label, for comparison."""


def question(
    neuron: Neuron, weights: str, labels: Sequence[tuple[str, Side]], beside: Sequence[Candidate]
) -> Score:
    """Return the request for the fits of some labels, each with its side, and of the candidates beside them."""
    asked = [*labels, *((one.text, one.side) for one in beside)]
    return Score(neuron, tuple(text for text, _ in asked), weights, tuple(side for _, side in asked))


def keep_fits(review: OpenReview, neuron: Neuron, fits: Sequence[Fit]) -> None:
    """Record the fits of a neuron's labels for its candidates; does nothing if the run has no such neuron."""
    neuron_id = review.find(neuron)
    if review.triage is not None and neuron_id is not None:
        measured = {fit.label: BothFits(fit.topic.figures, fit.word.figures) for fit in fits}
        review.triage.candidate_cache.know_fits(neuron_id, measured)
