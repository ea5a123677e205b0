"""The exact scores against scikit-learn's, pair by pair; the bounds against their formula and simulation."""

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import norm, rankdata
from sklearn.metrics import average_precision_score, roc_auc_score

from neurotui.describe.auroc import (
    ALPHA,
    auroc,
    average_precision,
    bounded,
    interval,
    score,
    standard_error,
    texts_of,
)
from neurotui.describe.ranks import ranks


@pytest.fixture
def random():
    return np.random.default_rng(20240131)


def hanley_mcneil(area, p, q):
    """Return the variance of an AUROC as the paper of 1982 prints it; `area` may be a fraction."""
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    return (area * (1 - area) + (p - 1) * (q1 - area**2) + (q - 1) * (q2 - area**2)) / (p * q)


@pytest.mark.parametrize("levels", [2, 7, 60000])
def test_auroc_is_exact_with_few_many_and_no_ties(random, levels):
    values = random.integers(0, levels, (12, 301)).astype(np.uint16)
    holds = random.random((301, 5)) < (0.01, 0.1, 0.5, 0.9, 0.99)
    holds[0], holds[1] = True, False
    wanted = [[roc_auc_score(holds[:, d], row) for d in range(5)] for row in values]
    np.testing.assert_allclose(auroc(ranks(values), holds), wanted, rtol=0, atol=1e-12)


def test_average_precision_is_exact_with_ties(random):
    values = random.integers(0, 30, (9, 200)).astype(np.uint16)
    holds = random.random((200, 6)) < 0.2
    pairs = random.integers(0, 6, (9, 4))
    wanted = [[average_precision_score(holds[:, d], values[n]) for d in pairs[n]] for n in range(len(values))]
    np.testing.assert_allclose(
        average_precision(ranks(values), texts_of(holds), pairs), wanted, rtol=0, atol=1e-12
    )


