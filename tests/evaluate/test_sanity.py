"""The tests of measures find what was planted: r notices both ways of making worse, AUROC only one."""

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from synthetic import lists, write_run

from neurotui.errors import UserError
from neurotui.evaluate.sanity import MEASURES, sanity, worse
from neurotui.store.run import Run


def test_half_is_removed_and_as_many_are_added():
    holds = np.arange(100) < 21
    removed, added = worse(holds, 4, np.random.default_rng(0))
    assert removed.sum(axis=0).tolist() == [11] * 4
    assert added.sum(axis=0).tolist() == [42] * 4
    assert not (removed & ~holds[:, None]).any()
    assert (added & holds[:, None]).sum() == 21 * 4
    assert len(np.unique(removed, axis=1).T) == len(np.unique(added, axis=1).T) == 4


def test_where_too_few_are_left_all_of_them_are_added():
    removed, added = worse(np.array([True, True, False]), 1, np.random.default_rng(0))
    assert (removed.sum(), added.sum()) == (1, 3)
    assert worse(np.array([True, False, False]), 1, np.random.default_rng(0))[0].sum() == 0


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Return a run of 96 neurons, each of which rises where its token descriptor holds, or falls (side -1)."""
    path = write_run(tmp_path_factory.mktemp("sanity") / "run.duckdb", texts=200)
    random = np.random.default_rng(1)
    holds = random.random((8, 200)) < 0.15
    side = np.where(np.arange(96) % 4 == 0, -1, 1)
    strength = side[:, None] * holds[np.arange(96) % 4 + 4] * 60
    codes = (random.integers(80, 170, (96, 200)) + strength).astype(np.uint8)
    place = np.argwhere(holds.T[:, 4:])
    with duckdb.connect(str(path)) as connection:
        made = pa.table({"neuron_id": np.arange(96, dtype=np.int32), "codes": lists(codes)})
        connection.register("made", made)
        connection.execute(
            "UPDATE token_activations SET codes = made.codes FROM made WHERE made.neuron_id = token_activations.neuron_id"
        )
        connection.execute("UPDATE descriptors SET scope = 'token', kind = 'word' WHERE descriptor_id >= 4")
        held = pa.table(
            {"place": place[:, 0].astype(np.int32), "descriptor_id": (place[:, 1] + 4).astype(np.int32)}
        )
        connection.register("held", held)
        connection.execute("INSERT INTO token_descriptors SELECT place, descriptor_id FROM held ORDER BY ALL")
        connection.execute(
            "UPDATE matches SET described = rank = 0, descriptor_id = CASE WHEN rank = 0 THEN neuron_id % 4 + 4 ELSE descriptor_id END, "
            "side = CASE WHEN rank = 0 AND neuron_id % 4 = 0 THEN -1 ELSE 1 END"
        )
    return path


def test_correlation_passes_both_tests_and_auroc_one(planted):
    with Run(planted) as run:
        tested = sanity(run, pairs=60)
    share = {(one.measure, one.test): one.falls for one in tested.outcomes}
    assert tested.pairs == {"token": 60, "text": 0}
    assert {measure for measure, _ in share} == set(MEASURES)
    assert all(figure.of == 180 for figure in share.values())
    assert tested.passed("correlation")
    assert share["AUROC", "added"].value >= 0.9 > share["AUROC", "removed"].value
    assert not tested.passed("AUROC")


def test_the_same_run_gives_the_same_shares(planted):
    with Run(planted) as run:
        assert sanity(run, pairs=20) == sanity(run, pairs=20)


def test_text_descriptors_are_made_worse_text_by_text(tmp_path):
    with Run(write_run(tmp_path / "run.duckdb", texts=120)) as run:
        tested = sanity(run, pairs=30, draws=2)
        first = run.matches()
        described = int((first.described & (first.rank == 0)).sum())
    assert tested.pairs == {"token": 0, "text": min(30, described)}
    share = {(one.measure, one.test): one.falls.value for one in tested.outcomes}
    # The planted neurons' pooled activations rise with their texts; those at tokens are noise.
    assert share["AUROC", "added"] == 1
    assert share["average precision", "removed"] >= 0.9


def test_a_run_that_says_nothing_is_refused(tmp_path):
    with Run(write_run(tmp_path / "run.duckdb", names=())) as run, pytest.raises(UserError):
        sanity(run)
