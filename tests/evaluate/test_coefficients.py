"""Coefficients of agreement come out as they were published, and as other programs compute them."""

from itertools import combinations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from neurotui.evaluate.coefficients import MISSING, alpha_by, coefficients, share_near, why_little
from neurotui.evaluate.distances import Cosine

# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", part C: 4 observers, 12 units, values 1 to 5.
OBSERVERS = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")


def rows(*annotators, first="1"):
    """Return ratings (items, annotators) of a line of digits an annotator; a point is none."""
    table = [[MISSING if one == "." else ord(one) - ord(first) for one in line] for line in annotators]
    return np.array(table).T


FOUR = rows(*OBSERVERS)


def from_table(table):
    """Return the ratings of two annotators from their table of counts."""
    counts = np.array(table)
    codes = np.indices(counts.shape).reshape(2, -1)
    return codes.repeat(counts.ravel(), axis=1).T


def values(found):
    return [figure.value for figure in found]


def test_alpha_is_the_one_that_krippendorff_published():
    assert coefficients(FOUR, 5).alpha.value == pytest.approx(0.743, abs=5e-4)
    two = rows("0100000010", "1110010000", first="0")
    assert coefficients(two, 2).alpha.value == pytest.approx(0.095, abs=5e-4)
    ben_and_gerry = rows("aabbdcccedda", "babbbccceddd", first="a")
    assert coefficients(ben_and_gerry, 5).alpha.value == pytest.approx(0.692, abs=5e-4)


class Interval:
    """The squared difference of values 1, 2, 3 ..."""

    def between(self, first, second):
        return (first - second).astype(float) ** 2

    def total(self, counts):
        values = np.arange(counts.shape[1])
        return np.einsum("da,db,ab->d", counts, counts, self.between(values[:, None], values[None]))


def test_alpha_with_a_distance_is_the_one_that_krippendorff_published():
    assert alpha_by(FOUR, 5, Interval()).value == pytest.approx(0.849, abs=5e-4)


def test_ac1_is_the_one_that_gwet_published():
    # Handbook of Inter-Rater Reliability (2014): the same four raters, and two abstractors' table.
    found = coefficients(FOUR, 5)
    assert (found.raw.value, found.ac1.value) == pytest.approx((0.8181818, 0.77544), abs=5e-6)
    abstractors = coefficients(from_table([[13, 0, 0], [0, 20, 7], [0, 4, 56]]), 3)
    assert values(abstractors) == pytest.approx([0.89, 0.7964094, 0.7972585, 0.8493305], abs=5e-8)


def test_kappa_is_the_one_that_cohen_published():
    # Cohen (1960), table 1: proportions of 200 cases.
    table = np.array([[0.44, 0.05, 0.01], [0.07, 0.20, 0.03], [0.09, 0.05, 0.06]]) * 200
    found = coefficients(from_table(table.round().astype(int)), 3)
    assert (found.raw.value, found.kappa.value) == pytest.approx((0.70, 0.492), abs=5e-4)


def test_where_nearly_all_is_one_decision_kappa_falls_and_ac1_does_not():
    # Gwet (2002), "Kappa statistic is not satisfactory": 118 of 125 are judged alike.
    found = coefficients(from_table([[118, 5], [2, 0]]), 2)
    assert (found.kappa.value, found.ac1.value) == pytest.approx((-0.0234, 0.9408), abs=5e-5)


def scattered(categories, annotators=4, items=60, missing=0.3, seed=0):
    random = np.random.default_rng(seed)
    ratings = random.integers(0, categories, (items, 1)).repeat(annotators, axis=1)
    other = random.random(ratings.shape) < 0.4
    ratings[other] = random.integers(0, categories, other.sum())
    ratings[random.random(ratings.shape) < missing] = MISSING
    return ratings


@pytest.mark.parametrize("categories", [2, 3, 40])
def test_kappa_is_that_of_another_program(categories):
    ratings = scattered(categories, seed=categories)
    pairs = []
    for one, other in combinations(range(ratings.shape[1]), 2):
        pair = ratings[:, [one, other]]
        both = pair[(pair != MISSING).all(axis=1)]
        pairs.append(cohen_kappa_score(*both.T))
        assert coefficients(pair, categories).kappa.value == pytest.approx(pairs[-1])
        assert coefficients(pair, categories).kappa.of == len(both)
    assert coefficients(ratings, categories).kappa.value == pytest.approx(np.mean(pairs))


@pytest.mark.parametrize("categories", [2, 3, 40])
def test_alpha_is_that_of_another_program(categories):
    krippendorff = pytest.importorskip("krippendorff", reason="the package krippendorff is not installed")
    ratings = scattered(categories, seed=categories)
    theirs = np.where(ratings == MISSING, np.nan, ratings).T
    alpha = krippendorff.alpha(theirs, level_of_measurement="nominal")
    assert coefficients(ratings, categories).alpha.value == pytest.approx(alpha)
    alpha = krippendorff.alpha(theirs, level_of_measurement="interval")
    assert alpha_by(ratings, categories, Interval()).value == pytest.approx(alpha)


