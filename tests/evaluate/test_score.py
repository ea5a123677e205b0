"""The same scores for every description: by its words alone, on held-out places, and never on what was seen."""

import hashlib

import duckdb
import numpy as np
import pytest
from labelling.planted import WORD, write_planted
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from neurotui.evaluate.description_scorer import DescriptionScorer
from neurotui.evaluate.description_sets import DescriptionSet, Said
from neurotui.evaluate.score import chosen_neurons, sanity_of, score
from neurotui.evaluate.score_measures import at_tokens, over_texts
from neurotui.labelling.topic_fit import Scorer
from neurotui.store.held_out import HeldOut
from neurotui.store.run import Run
from neurotui.types import Neuron, no_progress

FIRES, DEAD, FALLS = Neuron(0, 0), Neuron(0, 1), Neuron(0, 3)
IDS = {Neuron(0, unit): unit for unit in range(6)}


class Words:
    """An encoder to which texts are near that share words: each word has a direction of its own."""

    def encode(self, texts, progress):
        del progress
        rows = [np.sum([_direction(word) for word in text.lower().split()], axis=0) for text in texts]
        return np.array([row / np.linalg.norm(row) for row in rows], np.float32)


def _direction(word):
    seed = int.from_bytes(hashlib.sha256(word.strip('"').encode()).digest()[:8], "little")
    return np.random.default_rng(seed).normal(size=64)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_planted(tmp_path_factory.mktemp("score") / "run.duckdb")


def scored(path, says, neurons=IDS):
    with Run(path) as run:
        held = HeldOut(run)
        return score(held, DescriptionScorer(held, Words), [DescriptionSet("them", says)], neurons)


SAYS = {FIRES: Said(WORD), DEAD: Said("comet"), FALLS: Said(WORD, -1), Neuron(0, 4): Said("guitar")}


def test_what_is_true_of_a_neuron_scores_high_and_on_other_neurons_it_does_not(path):
    found = scored(path, SAYS)
    one = found.sets[0]
    by_neuron = {each.neuron: each for each in one.neurons}
    assert (found.neurons, one.described) == (6, 4)
    assert min(by_neuron[FIRES].text) > 0.7
    assert [by_neuron[one].token[0] for one in (FIRES, FALLS)] == pytest.approx([1, 1])
    assert min(by_neuron[one].token[1] for one in (FIRES, FALLS)) > 0.7
    assert np.isnan(by_neuron[DEAD].text).all()
    figures = {(each.scope, each.measure): each for each in one.figures}
    assert figures["token", "AUROC"].own.value > figures["token", "AUROC"].shuffled.value + 0.2


