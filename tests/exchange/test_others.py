"""Files as other tools keep them: read as candidates or decisions, and written such that those tools read them."""

import json
import uuid

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
from huggingface_hub import DatasetCard
from pydantic import BaseModel, ConfigDict

from neurotui.errors import UserError
from neurotui.exchange.argilla import user_id
from neurotui.exchange.checked_rows import Reading
from neurotui.exchange.export_labels import export
from neurotui.exchange.import_labels import import_labels
from neurotui.store.journal import Journal
from neurotui.store.labels import Labels
from neurotui.types import Neuron


@pytest.fixture
def decided(run, tmp_path):
    """Return a journal of two people, who agree, differ, skip, give several labels, and write notes."""
    journal = Journal(tmp_path / "mine.jsonl")
    of = {"model": run.model, "weights": run.weights}
    for unit, (action, text) in enumerate([("accept", "rain | <b>"), ("reject", ""), ("skip", "")]):
        journal.append(Neuron(0, unit), action, by="bob", text=text, time=f"2026-11-2{unit}", **of)
    for unit in range(4):
        journal.append(Neuron(0, unit), "accept", by="ada", text="rain | <b>", origin="person", **of)
    journal.append(Neuron(0, 3), "also", by="ada", text="fog", origin="person", **of)
    journal.append(Neuron(1, 0), "accept", by="Ada", text='a "snow"', origin="keywords", **of)
    journal.append(Neuron(0, 0), "note", by="bob", text="sure", **of)
    return journal


def folded(run, journal):
    return Labels(run.weights, journal.events)


def said(journal):
    return [(str(e.neuron), e.action, e.text, e.origin) for e in journal.events]


def delphi(tmp_path, explanations, settings=None, scores=()):
    folder = tmp_path / "results"
    (folder / "explanations").mkdir(parents=True, exist_ok=True)
    for name, text in explanations.items():
        (folder / "explanations" / name).write_text(text)
    for scorer, name in scores:
        (folder / "scores" / scorer).mkdir(parents=True, exist_ok=True)
        answers = [{"str_tokens": ["a"], "activations": [1.0], "activating": True, "prediction": True}]
        (folder / "scores" / scorer / name).write_text(json.dumps(answers))
    if settings is not None:
        (folder / "run_config.json").write_text(json.dumps(settings))
    return folder


def test_explanations_of_delphi_become_candidates_with_the_explainer_as_their_origin(run, journal, tmp_path):
    explanations = {
        "layers.0.mlp_latent3.txt": '"rain"',
        "encoder.layer.1.mlp_latent4.txt": '"snow \\u00e9"',
        "layers.0.mlp_latent5.txt": '"Explanation could not be parsed."',
        "layers.0.attention_latent6.txt": '"hail"',
    }
    scores = [("fuzz", "layers.0.mlp_latent3.txt"), ("detection", "layers.0.mlp_latent3.txt")]
    folder = delphi(tmp_path, explanations, {"model": f"x/{run.model}", "explainer_model": "llama"}, scores)
    taken = import_labels(run, journal, folder, form=None, by="eva")
    assert said(journal) == [("L1.4", "propose", "snow é", "llama"), ("L0.3", "propose", "rain", "llama")]
    assert (taken.without_label, taken.no_neurons, taken.scores_left_out) == (1, 1, 1)


def test_what_delphi_says_of_another_model_or_a_dictionary_is_refused(run, journal, tmp_path):
    folder = delphi(tmp_path, {"layers.0.mlp_latent3.txt": '"rain"'}, {"model": "gpt2", "sparse_model": ""})
    with pytest.raises(UserError, match="is of the model 'gpt2'"):
        import_labels(run, journal, folder, form=None)
    delphi(tmp_path, {}, {"model": run.model, "sparse_model": "EleutherAI/sae"})
    with pytest.raises(UserError, match="features of the dictionary 'EleutherAI/sae'"):
        import_labels(run, journal, folder, form=None)
    assert import_labels(run, journal, folder, form=None, how=Reading(insist=True)).candidates == 1


def test_every_file_of_delphi_that_holds_no_explanation_is_told(run, journal, tmp_path):
    folder = delphi(
        tmp_path, {"layers.0.mlp_latent3.txt": "rain", "layers.0.mlp_latent4.txt": "[1]", "x.txt": '"a"'}
    )
    with pytest.raises(UserError, match="3 lines of") as refused:
        import_labels(run, journal, folder, form=None)
    assert [line.partition("' ")[2] for line in refused.value.details] == [
        "holds no JSON text",
        "holds no JSON text",
        "is not named as in layers.3.mlp_latent797.txt",
    ]