def test_auroc_is_exact_where_the_sums_outgrow_float32(random):
    texts = 20_000
    row = random.permutation(texts)
    holds = row[:, None] >= (texts // 2, texts // 3, texts - 3)
    holds[row == 1] = True
    below = [(~holds[:, d])[row.argsort()].cumsum()[row][holds[:, d]].sum() for d in range(3)]
    positives = holds.sum(axis=0)
    wanted = below / (positives * (texts - positives))
    area = auroc(ranks(row[None].astype(np.uint16)), holds)
    np.testing.assert_allclose(area, wanted[None], rtol=0, atol=1e-12)


def test_equal_values_share_the_mean_of_their_ranks():
    for dtype in (np.uint16, np.int64, np.float32):
        found = ranks(np.array([[5, 1, 5, 9, 1, 1], [7, 7, 7, 7, 7, 7], [1, 2, 3, 4, 5, 6]], dtype))
        middle = [[4.5, 2, 4.5, 6, 2, 2], [3.5] * 6, [1, 2, 3, 4, 5, 6]]
        np.testing.assert_array_equal(found.middle + 3.5, middle)
        np.testing.assert_array_equal(found.at_least, [[3, 6, 3, 1, 6, 6], [6] * 6, [6, 5, 4, 3, 2, 1]])


@pytest.mark.parametrize("shape", [(203, 157), (3, 40_000), (2, 70_000)])
def test_ranks_are_those_of_scipy_however_many_neurons_and_texts_there_are(random, shape):
    values = random.integers(0, 300, shape).astype(np.uint16)
    np.testing.assert_array_equal(ranks(values).middle, rankdata(values, axis=1) - (shape[1] + 1) / 2)


def test_columns_that_were_picked_out_are_ranked_alike(random):
    values = random.integers(0, 300, (70, 90)).astype(np.uint16)
    picked = values[:, random.random(90) < 0.5]
    np.testing.assert_array_equal(ranks(picked).middle, rankdata(picked, axis=1) - (picked.shape[1] + 1) / 2)


def test_a_constant_neuron_tells_nothing_apart(random):
    holds = random.random((50, 3)) < 0.5
    np.testing.assert_array_equal(auroc(ranks(np.full((1, 50), 7, np.uint16)), holds), np.full((1, 3), 0.5))


def test_a_descriptor_of_no_text_or_of_all_has_no_score():
    holds = np.column_stack([np.zeros(20, np.bool_), np.ones(20, np.bool_), np.arange(20) < 10])
    scores = score(ranks(np.arange(20, dtype=np.uint16)[None]), holds, pairs=3)
    assert np.isnan(scores.auroc[0, :2]).all()
    assert np.isnan(scores.lower[0, :2]).all()
    assert scores.auroc[0, 2] == 0


def test_the_standard_error_is_hanley_and_mcneils_down_to_two_texts_of_a_sort():
    # Of 2 texts with the descriptor and 3 without, at an area of 2/3: worked out on paper.
    assert hanley_mcneil(Fraction(2, 3), 2, 3) == Fraction(41, 540)
    found = standard_error(np.array([[2 / 3]]), np.array([2]), np.array([3]))
    assert found[0, 0] == pytest.approx(math.sqrt(41 / 540), rel=1e-12)
    areas = np.array([[0.05], [0.5], [0.8], [0.9]])
    positives, negatives = np.array([2, 3, 40, 690]), np.array([690, 4, 160, 10])
    wanted = [
        [math.sqrt(hanley_mcneil(area, p, q)) for p, q in zip(positives, negatives, strict=True)]
        for area in areas[:, 0]
    ]
    np.testing.assert_allclose(standard_error(areas, positives, negatives), wanted, rtol=1e-12)


@pytest.mark.parametrize("pairs", [1, 100, 460_800])
def test_bounds_hold_for_all_pairs_at_once_by_bonferroni_on_both_sides(random, pairs):
    values = random.integers(0, 500, (6, 300)).astype(np.uint16)
    holds = random.random((300, 4)) < (0.02, 0.1, 0.5, 0.9)
    values[:3, holds[:, 1]] += 300
    holds[:2], holds[2:4] = True, False
    scores = score(ranks(values), holds, pairs)
    assert ALPHA == 0.05
    z = norm.isf(0.05 / (2 * pairs))
    for neuron, row in enumerate(values):
        for descriptor, column in enumerate(holds.T):
            area = roc_auc_score(column, row)
            margin = z * math.sqrt(hanley_mcneil(area, column.sum(), (~column).sum()))
            assert scores.lower[neuron, descriptor] == pytest.approx(area - margin, abs=1e-7)
            assert scores.upper[neuron, descriptor] == pytest.approx(min(area + margin, 1), abs=1e-7)
            assert scores.error[neuron, descriptor] == pytest.approx(margin / z, abs=1e-7)


def test_the_interval_of_a_single_area_is_the_usual_one():
    """Of 95 %, and cut off where no area can lie."""
    margin = 1.959964 * math.sqrt(hanley_mcneil(0.8, 30, 200))
    assert interval(0.8, 30, 200) == pytest.approx((0.8 - margin, 0.8 + margin), abs=1e-6)
    assert interval(0.9, 3, 3)[1] == 1
    assert interval(0.1, 3, 3)[0] == 0


@pytest.mark.parametrize("pairs", [1, 50, 460_800])
def test_beyond_chance_is_what_none_of_all_pairs_would_reach_by_chance(pairs):
    """By the spread of the U statistic, on one side: with few texts and many pairs next to perfect."""
    positives, negatives = 10, 690
    needed = 0.5 + norm.isf(0.05 / pairs) * math.sqrt(701 / (12 * positives * negatives))
    areas = np.array([[0.5], [needed - 1e-6], [needed + 1e-6], [1.0]])
    found = bounded(areas, np.array([positives]), np.array([negatives]), pairs)
    assert found.beyond_chance[:, 0].tolist() == [False, False, True, True]


def test_the_standard_error_is_that_of_repeated_draws(random):
    """Draw two normal samples 4,000 times: the spread of the AUROC is what the formula says, to 15 %."""
    positives, negatives, shift = 40, 160, 1.0
    values = random.normal(size=(4000, positives + negatives))
    values[:, :positives] += shift
    holds = (np.arange(positives + negatives) < positives)[:, None]
    area = auroc(ranks(values), holds)
    claimed = standard_error(area.mean(keepdims=True), np.array([positives]), np.array([negatives]))
    assert claimed[0, 0] == pytest.approx(area.std(), rel=0.15)


def test_a_perfect_score_from_few_texts_does_not_get_a_perfect_bound():
    values = np.arange(10, dtype=np.uint16)[None]
    scores = score(ranks(values), (np.arange(10) >= 8)[:, None], pairs=1)
    assert scores.auroc[0, 0] == 1
    assert scores.lower[0, 0] < 0.9
    assert scores.upper[0, 0] == 1


def test_of_a_single_text_there_is_no_score_and_of_two_there_is():
    areas = np.array([[1.0, 1.0, 1.0]])
    found = bounded(areas, np.array([1, 2, 300]), np.array([300, 300, 1]), 1)
    for figures in (found.auroc, found.lower, found.upper, found.error):
        assert np.isnan(figures[0]).tolist() == [True, False, True]
    assert found.beyond_chance[0].tolist() == [False, True, False]


def test_more_pairs_widen_the_bounds(random):
    values, holds = random.random((3, 400)), random.random((400, 2)) < 0.3
    assert (score(ranks(values), holds, 10**6).lower < score(ranks(values), holds, 10).lower).all()
