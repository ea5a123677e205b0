"""The causal score: nothing does nothing, a neuron that writes its label goes there, and random ones do not."""

import json
import re
import shutil
import sys

import duckdb
import numpy as np
import pytest
from precompute.corpora import mixed, refused
from precompute.runs import tiny_run
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

import neurotui
from neurotui.cli import main
from neurotui.evaluate.causal import CausalJudge, _below
from neurotui.evaluate.causal_settings import CausalSettings
from neurotui.evaluate.labelled_neurons import Labelled
from neurotui.exchange.causal_labels import labels_to_test
from neurotui.labelling.token_fit import TokenScorer
from neurotui.models.run_model import RunModel
from neurotui.models.weights import weights_hash
from neurotui.store.labels import Labels
from neurotui.store.run import Run
from neurotui.types import Neuron

SETTINGS = CausalSettings(doses=(0.0, 2.0), others=24, texts=6)
WORDS = ["goal", "harbour", "striker", "bread", "slowly", "the", "and", "comma ,"]


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    return tiny_run("llama", tmp_path_factory.mktemp("llama"), AutoModelForCausalLM, mixed(), 60)


def judged(path, labels, side=1, settings=SETTINGS):
    with Run(path) as run:
        chosen = [
            Labelled(run.number_of(Neuron(1, unit)), Neuron(1, unit), label, side)
            for unit, label in enumerate(labels)
        ]
        judge = CausalJudge(run, chosen, settings)
        return judge.judge(), judge.cost()


def test_dose_nothing_changes_exactly_nothing_and_a_dose_changes_something(llama):
    found, cost = judged(llama, WORDS)
    assert found.causal
    assert found.neurons + found.without_places + found.without_label == len(WORDS)
    assert found.neurons >= 4
    nothing, pushed = found.doses
    assert (nothing.change.value, nothing.change.upper) == (0, 0)
    assert (nothing.stronger.value, nothing.toward.value, nothing.among_labels.value) == (0.5, 0.5, 0.5)
    assert nothing.gain.value == 0
    assert pushed.change.value > 0
    assert pushed.gain.value == pytest.approx(pushed.toward.value - pushed.shuffled.value)
    assert cost.forwards > 0
    for one in found.each:
        assert one.texts <= SETTINGS.texts


def test_a_neuron_that_writes_its_word_goes_toward_it_and_its_negative_away(llama, tmp_path_factory):
    """One neuron's output weights are turned to the unembedding of a word: its label beats all others."""
    with Run(llama) as run:
        sample, scorer = run.token_sample(), TokenScorer(run)
        place = int(scorer.read("comma ,").places[0])
        (text,) = run.divided_texts([int(sample.text_id[place])])
        token = text.tokens[int(sample.position[place])]
    folder = tmp_path_factory.mktemp("turned")
    model = llama.parent / "model"
    weights = load_file(model / "model.safetensors")
    name = next(one for one in weights if one.endswith("layers.1.mlp.down_proj.weight"))
    reads = weights.get("lm_head.weight", weights["model.embed_tokens.weight"])[token]
    changed = {one: value.clone() for one, value in weights.items()}
    changed[name][:, 0] = 3 * reads
    shutil.copytree(model, folder / "model")
    save_file(changed, folder / "model" / "model.safetensors", metadata={"format": "pt"})
    shutil.copy(llama, folder / "run.duckdb")
    with duckdb.connect(str(folder / "run.duckdb")) as connection:
        for key, value in (("model", str(folder / "model")), ("weights", weights_hash(folder / "model"))):
            connection.execute("UPDATE meta SET value = ? WHERE key = ?", [value, key])
    labels = ["comma ,", *WORDS[:-1]]
    (up, *_) = judged(folder / "run.duckdb", labels)[0].each
    assert up.neuron == "L1.0"
    assert up.doses[1].toward.value > 0.9
    assert up.doses[1].among_labels.value > 0.8
    assert up.doses[1].gain.value > 0.2
    (down, *_) = judged(folder / "run.duckdb", labels, side=-1)[0].each
    assert down.doses[1].among_labels.value < 0.2


@pytest.fixture
def no_snowman(monkeypatch):
    """Have models know no token of a snowman: a tiny tokenizer has one for whatever it does not know."""
    tokens = RunModel.tokens
    monkeypatch.setattr(
        RunModel, "tokens", lambda self, text: None if "\N{SNOWMAN}" in text else tokens(self, text)
    )


@pytest.mark.usefixtures("no_snowman")
def test_labels_of_which_no_two_differ_have_nothing_to_stand_beside(llama):
    for labels in (["goal"] * len(WORDS), ["\N{SNOWMAN}"] * len(WORDS)):
        assert "fewer than two different labels" in refused(judged, llama, labels)


@pytest.mark.usefixtures("no_snowman")
def test_what_it_takes_is_of_the_neurons_that_are_pushed_alone(llama):
    _, whole = judged(llama, WORDS)
    found, cost = judged(llama, ["\N{SNOWMAN}", *WORDS[1:]])
    assert found.without_label == 1
    assert 0 < cost.forwards < whole.forwards
    assert cost.seconds > 0


def test_no_more_random_neurons_are_told_of_than_the_layer_has(llama):
    found, _ = judged(llama, WORDS[:3], settings=SETTINGS._replace(others=10_000, texts=5))
    with Run(llama) as run:
        assert found.others == np.count_nonzero(run.overview().layer == 1) - 1


