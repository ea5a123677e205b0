"""Planted neurons are found, noise stays undescribed, and the splits are judged apart."""

import numpy as np

from neurotui.describe.match import BEST, Evidence, match


def evidence(random, neurons, texts=600, descriptors=20):
    holds = random.random((texts, descriptors)) < 0.15
    top = random.integers(-1, texts, (neurons, 8))
    return Evidence(holds, np.arange(texts) % 2 == 0, top)


def rows(codes, given, size):
    blocks = [(first, codes[first : first + size]) for first in range(0, len(codes), size)]
    found = list(match(blocks, given))
    return {name: np.concatenate([columns[name] for columns in found]) for name in found[0]}


def test_planted_neurons_are_described_and_noise_is_not():
    random = np.random.default_rng(1)
    given = evidence(random, 300)
    planted = random.integers(0, 20, 300)
    codes = random.random((300, 600))
    codes[:100] += given.holds[:, planted[:100]].T
    table = rows((codes * 30000).astype(np.uint16), given, 64)
    best = table["rank"] == 0
    np.testing.assert_array_equal(table["neuron_id"][best], np.arange(300))
    np.testing.assert_array_equal(table["descriptor_id"][best][:100], planted[:100])
    assert table["described"][best][:100].all()
    assert not table["described"][table["neuron_id"] >= 100].any()


def test_shuffled_descriptors_describe_fewer_than_one_neuron_in_a_thousand():
    random = np.random.default_rng(2)
    given = evidence(random, 4000)
    codes = (random.random((4000, 600)) * 65535).astype(np.uint16)
    table = rows(codes, given, 1000)
    assert len(np.unique(table["neuron_id"][table["described"]])) < 4


def test_ranks_run_from_the_best_bound_down_without_gaps():
    random = np.random.default_rng(3)
    given = evidence(random, 40)
    table = rows((random.random((40, 600)) * 65535).astype(np.uint16), given, 16)
    for neuron in range(40):
        own = table["neuron_id"] == neuron
        np.testing.assert_array_equal(table["rank"][own], np.arange(own.sum()))
        assert (np.diff(table["lower"][own][:BEST]) <= 0).all()


def test_the_size_of_a_block_changes_nothing():
    random = np.random.default_rng(4)
    given = evidence(random, 50)
    codes = (random.random((50, 600)) * 300).astype(np.uint16)
    whole, parts = rows(codes, given, 50), rows(codes, given, 7)
    for name, column in whole.items():
        np.testing.assert_array_equal(column, parts[name])


def test_what_only_validation_would_describe_comes_last_and_is_not_said():
    random = np.random.default_rng(5)
    given = evidence(random, 1, descriptors=30)
    codes = random.random((1, 600))
    late = ~given.calibration & given.holds[:, 29]
    codes[0, late] += 1
    codes[0, given.calibration & given.holds[:, 29]] -= 1
    table = rows((codes * 20000 + 20000).astype(np.uint16), given, 1)
    assert table["descriptor_id"][-1] == 29
    assert table["described_validation"][-1]
    assert not table["described"].any()


def test_top_exemplars_that_hold_the_descriptor_are_counted_on_calibration_alone():
    holds = np.zeros((40, 1), np.bool_)
    holds[:10] = True
    given = Evidence(holds, np.arange(40) % 2 == 0, np.array([[0, 2, 12, -1]]))
    table = rows(np.arange(40, dtype=np.uint16)[None, ::-1].copy(), given, 1)
    assert table["top_with"].tolist() == [2]
    assert table["top_of"].tolist() == [3]
