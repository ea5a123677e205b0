"""The command `score`: what it says of each set, what it asks before, and what it refuses."""

import json
import shutil

import pytest
from judges import knowing
from lying_server import lying_server, says
from synthetic import add_describer, add_token_scope, write_run

import neurotui
from neurotui.backends.protocol import Estimate
from neurotui.backends.settings import BackendSettings
from neurotui.cli.entry import main
from neurotui.exchange.run_scores import ScoreSettings, Scoring
from neurotui.store.labels import Labels
from neurotui.store.run import Run


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    written = add_token_scope(write_run(tmp_path_factory.mktemp("command") / "run.duckdb", texts=120, sample=800))
    with neurotui.open_run(written, annotator="ada") as run:
        run.accept("L0.1", "the word goal")
        run.accept("L1.2", "guitar music")
    return written


@pytest.fixture(scope="module")
def theirs(path):
    """Return a file of somebody's explanations, one of them of a neuron that the run does not describe."""
    with neurotui.open_run(path) as run:
        weights = run.meta["weights"]
    lines = [
        {"neuron": name, "layer": 0, "unit": unit, "state": "candidate", "origin": "them", "label": label}
        | {"weights": weights}
        for unit, (name, label) in enumerate([("L0.0", "rain"), ("L0.1", "bread, dough"), ("L0.2", "a comma")])
    ]
    file = path.with_name("theirs.jsonl")
    file.write_text("\n".join(map(json.dumps, lines)))
    return file


def asked(capsys, *command):
    status = main(["score", *map(str, command)])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_every_set_is_scored_by_its_words_alone_whoever_wrote_them(capsys, path, theirs):
    status, out, _ = asked(capsys, path, "--describer", theirs, "--json")
    found = json.loads(out)
    sets = {one["name"]: one for one in found["sets"]}
    assert status == 0
    assert set(sets) == {"the run", "ada", "them"}
    assert (sets["ada"]["described"], sets["them"]["described"]) == (2, 3)
    assert (sets["them"]["neurons"][0]["neuron"], sets["them"]["neurons"][0]["label"]) == ("L0.0", "rain")
    assert found["texts"] == 60
    assert (found["judge"], found["judged"], found["others"], found["sanity"]) == (None, [], [], None)
    copied = path.with_name("copied.jsonl")
    copied.write_text(theirs.read_text().replace('"them"', '"others"'))
    _, out, _ = asked(capsys, path, "--describer", theirs, "--describer", copied, "--json")
    again = {one["name"]: one for one in json.loads(out)["sets"]}
    assert again["others"]["neurons"] == again["them"]["neurons"] == sets["them"]["neurons"]


def test_a_describer_beside_the_runs_own_is_a_set_of_its_own(capsys, path, tmp_path):
    beside = add_describer(shutil.copy(path, tmp_path / "run.duckdb"), "smollm2", {"football match": "soccer"})
    _, out, _ = asked(capsys, beside, "--json")
    sets = {one["name"]: one for one in json.loads(out)["sets"]}
    assert set(sets) == {"the run", "smollm2"}
    assert sets["smollm2"]["described"] >= sets["the run"]["described"] > 0


def test_what_machines_proposed_is_scored_where_nobody_decided(capsys, path, theirs, tmp_path):
    journal = tmp_path / "proposed.jsonl"
    assert main(["import", str(path), str(theirs), "--labels", str(journal)]) == 0
    capsys.readouterr()
    _, out, _ = asked(capsys, path, "--labels", journal, "--json")
    sets = {one["name"]: one for one in json.loads(out)["sets"]}
    assert set(sets) == {"the run", "them"}
    assert sets["them"]["described"] == 3