def changed(path, copy, table, of, neurons="true"):
    """Return a copy of a run of which the activations of some places are others, by the SQL that tells them."""
    copy.write_bytes(path.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        numbered = {
            "pooled": "SELECT row_number() OVER (ORDER BY text_id) AS number, text_id, split FROM texts WHERE pooled",
            "token_activations": "SELECT place + 1 AS number, text_id, split FROM token_sample",
        }[table]
        rows = connection.execute(f"SELECT neuron_id, codes FROM {table} WHERE {neurons}").fetchall()
        for neuron, codes in rows:
            found = connection.execute(f"SELECT number FROM ({numbered}) WHERE {of}", {"neuron": neuron})
            places = np.array([number - 1 for (number,) in found.fetchall()], np.int64)
            values = np.array(codes)
            values[places] = values.max() - values[places][::-1]
            connection.execute(f"UPDATE {table} SET codes = ? WHERE neuron_id = ?", [values.tolist(), neuron])
    return copy


CALIBRATION = "split = 'calibration' AND $neuron >= 0"
SHOWN = "text_id IN (SELECT text_id FROM exemplars WHERE neuron_id = $neuron)"


@pytest.mark.parametrize("table", ["pooled", "token_activations"])
def test_no_score_changes_with_the_activations_on_calibration(path, tmp_path, table):
    before = scored(path, SAYS)
    other = changed(path, tmp_path / "other.duckdb", table, CALIBRATION)
    assert other.read_bytes() != path.read_bytes()
    assert repr(scored(other, SAYS)) == repr(before)


def test_no_score_at_tokens_changes_with_the_activations_at_exemplars(path, tmp_path):
    other = changed(path, tmp_path / "other.duckdb", "token_activations", SHOWN)
    assert repr(scored(other, SAYS)) == repr(scored(path, SAYS))


@pytest.mark.parametrize("table", ["pooled", "token_activations"])
def test_scores_change_with_the_activations_that_are_held_out(path, tmp_path, table):
    other = changed(path, tmp_path / "other.duckdb", table, "split = 'validation' AND $neuron >= 0")
    assert repr(scored(other, SAYS)) != repr(scored(path, SAYS))


@pytest.mark.parametrize(("neuron", "side"), [(FIRES, 1), (FIRES, -1), (FALLS, -1)])
def test_the_auroc_is_the_fit_that_the_app_shows(path, neuron, side):
    for label in (WORD, "guitar", "a new loan", "a number", "-ery", "the second token of a text"):
        with Run(path) as run:
            fit = Scorer(run, Words).score(neuron, [label], no_progress, [side]).fits[0]
        (own,) = scored(path, {neuron: Said(label, side)}, {neuron: IDS[neuron]}).sets[0].neurons
        assert own.text[0] == pytest.approx(fit.topic.auroc, nan_ok=True)
        assert own.token[0] == pytest.approx(fit.word.auroc, nan_ok=True)
        assert own.token[1] == pytest.approx(fit.correlation, nan_ok=True, abs=1e-6)


def test_a_score_does_not_depend_on_what_is_scored_along_with_it(path):
    alone = scored(path, {FIRES: Said(WORD)}, {FIRES: 0}).sets[0].neurons[0]
    together = {one.neuron: one for one in scored(path, SAYS).sets[0].neurons}[FIRES]
    assert repr(together) == repr(alone)


def test_at_tokens_the_measures_are_those_of_others():
    random = np.random.default_rng(0)
    codes = random.integers(0, 256, 500).astype(np.uint8)
    holds = random.random((500, 3)) < np.array([0.1, 0.3, 0.02]) + (codes[:, None] > 200) * 0.2
    active = codes >= np.sort(codes)[-25]
    found = at_tokens(codes, holds, np.ones(500), np.array([1, 1, 1], np.int8))
    below = at_tokens((255 - codes).astype(np.uint8), holds, np.ones(500), np.array([-1, -1, -1], np.int8))
    for place, held in enumerate(holds.T):
        assert found.auroc[place] == pytest.approx(roc_auc_score(held, codes))
        assert found.average_precision[place] == pytest.approx(average_precision_score(held, codes))
        assert found.correlation[place] == pytest.approx(np.corrcoef(held, codes)[0, 1], abs=1e-5)
        assert found.f1[place] == pytest.approx(f1_score(active, held))
    for one, other in zip(found, below, strict=True):
        assert one == pytest.approx(other, abs=1e-5)


def test_over_texts_the_measures_are_those_of_others_and_what_is_shown_does_not_count():
    random = np.random.default_rng(1)
    values = random.normal(size=80).astype(np.float32)
    values[:5] = np.nan
    likeness = (np.nan_to_num(values) + random.normal(size=(2, 80))).astype(np.float32)
    order = np.argsort(-np.nan_to_num(values, nan=-9), kind="stable")
    active, quiet = order[:8], order[40:70]
    found = over_texts(values, likeness, active, quiet)
    judged = np.concatenate([active, quiet])
    is_active = np.isin(judged, active)
    for place, row in enumerate(likeness):
        taken = row[judged] >= np.sort(row[judged])[-8]
        assert found.auroc[place] == pytest.approx(roc_auc_score(is_active, row[judged]))
        assert found.average_precision[place] == pytest.approx(average_precision_score(is_active, row[judged]))
        assert found.f1[place] == pytest.approx(f1_score(is_active, taken))
        assert found.correlation[place] == pytest.approx(np.corrcoef(values[5:], row[5:])[0, 1], abs=1e-5)


def test_the_measures_fall_for_a_description_that_is_made_worse(path):
    with Run(path) as run:
        held = HeldOut(run)
        says = {FIRES: Said(WORD), FALLS: Said(WORD, -1)}
        tested = sanity_of(held, DescriptionScorer(held, Words), [DescriptionSet("them", says)], IDS)
    share = {(one.scope, one.measure, one.test): one.falls.value for one in tested.outcomes}
    assert tested.pairs == {"text": 1, "token": 2}
    assert len(share) == 16
    for test in ("removed", "added"):
        assert share["token", "correlation", test] == share["text", "correlation", test] == 1


def test_the_same_neurons_are_drawn_every_time_and_only_those_that_are_told_of():
    says = {Neuron(0, unit): Said("x") for unit in range(5)}
    sets = [DescriptionSet("them", says)]
    drawn = chosen_neurons(sets, IDS, None, 3)
    assert len(drawn) == 3
    assert drawn == sorted(drawn) == chosen_neurons(sets, IDS, None, 3)
    assert chosen_neurons(sets, IDS, None, 50) == sorted(says)
    assert chosen_neurons(sets, IDS, {FIRES, Neuron(0, 5)}, None) == [FIRES]
