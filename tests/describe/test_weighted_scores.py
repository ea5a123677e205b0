"""Figures at sampled tokens are those that plain counting gives, every place standing for so many tokens."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.stats import pearsonr
from sklearn.metrics import average_precision_score, roc_auc_score

from neurotui.describe.weighted_scores import area, average_precision, correlations, held, standing

NEURONS, PLACES, DESCRIPTORS = 7, 120, 6


@pytest.fixture
def random():
    return np.random.default_rng(20250301)


@pytest.fixture
def holds(random):
    found = random.random((PLACES, DESCRIPTORS)) < (0.03, 0.1, 0.3, 0.5, 0.7, 0.9)
    found[0], found[1] = True, False
    return found


def sparse(holds):
    return csr_matrix(holds.astype(np.float32))


def equal(count=PLACES):
    return np.full(count, 3.7, np.float32)


def activations(random):
    return random.standard_normal((NEURONS, PLACES)).astype(np.float32)


def codes_of(random, levels=40):
    return random.integers(0, levels, (NEURONS, PLACES)).astype(np.uint8)


def test_with_equal_weights_the_correlation_is_pearsons(random, holds):
    values = activations(random)
    found = correlations(values, held(sparse(holds), equal()))
    wanted = [[pearsonr(row, holds[:, d]).statistic for d in range(DESCRIPTORS)] for row in values]
    np.testing.assert_allclose(found.r, wanted, atol=1e-6)


def test_with_equal_weights_the_area_and_the_average_precision_are_scikit_learns_on_both_sides(random, holds):
    codes, where = codes_of(random), held(sparse(holds), equal())
    wanted = [[roc_auc_score(holds[:, d], row) for d in range(DESCRIPTORS)] for row in codes]
    np.testing.assert_allclose(area(codes, where), wanted, atol=1e-9)
    pairs = random.integers(-1, DESCRIPTORS, (NEURONS, 4))
    for side in (1, -1):
        found = average_precision(codes, where, pairs, np.full(pairs.shape, side, np.int8))
        for row in range(NEURONS):
            for place, descriptor in enumerate(pairs[row].tolist()):
                if descriptor < 0:
                    assert np.isnan(found[row, place])
                else:
                    scores = side * codes[row].astype(int)
                    assert found[row, place] == pytest.approx(
                        average_precision_score(holds[:, descriptor], scores), abs=1e-9
                    )


def test_unequal_weights_give_what_plain_loops_give(random, holds):
    values, codes = activations(random), codes_of(random)
    weight = random.integers(1, 9, PLACES).astype(np.float32)
    where = held(sparse(holds), weight)
    found = correlations(values, where)
    found_area = area(codes, where)
    share = weight / weight.sum(dtype=np.float64)
    for n in range(NEURONS):
        mean = sum(w * a for w, a in zip(share, values[n], strict=True))
        variance = sum(w * (a - mean) ** 2 for w, a in zip(share, values[n], strict=True))
        for d in range(DESCRIPTORS):
            m = sum(share[holds[:, d]])
            z = (values[n] - mean) / variance**0.5
            f = (holds[:, d] - m) / (m * (1 - m)) ** 0.5
            assert found.r[n, d] == pytest.approx(sum(share * z * f), abs=1e-6)
            fewest = min(sum(own) ** 2 / sum(own**2) for own in (share[holds[:, d]], share[~holds[:, d]]))
            wider = (fewest / (fewest - 1)) ** 0.5
            assert found.error[n, d] == pytest.approx(wider * sum((share * z * f) ** 2) ** 0.5, abs=1e-6)
            won = sum(
                share[i] * share[j] * ((codes[n, i] > codes[n, j]) + (codes[n, i] == codes[n, j]) / 2)
                for i in np.flatnonzero(holds[:, d])
                for j in np.flatnonzero(~holds[:, d])
            )
            assert found_area[n, d] == pytest.approx(won / (m * (1 - m)), abs=1e-6)


def test_a_weight_of_two_is_the_place_given_twice(random, holds):
    values, codes = activations(random), codes_of(random)
    weight = random.integers(1, 4, PLACES)
    again = np.repeat(np.arange(PLACES), weight)
    once, often = held(sparse(holds), weight.astype(np.float32)), held(sparse(holds[again]), equal(len(again)))
    np.testing.assert_allclose(correlations(values, once).r, correlations(values[:, again], often).r, atol=1e-6)
    np.testing.assert_allclose(area(codes, once), area(codes[:, again], often), atol=1e-9)
    pairs = np.tile(np.arange(DESCRIPTORS), (NEURONS, 1))
    for side in (1, -1):
        sides = np.full(pairs.shape, side, np.int8)
        np.testing.assert_allclose(
            average_precision(codes, once, pairs, sides),
            average_precision(codes[:, again], often, pairs, sides),
            atol=1e-9,
        )
    # But a place is one piece of evidence, whatever it stands for: that of uneven weights is less.
    assert (once.positives < often.positives).all()
    assert (once.positives <= holds.sum(axis=0)).all()


def test_places_of_a_group_are_one_piece_of_evidence(random):
    """The standard error of r with its places in groups, by the plain sum over groups."""
    group = np.sort(random.integers(0, 25, PLACES))
    of_group = random.random((25, DESCRIPTORS)) < (0.25, 0.3, 0.35, 0.4, 0.5, 0.6)
    holds, weight = of_group[group], random.integers(1, 5, PLACES).astype(np.float32)
    groups = csr_matrix((np.ones(PLACES, np.float32), (np.arange(PLACES), group)), shape=(PLACES, 25))
    where = held(sparse(holds), weight)._replace(groups=groups, group_holds=sparse(of_group))
    values = activations(random)
    found = correlations(values, where)
    plain = correlations(values, where._replace(groups=None, group_holds=None))
    np.testing.assert_array_equal(found.r, plain.r)
    share = weight / weight.sum(dtype=np.float64)
    for n in range(NEURONS):
        mean = share @ values[n]
        z = (values[n] - mean) / np.sqrt(share @ (values[n] - mean) ** 2)
        for d in range(DESCRIPTORS):
            m = share @ holds[:, d]
            f = (holds[:, d] - m) / np.sqrt(m * (1 - m))
            sums = [sum((share * z * f)[group == one]) for one in range(25)]
            each = np.array([sum(share[group == one]) for one in range(25)])
            sides = (each[of_group[:, d]], each[~of_group[:, d]])
            fewest = min(sum(own) ** 2 / sum(own**2) for own in sides)
            wider = np.sqrt(fewest / (fewest - 1))
            assert found.error[n, d] == pytest.approx(wider * np.sqrt(np.square(sums).sum()), abs=1e-6)


def test_copies_within_a_group_add_no_certainty(random):
    values = random.standard_normal((NEURONS, 30)).astype(np.float32)
    holds = random.random((30, DESCRIPTORS)) < 0.4
    alone = correlations(values, held(sparse(holds), equal(30)))
    four = np.repeat(np.arange(30), 4)
    groups = csr_matrix((np.ones(120, np.float32), (np.arange(120), four)), shape=(120, 30))
    where = held(sparse(holds[four]), equal(120))
    grouped = correlations(values[:, four], where._replace(groups=groups, group_holds=sparse(holds)))
    np.testing.assert_allclose(grouped.error, alone.error, atol=1e-6)
    # Taken for independent, they would halve the error, and a little more: there seem to be more of them.
    taken = correlations(values[:, four], where).error
    assert (taken < alone.error / 2).all()
    assert (taken > alone.error / 2.5).all()


@pytest.mark.parametrize(("effect", "least", "most"), [(0, 0.9, 1.1), (1.5, 1, 2)])
def test_the_standard_error_is_the_spread_of_r_over_samples_of_noise_and_more_where_there_is_an_effect(
    random, effect, least, most
):
    spread, said = [], []
    for _ in range(600):
        flag = random.random(300) < 0.2
        values = (flag * effect + random.standard_normal(300)).astype(np.float32)
        found = correlations(values[None], held(sparse(flag[:, None]), equal(300)))
        spread.append(found.r[0, 0])
        said.append(found.error[0, 0])
    assert np.std(spread) * least < np.mean(said) < np.std(spread) * most


def test_what_has_no_spread_tells_nothing(random):
    weight = random.random(PLACES).astype(np.float32) + np.float32(0.1)
    nowhere, everywhere, some = np.zeros(PLACES, bool), np.ones(PLACES, bool), np.arange(PLACES) < 9
    where = held(sparse(np.stack([nowhere, everywhere, some], axis=1)), weight)
    values = np.stack([np.full(PLACES, 0.1), random.standard_normal(PLACES) * 9]).astype(np.float32)
    found = correlations(values, where)
    np.testing.assert_allclose(found.r[0], 0, atol=1e-6)
    assert found.r[1, :2].tolist() == [0, 0]
    assert found.error[1, :2].tolist() == [1, 1]
    codes = codes_of(random)
    found_area = area(codes, where)
    assert np.isnan(found_area[:, :2]).all()
    assert np.isfinite(found_area[:, 2]).all()
    assert area(np.full((1, PLACES), 5, np.uint8), where)[0, 2] == pytest.approx(0.5)
    assert where.positives[0] == where.negatives[1] == 0
    assert where.share.tolist()[:2] == [0, 1]
    pairs = np.array([[0, -1, 1]])
    precision = average_precision(codes[:1], where, pairs, np.ones((1, 3), np.int8))
    assert np.isnan(precision[0, :2]).all()
    assert precision[0, 2] == pytest.approx(1)


def test_effective_numbers_are_plain_ones_with_equal_weights(holds):
    where = held(sparse(holds), equal())
    np.testing.assert_allclose(where.positives, holds.sum(axis=0), rtol=1e-6)
    np.testing.assert_allclose(where.negatives, (~holds).sum(axis=0), rtol=1e-6)
    np.testing.assert_allclose(where.share, holds.mean(axis=0), rtol=1e-6)


def test_places_stand_between_the_lowest_and_the_highest_and_on_average_in_the_middle(random):
    weight = random.random(PLACES)
    weight /= weight.sum()
    codes = codes_of(random, 5)
    found = standing(codes, weight)
    np.testing.assert_allclose(found @ weight, 0, atol=1e-12)
    for row in range(NEURONS):
        for place in (0, 50):
            lower = weight[codes[row] < codes[row, place]].sum()
            same = weight[codes[row] == codes[row, place]].sum()
            assert found[row, place] == pytest.approx(lower + same / 2 - 1 / 2)


def test_an_empty_split_is_no_fault():
    where = held(csr_matrix((0, 3), dtype=np.float32), np.empty(0, np.float32))
    found = correlations(np.empty((2, 0), np.float32), where)
    assert found.r.tolist() == [[0, 0, 0]] * 2
    assert np.isnan(area(np.empty((2, 0), np.uint8), where)).all()