@pytest.mark.parametrize("form", ["delphi", "openai", "neuronpedia-batch"])
def test_a_folder_without_anything_to_read_is_told(run, journal, tmp_path, form):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=f"holds no .* of {form}"):
        import_labels(run, journal, tmp_path / "empty", form=form)


def test_labels_go_out_as_delphi_keeps_them_and_come_back(run, decided, journal, tmp_path):
    folder = tmp_path / "out.delphi"
    assert export(run, folded(run, decided), "accepted", folder, form=None, replace=False) == 4
    names = sorted(file.name for file in (folder / "explanations").iterdir())
    assert names == [*(f"layers.0.mlp_latent{unit}.txt" for unit in (0, 2, 3)), "layers.1.mlp_latent0.txt"]
    # As its own loader reads one.
    assert json.loads((folder / "explanations" / names[-1]).read_text()) == 'a "snow"'
    import_labels(run, journal, folder, form=None, by="eva", how=Reading(candidates=False))
    assert [(str(e.neuron), e.action, e.text) for e in journal.events] == [
        ("L0.0", "accept", "rain | <b>"),
        ("L0.2", "accept", "rain | <b>"),
        ("L0.3", "accept", "rain | <b>; fog"),
        ("L1.0", "accept", 'a "snow"'),
    ]


def simulated(unit, *explanations, layer=0):
    scored = [
        {
            "dataclass_name": "ScoredExplanation",
            "explanation": text,
            "scored_simulation": {"scored_sequence_simulations": [], "ev_correlation_score": score},
        }
        for text, score in explanations
    ]
    neuron = {"dataclass_name": "NeuronId", "layer_index": layer, "neuron_index": unit}
    return {"dataclass_name": "NeuronSimulationResults", "neuron_id": neuron, "scored_explanations": scored}


def test_explanations_of_openai_become_candidates_the_best_scored_first(run, journal, tmp_path):
    path = tmp_path / "3.jsonl"
    record = simulated(3, (" rain\n", 0.2), ("none", float("nan")), ("snow", 0.7))
    path.write_text(json.dumps(record) + "\n")
    taken = import_labels(run, journal, path, form=None)
    assert (taken.candidates, taken.scores_left_out) == (3, 3)
    assert [text for _, _, text, _ in said(journal)] == ["snow", "rain", "none"]
    assert {origin for *_, origin in said(journal)} == {"openai"}


def test_a_folder_of_openai_is_read_layer_by_layer_and_records_of_neurons_say_nothing(run, journal, tmp_path):
    for layer in (0, 1):
        (tmp_path / "explanations" / str(layer)).mkdir(parents=True)
        path = tmp_path / "explanations" / str(layer) / "4.jsonl"
        path.write_text(json.dumps(simulated(4, ("rain", 0.5), layer=layer)))
    taken = import_labels(run, journal, tmp_path / "explanations", form=None)
    assert [neuron for neuron, *_ in said(journal)] == ["L0.4", "L1.4"]
    assert import_labels(run, journal, tmp_path / "explanations", form=None).known == taken.candidates == 2
    record = {
        "neuron_id": {"layer_index": 0, "neuron_index": 4},
        "most_positive_activation_records": [],
        "mean": 1,
    }
    path = tmp_path / "4.json"
    path.write_text(json.dumps(record, indent=1))
    assert import_labels(run, journal, path, form=None).without_label == 1


def test_puzzles_name_no_neurons_and_are_refused_in_words(run, journal, tmp_path):
    path = tmp_path / "puzzles.json"
    path.write_text(
        json.dumps({"colors": {"name": "colors", "explanation": "colours", "sentences": []}}, indent=1)
    )
    with pytest.raises(UserError, match="record 1: names no neuron"):
        import_labels(run, journal, path, form="openai")


