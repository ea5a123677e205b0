"""Correlations are numpy's own, in blocks of any size, and neighbours come in their order."""

import numpy as np
import pytest
from synthetic import write_run

from neurotui.describe import similar
from neurotui.describe.similar import correlation, correlations, nearest
from neurotui.store.run import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with Run(write_run(tmp_path_factory.mktemp("run") / "run.duckdb", texts=200)) as opened:
        yield opened


def test_r_is_that_of_numpy():
    random = np.random.default_rng(3)
    codes = random.integers(0, 65536, (40, 300)).astype(np.uint16)
    codes[5] = 65535 - codes[4]
    codes[6, :-1] = 7  # one text alone stands out
    wanted = np.corrcoef(codes.astype(np.float64))
    for neuron in (0, 4, 6):
        np.testing.assert_allclose(correlation(codes, codes[neuron]), wanted[neuron], atol=1e-6)


def test_a_neuron_that_never_changes_is_like_none():
    codes = np.array([[0, 0, 0], [1, 2, 3], [3, 2, 1]], np.uint16)
    np.testing.assert_array_equal(np.isnan(correlation(codes, codes[1])), [True, False, False])
    assert np.isnan(correlation(codes, codes[0])).all()


@pytest.mark.parametrize("rows", [1, 7, 512])
def test_a_run_is_read_in_blocks_and_gives_what_its_activations_give(run, monkeypatch, rows):
    monkeypatch.setattr(similar, "_ROWS", rows)
    blocks = dict(correlations(run, 11))
    assert list(blocks) == list(range(0, 96, rows))
    pooled = np.stack([run.pooled(number) for number in range(96)])
    np.testing.assert_allclose(np.concatenate(list(blocks.values())), np.corrcoef(pooled)[11], atol=1e-5)


def test_the_nearest_are_the_highest_and_the_lowest_and_never_the_neuron_itself():
    r = np.array([0.2, 1.0, np.nan, -0.3, 0.9, 0.2, -0.8, 0.0], np.float32)
    found = nearest(r, 1, 3)
    assert found.alike.tolist() == [4, 0, 5]
    assert found.opposed.tolist() == [6, 3]
    assert nearest(r, 1, 1).opposed.tolist() == [6]
