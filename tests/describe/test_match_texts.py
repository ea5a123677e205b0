"""Planted neurons are found and said right, noise stays undescribed, and the splits are judged apart."""

import math
from dataclasses import replace

import numpy as np
import pytest
from describe.planted import LENGTH, encoded, evidence, firsts, noise, rows, token_block, world
from scipy.stats import norm, pearsonr
from sklearn.metrics import average_precision_score, roc_auc_score

from neurotui.describe.described_rule import LEAST_CORRELATION
from neurotui.describe.match_texts import BEST_TEXTS
from neurotui.describe.match_tokens import match_tokens


@pytest.fixture
def random():
    return np.random.default_rng(1)


def of_texts(made, planted):
    """Return activations that are 1 at every token of the texts of a topic, one neuron a topic."""
    return made.topics[made.text][:, planted].T.astype(float)


def test_neurons_planted_with_topics_are_described_and_noise_is_not(random):
    made = world(random)
    planted = random.integers(0, 8, 200)
    activations = noise(random, 200, made, 0.8)
    activations[:100] += of_texts(made, planted[:100])
    table = rows(made, activations)
    found = firsts(table)
    assert sorted(found) == list(range(200))
    for neuron in range(100):
        assert found[neuron] == [planted[neuron], 1, True]
    assert not table["described"][table["neuron_id"] >= 100].any()
    # Of the negative only what is described is kept at all.
    negative = (table["side"] < 0) & (table["descriptor_id"] < 8)
    assert table["described"][negative].all()
    assert negative.sum() < 100


def test_a_neuron_that_is_silent_in_the_texts_of_a_topic_is_described_on_the_side_of_its_negative(random):
    made = world(random)
    activations = noise(random, 8, made, 0.8) - of_texts(made, np.arange(8))
    table = rows(made, activations)
    assert firsts(table) == {neuron: [neuron, -1, True] for neuron in range(8)}
    best = table["rank"] == 0
    assert (table["auroc_calibration"][best] > 0.8).all()
    assert (table["correlation_validation"][best] > 0.3).all()
    means = activations.reshape(8, -1, LENGTH).mean(axis=2)
    for neuron in range(8):
        wanted = average_precision_score(made.topics[~made.calibration, neuron], -means[neuron, ~made.calibration])
        assert table["average_precision"][best][neuron] == pytest.approx(wanted, abs=0.01)


def test_a_topic_is_trusted_two_standard_errors_below_its_correlation(random):
    """Its texts were grouped by what they say, so that it fits them; a word was not, and leads where it is close."""
    made = world(random, texts=120)
    effects = np.linspace(0.3, 1.2, 40)[:, None]
    activations = noise(random, 40, made, 1.0) + effects * of_texts(made, random.integers(0, 8, 40))
    at_tokens = match_tokens(token_block(activations), evidence(made, activations)[1])
    topic = at_tokens.calibration.r.argmax(axis=1)
    sure = at_tokens.calibration.r.max(axis=1) - 2 * at_tokens.calibration.error[np.arange(40), topic]
    table = rows(made, activations)
    said = {neuron: ids for neuron, (ids, *_) in firsts(table).items()}
    described = [n for n in range(40) if table["described"][(table["neuron_id"] == n) & (table["rank"] == 0)][0]]
    assert 5 < len(described) < 40
    for neuron in range(40):
        assert (said[neuron] < 8) == (sure[neuron] >= LEAST_CORRELATION and neuron in described)


def test_shuffled_topics_describe_fewer_than_one_neuron_in_a_thousand(random):
    made = world(random, texts=120, tokens=False, topics=20)
    table = rows(made, random.random((3000, len(made.word))), size=1000)
    assert len(np.unique(table["neuron_id"][table["described"]])) < 3