def test_a_label_of_a_file_is_tested_on_the_side_that_the_file_says(llama, tmp_path, monkeypatch):
    names, journal = tmp_path / "theirs.csv", tmp_path / "theirs.jsonl"
    names.write_text("neuron,state,label,side\nL1.0,accepted,goal,-1\nL1.1,accepted,bread,1\nL1.2,accepted,the,\n")
    command = ["neurotui", "import", str(llama), str(names), "--as-decisions", "--labels", str(journal)]
    monkeypatch.setattr(sys, "argv", command)
    assert main() == 0
    with Run(llama) as run:
        for file in (names, journal):
            chosen = labels_to_test(run, Labels(run.weights, []), "", 40, str(file)).labelled
            assert [(one.label, one.side) for one in chosen] == [("goal", -1), ("bread", 1), ("the", 1)]


def test_a_filter_that_leaves_no_neuron_to_test_is_named_as_the_reason(llama, tmp_path):
    names = tmp_path / "theirs.csv"
    names.write_text("neuron,label\nL1.0,goal\n")
    with Run(llama) as run:
        for describer in ("", str(names)):
            said = refused(labels_to_test, run, Labels("", []), "best:zzz", 5, describer)
            assert (
                said
                == "no neuron that 'best:zzz' matches is labelled or described | leave out --filter, or widen it"
            )
        assert "neurotui describe" in refused(labels_to_test, run, Labels("", []), "", 5)


def test_a_share_counts_ties_half():
    assert _below(np.array(2.0), np.array([1.0, 2.0, 3.0, 0.0])) == (2 + 0.5) / 4


def test_the_command_says_what_it_takes_and_what_it_found(llama, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    names = tmp_path / "theirs.csv"
    names.write_text("neuron,label\n" + "".join(f"L1.{unit},{word}\n" for unit, word in enumerate(WORDS[:6])))
    asked = [
        "neurotui",
        "causal",
        str(llama),
        "--describer",
        str(names),
        "--others",
        "8",
        "--texts",
        "5",
        "--doses",
        "2",
    ]

    def answer(*more):
        monkeypatch.setattr(sys, "argv", [*asked, *more])
        assert main() == 0
        return capsys.readouterr()

    assert json.loads(answer("--dry-run", "--json").out)["neurons"] == 6
    assert re.search(r"^neurons +6\nforwards +[1-9]", answer("--dry-run").out, re.MULTILINE)
    record = json.loads(answer("--json").out)
    assert record["doses"][0]["dose"] == 2
    assert record["neurons"] == len(record["each"])
    said = answer()
    assert "forward passes" in said.err
    assert max(map(len, said.out.splitlines())) <= 80
    assert "shuffled ones" in said.out
    monkeypatch.setattr(sys, "argv", [*asked[:-1], "two"])
    assert main() == 1
    assert "'two' is no list of doses" in capsys.readouterr().err


def test_a_neuron_alone_in_its_layer_is_refused_in_words(llama, tmp_path):
    lonely = shutil.copy(llama, tmp_path / "lonely.duckdb")
    with duckdb.connect(str(lonely)) as database:
        database.execute("CREATE TEMP TABLE gone AS SELECT neuron_id FROM neurons WHERE layer = 1 AND unit > 0")
        named = "SELECT table_name FROM duckdb_columns() WHERE column_name = 'neuron_id' AND NOT internal"
        holding = "AND table_name IN (SELECT table_name FROM duckdb_tables() WHERE NOT temporary)"
        for (table,) in database.execute(f"{named} {holding}").fetchall():
            database.execute(f"DELETE FROM {table} WHERE neuron_id IN (SELECT neuron_id FROM gone)")
    with Run(lonely) as run:
        one = Labelled(run.number_of(Neuron(1, 0)), Neuron(1, 0), "goal")
        said = refused(CausalJudge, run, [one], SETTINGS)
    what, _, hint = said.partition(" | ")
    assert what == "L1.0 is the only neuron of its layer in this run: none can be pushed beside it"
    assert hint == "leave that layer out: --filter '!layer:1'"


def test_a_describer_is_named_as_elsewhere_and_python_does_the_same(llama, tmp_path):
    names = tmp_path / "theirs.csv"
    names.write_text("neuron,label\n" + "".join(f"L1.{unit},{word}\n" for unit, word in enumerate(WORDS[:6])))
    with neurotui.open_run(llama, labels=tmp_path / "j.jsonl", annotator="ada") as opened:
        for unit, word in enumerate(WORDS[:6]):
            opened.accept(f"L1.{unit}", word)
    few = {"doses": (2.0,), "others": 4, "texts": 5}
    by_file = neurotui.causal(llama, names, **few)
    by_name = neurotui.causal(llama, "Ada", tmp_path / "j.jsonl", **few)
    assert [(one.neuron, one.label) for one in by_name.each] == [(one.neuron, one.label) for one in by_file.each]
    said = refused(neurotui.causal, llama, "nobody")
    assert said.startswith("'nobody' is no describer of the run, and no file")


def test_python_refuses_what_the_command_refuses_and_takes_each_dose_once(llama, tmp_path):
    with neurotui.open_run(llama, labels=tmp_path / "j.jsonl", annotator="ada") as opened:
        opened.accept("L1.0", WORDS[0])
    for wrong, what in (
        ({"doses": (-2.0,)}, "'-2' is no dose"),
        ({"doses": (0.0, float("nan"))}, "'nan' is no dose"),
        ({"doses": (float("inf"),)}, "'inf' is no dose"),
        ({"doses": ()}, "no dose is named"),
        ({"texts": 3}, "texts is '3'"),
        ({"others": 0}, "others is '0'"),
        ({"after": -1}, "after is '-1'"),
        ({"sample": 0}, "sample is '0'"),
    ):
        said = refused(neurotui.causal, llama, "ada", tmp_path / "j.jsonl", **wrong)
        assert said.startswith(what), said
    twice = judged(llama, WORDS, settings=SETTINGS._replace(doses=(2.0, 0.0, 2.0)))[0]
    assert [one.dose for one in twice.doses] == [0.0, 2.0]