def test_annotations_of_feature_circuits_are_decisions_with_their_notes(run, journal, tmp_path):
    rows = [
        {
            "Component": "mlp",
            "Layer": "0",
            "Feature": "3",
            "Name": "mlp_0/3",
            "Annotation": "rain",
            "Notes": " wet ",
        },
        {"Component": "mlp", "Layer": "0", "Feature": "4", "Name": "mlp_0/4", "notes": "only a note"},
        {"Component": "mlp", "Layer": "0", "Feature": "5", "Name": "mlp_0/5"},
        {"Component": "resid", "Layer": "0", "Feature": "999999", "Name": "resid_0/999999", "Annotation": "hail"},
        {"Component": "embed", "Feature": "7", "Name": "embed/7"},
    ]
    path = tmp_path / "model.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    taken = import_labels(run, journal, path, form=None, by="eva")
    assert [(e.action, e.text, e.by) for e in journal.events] == [
        ("accept", "rain", "eva"),
        ("note", "wet", "eva"),
        ("note", "only a note", "eva"),
    ]
    assert (taken.labels, taken.notes, taken.without_label, taken.no_neurons) == (1, 2, 1, 2)
    assert import_labels(run, journal, path, form=None, by="eva").known == 3


class Task(BaseModel):
    """What Prodigy's interface for binary tasks shows and stores, as its documentation says it."""

    model_config = ConfigDict(extra="allow", strict=True)
    text: str
    label: str
    meta: dict[str, str | float | None]
    answer: str


def test_prodigy_gets_a_line_for_each_persons_answer(run, decided, tmp_path):
    path = tmp_path / "out.prodigy.jsonl"
    assert export(run, folded(run, decided), "accepted", path, form=None, replace=False) == 4
    tasks = [Task.model_validate_json(line) for line in path.read_text().splitlines()]
    by = [(one.meta["neuron"], one.model_extra["_annotator_id"], one.answer, one.label) for one in tasks]
    machines = tasks[3].meta["suggestion"]
    assert by == [
        ("L0.0", "neurotui-ada", "accept", "rain | <b>"),
        ("L0.0", "neurotui-bob", "accept", "rain | <b>"),
        ("L0.2", "neurotui-ada", "accept", "rain | <b>"),
        ("L0.2", "neurotui-bob", "ignore", machines),
        ("L0.3", "neurotui-ada", "accept", "rain | <b>"),
        ("L0.3", "neurotui-ada", "accept", "fog"),
        ("L1.0", "neurotui-Ada", "accept", 'a "snow"'),
    ]
    assert [one.model_extra["note"] for one in tasks[:2]] == ["", "sure"]
    # One input, whoever answers; another task where another label was accepted.
    hashes = [(one.model_extra["_input_hash"], one.model_extra["_task_hash"]) for one in tasks]
    assert hashes[0] == hashes[1] != hashes[2]
    assert hashes[4][0] == hashes[5][0]
    assert hashes[4][1] != hashes[5][1]
    assert all(-(2**31) <= number < 2**31 for pair in hashes for number in pair)
    frame = pd.read_json(path, lines=True)
    assert frame["answer"].value_counts().to_dict() == {"accept": 6, "ignore": 1}


def test_people_who_differ_each_have_their_answer(run, decided, tmp_path):
    path = tmp_path / "differ.prodigy.jsonl"
    assert export(run, folded(run, decided), "conflict", path, form=None, replace=False) == 1
    tasks = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(one["_annotator_id"], one["answer"]) for one in tasks] == [
        ("neurotui-ada", "accept"),
        ("neurotui-bob", "reject"),
    ]


def test_neurons_that_nobody_decided_are_tasks_without_an_answer(run, tmp_path):
    path = tmp_path / "open.prodigy.jsonl"
    export(run, folded(run, Journal(tmp_path / "none.jsonl")), "open", path, form=None, replace=False)
    tasks = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(tasks) == run.counts()["neurons"]
    assert not any("answer" in task for task in tasks)
    suggested = [task for task in tasks if task["label"]]
    assert suggested
    assert all(0 <= task["meta"]["score"] <= 1 for task in suggested)