def test_where_few_texts_hold_a_topic_only_the_correction_for_all_pairs_keeps_chance_silent(random):
    """Of 1,000 neurons of nothing but noise and 20 topics of 7 texts in 400, many pass the rule for one pair."""
    made = world(random, tokens=False, topics=20)
    made.topics[:] = False
    for topic in range(20):
        for split in (made.calibration, ~made.calibration):
            made.topics[random.choice(np.flatnonzero(split), 7, replace=False), topic] = True
    table = rows(made, random.random((1000, len(made.word))), size=1000)
    kept = table["side"] == 1
    learned = made.topics[made.calibration]
    sure = [one for one in table["auroc_calibration"][kept] if one - spread(one, *sizes(learned[:, 0])) >= 0.7]
    assert len(sure) > 10
    assert not table["described"].any()
    assert not table["described_validation"].any()


def spread(area, p, q):
    """Return the standard error of an AUROC as Hanley and McNeil print it (1982)."""
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    return math.sqrt((area * (1 - area) + (p - 1) * (q1 - area**2) + (q - 1) * (q2 - area**2)) / (p * q))


def sizes(column):
    return int(column.sum()), int((~column).sum())


def by_rule(area, p, q, pairs):
    """Say whether an AUROC is beyond chance among so many pairs, and whether it is sure of 0.7."""
    chance = math.sqrt((p + q + 1) / (12 * p * q))
    return bool(area - 0.5 > norm.isf(0.05 / pairs) * chance), bool(area - spread(area, p, q) >= 0.7)


def test_a_topic_is_described_where_it_is_both_beyond_chance_and_sure_and_each_alone_keeps_some_silent(random):
    """Worked out again for one common and one rare topic, of a run of 23,040 neurons, of which 64 are looked at."""
    made = world(random, tokens=False, topics=2)
    made.topics[:, 0] = random.random(400) < 0.4
    made.topics[:, 1] = np.arange(400) % 20 < 2
    effects = np.concatenate([np.linspace(0, 2, 32), np.linspace(0, 3, 32)])
    topic = np.repeat([0, 1], 32)
    pooled = random.standard_normal((64, 400)) + effects[:, None] * made.topics[:, topic].T
    codes = encoded(pooled, 65_535, np.uint16).astype(int)
    activations = noise(random, 64, made)
    texts, tokens = evidence(made, activations, pooled=pooled)
    texts = replace(texts, top=np.full((23_040, 10), -1))
    table = rows(made, activations, pooled=pooled, given=(texts, tokens))
    own = np.flatnonzero(table["side"] == 1)
    assert len(own) == 2 * 64
    seen = set()
    for row in own.tolist():
        holds, values = made.topics[:, table["descriptor_id"][row]], codes[table["neuron_id"][row]]
        for split, name in ((made.calibration, "described"), (~made.calibration, "described_validation")):
            p, q = sizes(holds[split])
            rule = by_rule(roc_auc_score(holds[split], values[split]), p, q, 2 * 23_040)
            assert table[name][row] == all(rule)
            seen.add((name, *rule))
    assert len(seen) == 2 * 4


