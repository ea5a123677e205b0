"""The word at which top exemplars peak is said first, the sooner the more of them peak there."""

import numpy as np
import pytest

from neurotui.describe.described_rule import AtPeaks, peaking
from neurotui.describe.match_tokens import _best
from neurotui.describe.weighted_scores import Correlations

SHARE = np.array([0.01, 0.3, 0.05])
EXACT = np.array([True, False, False])
UNSURE = np.full(3, 0.5)


def first(r_of_word, peaks):
    """Return which of three is said first: a word, with this much of the best r, holds at so many of 20 peaks.

    The best one, which is no word, holds at five.
    """
    found = Correlations(np.array([[0.5 * r_of_word, 0.5, 0.1]]), np.zeros((1, 3)))
    of = np.array([20])
    at_peaks = {1: AtPeaks(np.array([[peaks, 5, 0]]), of), -1: AtPeaks(np.zeros((1, 3), np.int64), of)}
    return int(_best(found, at_peaks, peaking(found.r, at_peaks, SHARE), EXACT, UNSURE)[0, 0])


@pytest.mark.parametrize(
    ("r_of_word", "peaks", "word"),
    [
        (0.5, 10, True),
        (0.4, 10, False),
        (0.3, 15, True),
        (0.2, 15, False),
        (0.1, 20, True),
        (0.04, 20, False),
    ],
)
def test_less_is_asked_of_a_word_at_which_more_exemplars_peak(r_of_word, peaks, word):
    assert first(r_of_word, peaks) == (0 if word else 1)


def test_a_word_at_which_fewer_than_half_peak_does_not_lead():
    assert first(0.7, 9) == 1


def test_what_is_no_word_does_not_lead_by_its_peaks():
    found = Correlations(np.array([[0.1, 0.5, 0.3]]), np.zeros((1, 3)))
    of = np.array([20])
    at_peaks = {1: AtPeaks(np.array([[0, 5, 18]]), of), -1: AtPeaks(np.zeros((1, 3), np.int64), of)}
    assert int(_best(found, at_peaks, peaking(found.r, at_peaks, SHARE), EXACT, UNSURE)[0, 0]) == 1