def ac1_item_by_item(ratings, categories):
    """Return Gwet's AC1 as its definition reads, without a matrix."""
    items = [[int(one) for one in row if one != MISSING] for row in ratings]
    items = [item for item in items if item]
    twice = [item for item in items if len(item) > 1]
    alike = [np.mean([one == other for one, other in combinations(item, 2)]) for item in twice]
    shares = [np.mean([item.count(code) / len(item) for item in items]) for code in range(categories)]
    chance = sum(share * (1 - share) for share in shares) / (categories - 1)
    return (np.mean(alike) - chance) / (1 - chance)


@pytest.mark.parametrize("categories", [2, 3, 40])
def test_ac1_is_what_its_definition_says(categories):
    ratings = scattered(categories, seed=categories)
    assert coefficients(ratings, categories).ac1.value == pytest.approx(ac1_item_by_item(ratings, categories))


def test_alpha_by_cosine_is_what_its_definition_says():
    ratings = scattered(7, seed=7)
    vectors = np.random.default_rng(1).normal(size=(7, 5))
    vectors /= np.linalg.norm(vectors, axis=1)[:, None]
    apart = 1 - vectors @ vectors.T
    np.fill_diagonal(apart, 0)
    items = [row[row != MISSING] for row in ratings if (row != MISSING).sum() > 1]
    within = sum(apart[np.ix_(item, item)].sum() / (len(item) - 1) for item in items)
    everything = np.concatenate(items)
    total = apart[np.ix_(everything, everything)].sum() / (len(everything) - 1)
    assert alpha_by(ratings, 7, Cosine(vectors)).value == pytest.approx(1 - within / total)


def test_directions_at_right_angles_are_categories_without_an_order():
    ratings = scattered(4)
    assert alpha_by(ratings, 4, Cosine(np.eye(4))) == pytest.approx(coefficients(ratings, 4).alpha)


def test_near_counts_the_pairs_of_ratings_that_are_near():
    vectors = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])
    ratings = np.array([[0, 0], [0, 1], [0, 2], [1, 2], [MISSING, 2]])
    found = share_near(ratings, 3, Cosine(vectors), 0.7)
    assert (found.value, found.of) == (2 / 4, 4)


def test_an_interval_covers_the_truth_about_as_often_as_it_says():
    # Two people who each tell a coin's side right in 9 of 10 cases: kappa is (0.82 - 0.5) / 0.5 = 0.64.
    random = np.random.default_rng(2)
    inside = np.zeros(4)
    for _ in range(100):
        truth = random.integers(0, 2, (150, 1))
        found = coefficients(np.where(random.random((150, 2)) < 0.9, truth, 1 - truth), 2)
        true = (0.82, 0.64, 0.64, 0.64)
        inside += [figure.lower <= value <= figure.upper for figure, value in zip(found, true, strict=True)]
    assert (inside >= 88).all()


def test_the_same_ratings_give_the_same_figures():
    assert coefficients(scattered(3), 3) == coefficients(scattered(3), 3)


def test_full_agreement_is_one_and_its_interval_too():
    found = coefficients(np.array([[0, 0, 0], [1, 1, 1]] * 20), 2)
    assert [(one.value, one.lower, one.upper) for one in found] == [(1, 1, 1)] * 4


def test_what_cannot_be_known_is_none_and_said():
    apart = np.array([[0, MISSING], [MISSING, 1]])
    assert [(one.value, one.lower, one.upper, one.of) for one in coefficients(apart, 2)] == [
        (None,) * 3 + (0,)
    ] * 4
    assert why_little(apart, ("no", "yes")) == ["no neuron in common: there is nothing to compare"]
    one_said = np.ones((120, 2), int)
    raw, kappa, alpha, ac1 = coefficients(one_said, 2)
    assert (raw.value, kappa.value, alpha.value, ac1.value) == (1, None, None, 1)
    assert why_little(one_said, ("no", "yes")) == [
        "only 'yes' was said: kappa and alpha cannot tell that from chance"
    ]
    nothing = coefficients(np.zeros((0, 2), int), 2)
    assert values(nothing) == [None] * 4


def test_one_of_two_who_said_one_thing_alone_is_said():
    ratings = np.array([[1, 1]] * 100 + [[1, 0]] * 20 + [[0, MISSING]])
    assert coefficients(ratings, 2)[1].value == 0
    assert why_little(ratings, ("no", "yes")) == [
        "one of the two said only 'yes': kappa is 0 whatever the other says"
    ]
    assert why_little(np.c_[ratings, ratings[:, 1]], ("no", "yes")) == []


def test_few_items_in_common_are_said():
    few = np.array([[0, 1], [1, 0], [0, MISSING]])
    assert why_little(few, ("no", "yes")) == ["only 2 neurons in common: with fewer than 100, go by the intervals"]
    assert why_little(scattered(2, items=200, missing=0.0), ("no", "yes")) == []


def test_an_item_that_nobody_rated_changes_nothing():
    more = np.concatenate([FOUR, np.full((3, 4), MISSING)])
    assert coefficients(more, 5) == coefficients(FOUR, 5)
