"""The orders of the list."""

import numpy as np
import pytest

from neurotui.review.orders import OPENING, opens_on
from neurotui.review.state import ReviewState
from neurotui.review.visible_labels import VisibleLabels
from neurotui.store.labels import Labels
from neurotui.store.run_tables import Overview

NAN = np.nan


def overview(scores, described):
    """Return the figures of neurons of these scores."""
    count = len(scores)
    zeros = np.zeros(count, np.float32)
    return Overview(
        layer=np.zeros(count, np.int16),
        unit=np.arange(count, dtype=np.int32),
        mean=zeros,
        std=zeros,
        minimum=zeros,
        maximum=zeros,
        firing_rate=zeros,
        matched=np.full((count, 1), -1, np.int32),
        sides=np.ones((count, 1), np.int8),
        score=np.array(scores, np.float32),
        validation=zeros,
        described=np.array(described, np.bool_),
        names=(),
        scopes=(),
        kinds=(),
        peak_words=("",),
        peak=np.zeros(count, np.int32),
        peak_count=np.zeros(count, np.int16),
    )


@pytest.mark.parametrize(
    ("scores", "described", "first"),
    [
        ([0.2, 0.9, 0.9], [False, True, True], 1),
        ([NAN, 0.8, 0.3], [False, False, True], 2),
        ([NAN, NAN], [False, False], 0),
    ],
)
def test_a_run_opens_on_the_first_neuron_of_its_list(scores, described, first):
    read = overview(scores, described)
    listed = ReviewState(read, VisibleLabels(Labels("w"), "ada", ""), [], OPENING)
    assert opens_on(read) == listed.current == first