@pytest.mark.parametrize("tokens", [True, False])
def test_text_figures_are_what_a_direct_computation_gives(random, tokens):
    """Over texts for the AUROC and the precision, over tokens for the correlation; tokens do not change them."""
    made = world(random, tokens=tokens, texts=200)
    planted = random.integers(0, 8, 30)
    activations = noise(random, 30, made, 1.0) + 0.7 * of_texts(made, planted)
    means = activations.reshape(30, -1, LENGTH).mean(axis=2)
    # Over texts the order of the kept codes counts, ties and all.
    codes = encoded(means, 65_535, np.uint16).astype(int)
    table = rows(made, activations)
    own = np.flatnonzero((table["descriptor_id"] < 8) & (table["side"] == 1))
    assert len(own) == 30 * 8
    top = np.argsort(-means, axis=1, kind="stable")[:, :10]
    for row in own[::7].tolist():
        neuron, topic = int(table["neuron_id"][row]), int(table["descriptor_id"][row])
        for split, side in (("calibration", made.calibration), ("validation", ~made.calibration)):
            holds = made.topics[side, topic]
            area = roc_auc_score(holds, codes[neuron, side])
            assert table[f"auroc_{split}"][row] == pytest.approx(area, abs=1e-6)
            places = side[made.text]
            again = np.repeat(np.flatnonzero(places), made.weight[places].astype(int))
            r = pearsonr(activations[neuron, again], made.topics[made.text[again], topic]).statistic
            assert table[f"correlation_{split}"][row] == pytest.approx(r, abs=5e-3)
        precision = average_precision_score(
            made.topics[~made.calibration, topic], codes[neuron, ~made.calibration]
        )
        assert table["average_precision"][row] == pytest.approx(precision, abs=1e-6)
        learned = [text for text in top[neuron].tolist() if made.calibration[text]]
        assert table["top_of"][row] == len(learned)
        assert table["top_with"][row] == made.topics[learned, topic].sum()
        assert table["lower"][row] < table["auroc_calibration"][row] < table["upper"][row] <= 1


def test_text_descriptors_keep_their_own_order_described_ones_first(random):
    made = world(random, topics=30)
    activations = noise(random, 40, made) + of_texts(made, random.integers(0, 30, 40))
    table = rows(made, activations)
    for neuron in range(40):
        own = table["neuron_id"] == neuron
        assert table["rank"][own].tolist() == list(range(own.sum()))
        positive = own & (table["descriptor_id"] < 30) & (table["side"] == 1)
        described = table["described"][positive][:BEST_TEXTS]
        assert sorted(described.tolist(), reverse=True) == described.tolist()
        for part in (described, ~described):
            assert (np.diff(table["lower"][positive][:BEST_TEXTS][part]) <= 0).all()


@pytest.mark.parametrize("tokens", [True, False])
def test_the_size_of_a_block_changes_nothing(random, tokens):
    made = world(random, texts=150, tokens=tokens)
    activations = noise(random, 50, made) + 0.3 * of_texts(made, random.integers(0, 8, 50))
    whole, parts = rows(made, activations, size=50), rows(made, activations, size=7)
    for name, column in whole.items():
        if column.dtype.kind == "f":
            np.testing.assert_allclose(column, parts[name], rtol=1e-4, atol=1e-5)
        else:
            np.testing.assert_array_equal(column, parts[name])


def test_what_only_validation_would_describe_comes_last_of_all_and_is_not_said(random):
    made = world(random, topics=30)
    made.topics[:, 29] = random.random(400) < 0.3
    late = made.topics[:, 29].astype(float)
    late[made.calibration] *= -1
    activations = noise(random, 1, made) + 2 * late[made.text]
    table = rows(made, activations)
    last = np.flatnonzero((table["descriptor_id"] == 29) & (table["side"] == 1))
    assert last.tolist() == [len(table["rank"]) - 1]
    assert table["described_validation"][-1]
    assert not table["described"][-1]
    assert (table["descriptor_id"] >= 30).any()


def test_a_run_may_have_no_text_descriptors_and_no_token_descriptors(random):
    made = world(random, texts=100, topics=0)
    activations = noise(random, 5, made) + 2 * made.at(made.word_id(3))
    table = rows(made, activations)
    assert firsts(table) == {neuron: [made.word_id(3), 1, True] for neuron in range(5)}
    neither = world(random, texts=100, topics=0, tokens=False)
    assert len(rows(neither, activations)["rank"]) == 0


def test_exemplars_on_validation_are_no_evidence(random):
    made = world(random, texts=100)
    texts, _ = evidence(made, noise(random, 3, made))
    assert set(np.unique(texts.top)) <= {-1, *np.flatnonzero(made.calibration).tolist()}
    assert (texts.top == -1).any()
