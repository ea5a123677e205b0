"""A run whose neurons were planted is judged as planted; one whose labels were shuffled stays silent."""

import shutil

import duckdb
import numpy as np
import pytest
from synthetic import NAMES, write_run

from neurotui.describe.auroc import auroc
from neurotui.describe.pipeline import describe
from neurotui.describe.ranks import ranks
from neurotui.errors import UserError
from neurotui.evaluate.by_gold import LEAST_AUROC_GOLD, judge_by_gold
from neurotui.store.run import Run


def quiet(stage, done, total):
    assert 0 <= done <= total, stage


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a run in which each neuron was planted with one gold label, described by gold."""
    path = write_run(tmp_path_factory.mktemp("gold") / "run.duckdb", units=64, texts=600)
    describe(path, "gold", progress=quiet)
    return path


def test_gold_labels_are_descriptors_as_they_are(run):
    with Run(run) as opened:
        topics = [descriptor for descriptor in opened.descriptors() if descriptor.scope == "text"]
        assert {descriptor.name for descriptor in topics} == set(NAMES)
        for descriptor in topics:
            bearers = [i for i, gold in enumerate(opened.texts().gold) if descriptor.name in gold]
            assert opened.holders(descriptor.descriptor_id).tolist() == bearers


def test_planted_labels_are_found_and_all_of_them(run):
    with Run(run) as opened:
        judged = judge_by_gold(opened, 2)
    everything = judged.rows[0]
    assert [row.layer for row in judged.rows] == ["all", "0", "1"]
    assert everything.described == 128
    assert everything.figures["precision@2"].value == everything.figures["recall@2"].value == 1
    assert everything.figures["consistency"].value == everything.figures["consistency_neurons"].value == 1
    assert judged.purity.value == 1


def test_precision_and_recall_are_what_counting_gives(run, tmp_path):
    """Count by hand on a run whose descriptions were thinned out."""
    path = shutil.copy(run, tmp_path / "run.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE matches SET described = (neuron_id % 3 = 0 AND described)")
    with Run(path) as opened:
        texts, matches = opened.texts(), opened.text_matches()
        names = [descriptor.name for descriptor in opened.descriptors()]
        right = said = wanted = found = 0
        for neuron in range(128):
            pooled = opened.pooled(neuron)
            gold = set()
            for name in NAMES:
                bears = np.array([name in labels for labels in texts.gold])[~texts.calibration]
                if auroc(ranks(pooled[None, ~texts.calibration]), bears[:, None])[0, 0] >= LEAST_AUROC_GOLD:
                    gold.add(name)
            own = (matches.neuron_id == neuron) & matches.described & (matches.rank < 2)
            top = [names[number] for number in matches.descriptor_id[own]]
            said += len(top)
            right += len(gold & set(top))
            wanted += len(gold)
            found += len(gold & set(top))
        figures = judge_by_gold(opened, 2).rows[0].figures
    assert said
    assert figures["precision@2"].value == pytest.approx(right / said)
    assert figures["recall@2"].value == pytest.approx(found / wanted)
    assert figures["precision@2"].lower <= figures["precision@2"].value <= figures["precision@2"].upper


def test_with_shuffled_labels_nothing_is_described(run, tmp_path):
    path = shutil.copy(run, tmp_path / "run.duckdb")
    order = np.random.default_rng(0).permutation(600).tolist()
    with duckdb.connect(str(path)) as connection:
        gold = [row[0] for row in connection.execute("SELECT gold FROM texts ORDER BY text_id").fetchall()]
        shuffled = [(gold[source], text) for text, source in enumerate(order)]
        connection.executemany("UPDATE texts SET gold = ? WHERE text_id = ?", shuffled)
    describe(path, "gold", progress=quiet)
    with Run(path) as opened:
        assert not opened.text_matches().described.any()
        assert judge_by_gold(opened, 2).rows[0].figures["precision@2"].value is None


def test_a_blind_run_is_judged_by_what_holds_and_what_it_covers(run, tmp_path):
    """Descriptors that are gold labels under other names are pure, hold, and cover all that is carried."""
    path = shutil.copy(run, tmp_path / "run.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE descriptors SET name = 'about ' || name")
        connection.execute("UPDATE meta SET value = 'keywords' WHERE key = 'backend'")
    with Run(path) as opened:
        figures = judge_by_gold(opened, 2).rows[0].figures
    assert "recall@2" not in figures
    assert figures["precision@2"].value == 1
    assert (figures["coverage"].value, figures["coverage"].of) == (1, 8)


def test_a_run_without_gold_or_descriptors_is_refused_with_the_way_out(tmp_path):
    bare = write_run(tmp_path / "bare.duckdb", units=4, texts=40, names=())
    with Run(bare) as opened, pytest.raises(UserError, match="no gold labels"):
        judge_by_gold(opened, 2)
    with pytest.raises(UserError, match="no gold labels"):
        describe(bare, "gold", progress=quiet)


def test_more_descriptors_than_can_be_compared_with_each_other_are_refused(tmp_path):
    path = write_run(tmp_path / "run.duckdb", units=4, texts=40)
    with duckdb.connect(str(path)) as database:
        database.execute(
            "INSERT INTO descriptors SELECT 8 + i, 'text', 'topic', 'n', 'k', 4, 4 FROM range(10000) t(i)"
        )
    with (
        Run(path) as opened,
        pytest.raises(UserError, match="the run has 10,008 text descriptors; at most 10,000 can"),
    ):
        judge_by_gold(opened, 2)