class Suggestion(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    value: str
    score: float | None
    agent: str | None


class Response(BaseModel):
    model_config = ConfigDict(extra="forbid")
    value: str
    user_id: uuid.UUID


class Record(BaseModel):
    """A record of Argilla 2 as its documentation says it."""

    model_config = ConfigDict(extra="forbid")
    id: str
    status: str
    fields: dict[str, str]
    metadata: dict[str, str | int]
    suggestions: dict[str, Suggestion]
    responses: dict[str, list[Response]]


def test_argilla_gets_the_suggestion_and_each_persons_response(run, decided, tmp_path):
    path = tmp_path / "out.argilla.json"
    assert export(run, folded(run, decided), "accepted", path, form=None, replace=False) == 4
    records = [Record.model_validate(record) for record in json.loads(path.read_text())]
    first, second, third, _ = records
    assert [one.value for one in first.responses["label"]] == ["rain | <b>", "rain | <b>"]
    assert [str(one.user_id) for one in first.responses["label"]] == [user_id("ADA"), user_id("bob")]
    assert [one.value for one in second.responses["decision"]] == ["accepted", "skipped"]
    assert [one.value for one in third.responses["label"]] == ["rain | <b>\nfog"]
    assert (first.metadata["annotators"], first.metadata["notes"]) == ("ada, bob", "bob: sure")
    assert all(record.status == "completed" and record.fields["texts"] for record in records)
    assert len(duckdb.sql(f"SELECT id FROM read_json('{path}')").fetchall()) == 4


def test_argilla_gets_an_empty_list_for_nothing(run, tmp_path):
    path = tmp_path / "none.argilla.json"
    assert export(run, folded(run, Journal(tmp_path / "n.jsonl")), "accepted", path, form=None, replace=False) == 0
    assert json.loads(path.read_text()) == []


def test_a_data_set_is_a_table_with_a_card_that_the_hub_reads(run, decided, tmp_path):
    path = tmp_path / "out.dataset"
    assert export(run, folded(run, decided), "accepted", path, form=None, replace=False) == 5
    assert sorted(file.name for file in path.iterdir()) == ["README.md", "datasheet.json", "labels.parquet"]
    assert pq.read_table(path / "labels.parquet").num_rows == 5
    card = DatasetCard.load(path / "README.md")
    assert card.data.size_categories == ["n<1K"]
    assert card.data.license is None
    [config] = card.data.to_dict()["configs"]
    assert len(duckdb.sql(f"FROM '{path}/{config['data_files']}'").fetchall()) == 5
    assert "| 0 | 4 |\n| 1 | 1 |" in card.text
    assert "| Ada | 4 |\n| bob | 1 |" in card.text
    assert "| person | 4 |\n| keywords | 1 |" in card.text
    assert "| neurons still in conflict | 1 |" in card.text
    assert ", bob | decision | 0.500" in card.text
    assert run.weights in card.text
    assert "# Fill in the licence" in (path / "README.md").read_text()
    sheet = json.loads((path / "datasheet.json").read_text())
    assert (sheet["labels"], sheet["layers"]) == (5, {"0": 4, "1": 1})


@pytest.mark.parametrize("name", ["out.dataset", "downloaded"])
def test_a_folder_that_is_imported_names_the_file_in_it_that_can_be_read(run, journal, decided, tmp_path, name):
    export(run, folded(run, decided), "accepted", tmp_path / name, form="dataset", replace=False)
    with pytest.raises(UserError) as refusal:
        import_labels(run, journal, tmp_path / name, form=None)
    assert refusal.value.hint == f"name a file in it: {tmp_path / name / 'labels.parquet'}"


def test_the_version_of_a_data_set_changes_with_its_labels_alone(run, decided, tmp_path):
    def version(name):
        export(run, folded(run, decided), "accepted", tmp_path / name, form="dataset", replace=False)
        return (tmp_path / name / "README.md").read_text()

    assert version("a") == version("b")
    of = {"model": run.model, "weights": run.weights}
    decided.append(Neuron(1, 0), "accept", by="ada", text="hail", **of)
    assert version("c") != (tmp_path / "a" / "README.md").read_text()


@pytest.mark.parametrize("form", ["openai", "feature-circuits"])
def test_a_format_that_is_only_read_is_not_written(run, decided, tmp_path, form):
    with pytest.raises(UserError, match=f"labels are read from {form}, and not written"):
        export(run, folded(run, decided), "accepted", tmp_path / "x.jsonl", form=form, replace=False)


@pytest.mark.parametrize("form", ["prodigy", "argilla", "dataset"])
def test_a_format_that_is_only_written_is_not_read(run, journal, tmp_path, form):
    (tmp_path / "x.json").write_text("[]")
    with pytest.raises(UserError, match=f"labels are written as {form}, and not read back"):
        import_labels(run, journal, tmp_path / "x.json", form=form)