def test_the_table_fits_80_columns_and_has_a_row_a_set_beside_it_shuffled(capsys, path, theirs, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    status, out, _ = asked(capsys, path, "--describer", theirs, "--by-layer", "--sanity")
    assert status == 0
    assert max(map(len, out.splitlines())) <= 80
    for name in ("the run", "ada", "them"):
        assert f"  {name}, shuffled" in out
    assert "over texts" in out
    assert "the run, over tokens" in out
    assert "made worse 3 times" in out


def test_python_gives_the_numbers_that_the_command_prints(capsys, path):
    _, out, _ = asked(capsys, path, "--sample", "9", "--json")
    found = neurotui.score(path, sample=9).scored
    (own, _) = found.sets
    said = json.loads(out)["sets"][0]
    assert [one.own.value for one in own.figures] == [one["own"]["value"] for one in said["figures"]]
    assert found.neurons == 9
    assert len(neurotui.score(path, filter="layer:0 state:accepted").scored.sets[0].neurons) <= 1


def test_a_judges_price_is_told_first_and_a_dry_run_asks_nothing(capsys, path, tmp_path):
    with lying_server(says(knowing)) as server:
        judge = ["--judge", "openai", "--llm", "liar", "--base-url", server.url, "--api-key-env", "NO_SUCH_KEY"]
        judge += ["--sample", "3", "--examples", "10"]
        status, out, err = asked(
            capsys, path, *judge, "--price-in", "1", "--price-out", "1", "--dry-run", "--json"
        )
        price = json.loads(out)
        assert (status, server.asked, err) == (0, [], "")
        assert price["calls"] == price["examples"] / 5 > 0
        assert price["cost"] > 0
        assert not path.with_name("run.replies.sqlite").exists()
        folder = tmp_path / "out"
        status, out, err = asked(capsys, path, *judge, "--delphi", folder, "--json")
        assert status == 0
        assert f"'liar' at '{server.url}' is asked {price['calls']} times" in err
        assert len(server.asked) == price["calls"]
        judged = json.loads(out)["judged"]
        assert {one["task"] for one in judged} == {"detection", "fuzzing"}
        assert sum(one["answered"] for one in judged) == price["examples"]
        status, _, err = asked(capsys, path, *judge, "--examples", "12", "--delphi", folder)
        assert (status, len(server.asked)) == (1, price["calls"])
        assert "is there already" in err
        status, out, _ = asked(capsys, path, *judge, "--json")
        assert json.loads(out)["judged"] == judged
        assert len(server.asked) == price["calls"]
    files = sorted(file.parent.name for file in folder.rglob("*.txt"))
    assert set(files) == {"detection", "fuzz"}


def test_how_often_a_model_on_this_machine_is_asked_is_told_first(path, monkeypatch):
    class Local:
        warnings = ("it is slow",)

        def estimate(self, questions):
            return Estimate(calls=len(list(questions)), input_tokens=1_200)

    monkeypatch.setattr("neurotui.exchange.run_scores.choose_judge", lambda *_, **__: Local())
    with Run(path) as run:
        how = ScoreSettings((), "", 3, "smollm2", 10, BackendSettings(), sanity=False)
        scoring = Scoring(run, how, Labels(run.weights, ()), encoder=lambda: None)
        calls = scoring.estimate().calls
        assert calls > 1
        said = f"smollm2, on this machine, is asked {calls:,} times, about 1,200 tokens to read"
        assert scoring.warnings() == (
            f"{said}; --dry-run asks nothing, --sample and --examples ask less",
            "it is slow",
        )


def test_scores_of_others_stand_apart(capsys, path, tmp_path):
    explained, scores = tmp_path / "theirs" / "explanations", tmp_path / "theirs" / "scores" / "detection"
    explained.mkdir(parents=True)
    scores.mkdir(parents=True)
    (explained / "layers.0.mlp_latent3.txt").write_text('"rain"')
    records = [
        {"activating": wanted, "prediction": said, "str_tokens": ["x"], "activations": [0.0], "distance": -1}
        for wanted, said in ((True, True), (True, None), (False, False), (False, True))
    ]
    (scores / "layers.0.mlp_latent3.txt").write_text(json.dumps(records))
    _, out, _ = asked(capsys, path, "--describer", tmp_path / "theirs", "--json")
    found = json.loads(out)
    assert found["judged"] == []
    assert found["others"][0]["figures"]["balanced accuracy"]["value"] == 0.75
    assert (found["others"][0]["answered"], found["others"][0]["unanswered"]) == (3, 1)
    assert "delphi" in {one["name"] for one in found["sets"]}


def test_a_folder_that_is_called_like_a_describer_is_not_looked_into(capsys, path, tmp_path, monkeypatch):
    beside = add_describer(shutil.copy(path, tmp_path / "run.duckdb"), "smollm2", {"football match": "soccer"})
    inside = tmp_path / "smollm2" / "scores" / "detection"
    inside.mkdir(parents=True)
    example = {"str_tokens": ["a"], "activating": True, "prediction": True, "probability": None}
    (inside / "layers.0.mlp_latent1.txt").write_text(json.dumps([example, {**example, "activating": False}]))
    monkeypatch.chdir(tmp_path)
    _, out, _ = asked(capsys, beside, "--describer", "smollm2", "--json")
    found = json.loads(out)
    assert ([one["name"] for one in found["sets"]], found["others"]) == (["smollm2"], [])


def test_describers_that_are_named_are_scored_alone(capsys, path, theirs):
    _, out, _ = asked(capsys, path, "--describer", "ADA", "--json")
    assert [one["name"] for one in json.loads(out)["sets"]] == ["ada"]
    _, out, _ = asked(capsys, path, "--describer", "ada", "--describer", theirs, "--json")
    assert [one["name"] for one in json.loads(out)["sets"]] == ["ada", "them"]


def test_what_neuronpedia_states_of_its_explanations_stands_apart(capsys, path, tmp_path):
    with neurotui.open_run(path) as run:
        model = run.meta["model"]

    def explained(unit, text, *scores):
        about = {"modelId": model, "layer": "0-mlp", "index": str(unit), "explanationModelName": "gpt-x"}
        named = ("explanationScoreTypeName", "explanationScoreModelName", "value")
        return about | {"description": text, "scores": [dict(zip(named, one, strict=False)) for one in scores]}

    fuzz, recall = ("eleuther_fuzz", "judge-y"), ("recall_alt", "judge-y")
    records = [
        explained(0, "rain", (*fuzz, 0.5), (*recall, 1.5)),
        explained(1, "snow", (*fuzz, 1.0), (*fuzz, 0.0)),
        # Of several explanations of a neuron the first is scored, here as there.
        explained(1, "ice", (*fuzz, 0.25)),
        explained(2, "mud", (*fuzz, "good"), (*fuzz, float("nan")), (*fuzz, True), fuzz),
    ]
    file = tmp_path / "explanations.jsonl"
    file.write_text("\n".join(map(json.dumps, records)))
    _, out, _ = asked(capsys, path, "--describer", file, "--json")
    stated = json.loads(out)["stated"]
    assert [(one["name"], one["measure"], one["judge"]) for one in stated] == [
        ("gpt-x", "eleuther_fuzz", "judge-y"),
        ("gpt-x", "recall_alt", "judge-y"),
    ]
    assert (stated[0]["mean"]["value"], stated[0]["mean"]["of"]) == (0.75, 2)
    assert stated[0]["neurons"] == [{"neuron": "L0.0", "value": 0.5}, {"neuron": "L0.1", "value": 1.0}]
    _, out, _ = asked(capsys, path, "--describer", file, "--filter", "L0.1", "--json")
    (alone,) = json.loads(out)["stated"]
    assert (alone["mean"]["value"], alone["mean"]["of"], len(alone["neurons"])) == (1.0, 1, 1)
    _, shown, _ = asked(capsys, path, "--describer", file)
    assert "of others on other texts, as its file states them" in " ".join(shown.split())
    assert "eleuther_fuzz" in shown


def test_what_openais_explainer_states_stands_apart(capsys, path, tmp_path):
    folder = tmp_path / "explanations" / "0"
    folder.mkdir(parents=True)
    scored = [
        {"explanation": text, "scored_simulation": {"ev_correlation_score": value}}
        for text, value in (("snow", 0.25), ("rain", 0.5), ("mud", None))
    ]
    record = {"neuron_id": {"layer_index": 0, "neuron_index": 3}, "scored_explanations": scored}
    (folder / "3.jsonl").write_text(json.dumps(record))
    _, out, _ = asked(capsys, path, "--describer", folder.parent, "--json")
    (stated,) = json.loads(out)["stated"]
    assert (stated["measure"], stated["neurons"]) == (
        "ev_correlation_score",
        [{"neuron": "L0.3", "value": 0.5}],
    )


def test_a_spoiled_score_file_is_refused_before_a_judge_is_asked(capsys, path, tmp_path):
    explained, scores = tmp_path / "theirs" / "explanations", tmp_path / "theirs" / "scores" / "fuzz"
    explained.mkdir(parents=True)
    scores.mkdir(parents=True)
    (explained / "layers.0.mlp_latent3.txt").write_text('"rain"')
    (scores / "layers.0.mlp_latent3.txt").write_text("[1]")
    with lying_server(says(knowing)) as server:
        judge = ["--judge", "openai", "--llm", "liar", "--base-url", server.url, "--api-key-env", "NO_SUCH_KEY"]
        status, out, err = asked(capsys, path, "--describer", tmp_path / "theirs", *judge, "--sample", "2")
        assert (status, out, server.asked) == (1, "", [])
    assert "no score file of delphi" in err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["--judge", "keywords"], "'keywords' is not one of"),
        (["--dry-run"], "without a judge nobody is asked"),
        (["--examples", "9"], "without a judge nobody is shown examples"),
        (["--llm", "liar", "--max-calls", "1"], "without a judge nobody is shown examples"),
        (["--judge", "openai"], "no model is named for the judge"),
        (["--describer", "nothing.jsonl"], "'nothing.jsonl' is no describer of the run, and no file"),
        (["--filter", "layer:7"], "no set says anything of these neurons"),
    ],
)
def test_what_cannot_be_scored_is_refused_with_the_reason(capsys, path, command, said):
    status, out, err = asked(capsys, path, *command)
    assert status in {1, 2}
    assert (said in err, out) == (True, "")


def test_a_run_that_says_nothing_is_refused(capsys, tmp_path):
    status, _, err = asked(capsys, write_run(tmp_path / "run.duckdb", names=()))
    assert status == 1
    assert "describes no neuron" in err
    assert "--describer" in err


def test_one_neuron_is_said_to_give_no_interval(capsys, path, theirs):
    alone = theirs.with_name("alone.jsonl")
    alone.write_text(theirs.read_text().split("\n")[0])
    for file, said in ((alone, True), (theirs, False)):
        _, out, _ = asked(capsys, path, "--describer", file)
        assert ("them: one neuron gives no interval" in out) is said
