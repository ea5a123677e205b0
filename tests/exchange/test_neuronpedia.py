"""Neuronpedia's explanations come in as candidates, and what goes out is what Neuronpedia takes."""

import gzip
import json
from typing import Annotated

import duckdb
import pytest
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from neurotui.cli import main
from neurotui.errors import UserError
from neurotui.exchange.checked_rows import Reading
from neurotui.exchange.export_labels import export
from neurotui.exchange.import_labels import import_labels
from neurotui.exchange.registry import spec_of
from neurotui.review.session import Session
from neurotui.store.journal import Journal
from neurotui.store.labels import Labels
from neurotui.types import Neuron


def explanation(run, unit, text, layer="0-mlp", **others):
    named = {"modelId": run.model.lower(), "layer": layer, "index": str(unit), "description": text}
    about = {"id": f"c{unit}", "authorId": "a1", "explanationModelName": "gpt-x", "typeName": "token-pair"}
    return {**about, **named, "notes": None, "triggeredByUserId": None, **others}


def lines(records):
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def proposed(journal):
    return [(str(e.neuron), e.action, e.text, e.origin) for e in journal.events]


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("a.jsonl", lines),
        ("batch-0.jsonl.gz", lambda records: gzip.compress(lines(records))),
        ("a.json", lambda records: json.dumps(records, indent=1).encode()),
        ("a.txt", lines),
    ],
)
def test_explanations_are_known_by_what_is_in_them_and_become_candidates(run, journal, tmp_path, name, packed):
    path = tmp_path / name
    path.write_bytes(packed([explanation(run, 1, " rain\n"), explanation(run, 2, "snow", layer="0")]))
    taken = import_labels(run, journal, path, form=None, by="eva")
    assert (taken.labels, taken.candidates, taken.without_model) == (0, 2, 2)
    by = "gpt-x (token-pair)"
    assert proposed(journal) == [("L0.1", "propose", "rain", by), ("L0.2", "propose", "snow", by)]
    session = Session.open(run, labels=journal.path, annotator="eva", read_only=False)
    assert [one.text for one in session.labels.proposals(Neuron(0, 1))] == ["rain"]
    assert session.labels.label(Neuron(0, 1)).state == "open"


def test_a_feature_with_several_explanations_gives_as_many_candidates(run, journal, tmp_path):
    feature = explanation(run, 1, None, explanations=[{"description": text} for text in ("rain", "snow")])
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines([feature | {"maxActApprox": 3.2}]))
    import_labels(run, journal, path, form=None, by="eva")
    assert [text for _, _, text, _ in proposed(journal)] == ["rain", "snow"]


def test_scores_are_left_out_and_it_is_said(run, tmp_path, capsys):
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines([explanation(run, 1, "rain", scores=[{"value": 0.7}]), explanation(run, 2, "")]))
    assert main(["import", str(run.path), str(path), "--labels", str(tmp_path / "j.jsonl"), "--json"]) == 0
    said = capsys.readouterr()
    counts = json.loads(said.out)
    assert (counts["candidates"], counts["scores_left_out"], counts["without_label"]) == (1, 1, 1)
    assert "note: 1 score left out" in said.err
    assert "note: 1 row does not say of which weights" in said.err


@pytest.mark.parametrize("layer", ["0-res-jb", "0-gemmascope-mlp-16k"])
def test_features_of_a_dictionary_are_no_neurons_unless_somebody_insists(run, journal, tmp_path, layer):
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines([explanation(run, 1, "rain", layer=layer)]))
    with pytest.raises(UserError, match=f"features of the dictionary '{layer}'"):
        import_labels(run, journal, path, form=None)
    assert import_labels(run, journal, path, form=None, how=Reading(insist=True)).candidates == 1


def test_another_model_and_unknown_layers_and_units_are_refused(run, journal, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines([explanation(run, 1, "rain", modelId="gpt2-large")]))
    with pytest.raises(UserError, match="is of the model 'gpt2-large'"):
        import_labels(run, journal, path, form=None)
    path.write_bytes(lines([explanation(run, 1, "a", layer="mlp"), explanation(run, 99999, "a")]))
    with pytest.raises(UserError) as refused:
        import_labels(run, journal, path, form=None)
    assert refused.value.details == ("line 1: 'mlp' is not a layer", "line 2: the run has no neuron L0.99999")


@pytest.fixture
def decided(run, tmp_path):
    journal = Journal(tmp_path / "mine.jsonl")
    of = {"model": run.model, "weights": run.weights}
    for unit, (text, origin) in enumerate([("rain", "person"), ("snow", "keywords"), ("ice", "gpt-x (pair)")]):
        journal.append(Neuron(0, unit), "accept", by="ada", text=text, origin=origin, **of)
        journal.append(Neuron(1, unit), "accept", by="bob", text=f"{text} \u00e9", origin=origin, **of)
    journal.append(Neuron(0, 0), "note", by="ada", text="sure", **of)
    return journal


def folded(run, journal):
    return Labels(run.weights, journal.events)


@pytest.mark.parametrize("name", ["out.neuronpedia.jsonl", "out.neuronpedia.jsonl.gz", "explanations.jsonl.gz"])
def test_explanations_go_out_and_come_back_as_the_same_labels(run, decided, journal, tmp_path, name):
    path = tmp_path / name
    form = None if "neuronpedia" in name else "neuronpedia"
    assert export(run, folded(run, decided), "accepted", path, form=form, replace=False) == 6
    rows = duckdb.sql(f"SELECT layer, \"index\", description FROM read_json('{path}') ORDER BY ALL").fetchall()
    assert rows[:3] == [("0-mlp", "0", "rain"), ("0-mlp", "1", "snow"), ("0-mlp", "2", "ice")]
    import_labels(run, journal, path, form=None, by="eva", how=Reading(candidates=False))
    for mine, theirs in zip(folded(run, decided).all(), folded(run, journal).all(), strict=True):
        assert theirs._replace(history=0, note_time="") == mine._replace(history=0, note_time="")


def test_the_same_labels_make_the_same_bytes(run, decided, tmp_path):
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        export(run, folded(run, decided), "accepted", tmp_path / name, form="neuronpedia", replace=False)
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()


class Strict(BaseModel):
    """What Neuronpedia's upload takes, as its documentation says it."""

    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


class Explanation(Strict):
    text: Annotated[str, Field(min_length=1, max_length=512)]
    method_name: str | None = None
    model_name: str | None = None


class Activation(Strict):
    tokens: Annotated[list[str], Field(min_length=1, max_length=1024)]
    values: Annotated[list[float], Field(min_length=1, max_length=1024)]


class Feature(Strict):
    index: Annotated[int, Field(ge=0, le=10_000_000)]
    density: Annotated[float, Field(ge=0, le=1)] | None = None
    explanations: list[Explanation]
    activations: Annotated[list[Activation], Field(min_length=1)]


class Batch(Strict):
    model_id: str
    source: str
    features: Annotated[list[Feature], Field(min_length=1, max_length=128)]


def test_batches_are_as_neuronpedia_takes_them_and_come_back(run, decided, journal, tmp_path):
    path = tmp_path / "out.neuronpedia"
    assert export(run, folded(run, decided), "accepted", path, form=None, replace=False) == 6
    batches = [Batch.model_validate_json(file.read_bytes()) for file in sorted(path.iterdir())]
    assert [(one.source, [f.index for f in one.features]) for one in batches] == [
        ("0-mlp", [0, 1, 2]),
        ("1-mlp", [0, 1, 2]),
    ]
    for feature in batches[0].features:
        top = feature.activations
        assert all(len(one.tokens) == len(one.values) for one in top)
        assert max(top[0].values) == max(max(one.values) for one in top)
    assert [one.explanations[0].model_name for one in batches[0].features] == [None, None, "gpt-x"]
    taken = import_labels(run, journal, path, form=None, by="eva")
    assert (taken.candidates, taken.without_model) == (6, 6)
    assert [text for _, _, text, _ in proposed(journal)] == [
        e.text for e in decided.events if e.action == "accept"
    ][::2] + [e.text for e in decided.events if e.action == "accept"][1::2]
    [one, *_] = sorted(path.iterdir())
    assert import_labels(run, journal, one, form=None, by="eva").known == 3


@pytest.mark.parametrize("explanations", ["rain", ["rain"], {"text": "rain"}])
def test_a_feature_whose_explanations_are_no_list_is_told(run, journal, tmp_path, explanations):
    features = [{"index": 1, "explanations": explanations}, 3]
    path = tmp_path / "batch-0.json"
    path.write_text(json.dumps({"modelId": run.model, "source": "0-mlp", "features": features}))
    with pytest.raises(UserError) as refused:
        import_labels(run, journal, path, form=None)
    assert refused.value.details == ("feature 1: no list of explanations", "feature 2: not a JSON object")


def test_more_features_than_a_batch_holds_make_several(run, tmp_path, monkeypatch):
    monkeypatch.setattr("neurotui.exchange.neuronpedia_batch._FEATURES", 4)
    journal = Journal(tmp_path / "many.jsonl")
    of = {"by": "ada", "model": run.model, "weights": run.weights}
    for unit in range(9):
        journal.append(Neuron(0, unit), "accept", text="rain", **of)
    path = tmp_path / "many.neuronpedia"
    export(run, folded(run, journal), "accepted", path, form=None, replace=False)
    sizes = {file.name: len(json.loads(file.read_bytes())["features"]) for file in path.iterdir()}
    assert sizes == {"0-mlp-batch-0.json": 4, "0-mlp-batch-1.json": 4, "0-mlp-batch-2.json": 1}


def test_what_neuronpedia_would_refuse_is_not_written(run, tmp_path):
    journal = Journal(tmp_path / "long.jsonl")
    of = {"by": "ada", "model": run.model, "weights": run.weights}
    journal.append(Neuron(0, 3), "accept", text="x" * 513, **of)
    path = tmp_path / "long.neuronpedia"
    with pytest.raises(UserError, match=r"of more than 512 characters: L0\.3"):
        export(run, folded(run, journal), "accepted", path, form=None, replace=False)
    assert not path.exists()


def test_a_neuron_that_the_run_has_no_texts_of_goes_into_no_batch(run, tmp_path):
    journal = Journal(tmp_path / "other.jsonl")
    of = {"by": "ada", "model": run.model, "weights": run.weights}
    journal.append(Neuron(0, 3), "accept", text="rain", **of)
    journal.append(Neuron(9, 3), "accept", text="snow", **of)
    path = tmp_path / "out.neuronpedia"
    with pytest.raises(UserError, match=r"of neurons without texts in the run: L9\.3"):
        export(run, folded(run, journal), "accepted", path, form=None, replace=False)
    assert not path.exists()
    # The labels alone go out.
    export(run, folded(run, journal), "accepted", tmp_path / "out.delphi", form=None, replace=False)
    export(run, folded(run, journal), "accepted", tmp_path / "out.prodigy.jsonl", form=None, replace=False)


def test_a_batch_of_a_dashboard_names_its_dictionary_and_holds_no_labels(run, journal, tmp_path):
    batch = {"model_id": run.model, "layer": 0, "sae_set": "res-jb", "features": [{"feature_index": 3}]}
    path = tmp_path / "batch-0.json"
    path.write_text(json.dumps(batch))
    taken = import_labels(run, journal, path, form=None)
    assert (taken.candidates, taken.without_label) == (0, 1)
    batch["features"][0]["explanations"] = [{"text": "rain"}]
    path.write_text(json.dumps(batch))
    with pytest.raises(UserError, match="features of the dictionary 'res-jb'"):
        import_labels(run, journal, tmp_path, form="neuronpedia-batch")


def test_what_the_machine_says_goes_out_for_neurons_that_nobody_decided(run, tmp_path):
    path = tmp_path / "open.jsonl"
    count = export(
        run, folded(run, Journal(tmp_path / "none.jsonl")), "open", path, form="neuronpedia", replace=False
    )
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert count == len(records) > 0
    assert {record["explanationModelName"] for record in records} == {"neurotui"}


def test_formats_of_others_take_no_file_of_ours_by_its_name():
    assert spec_of("neuronpedia").of_others
    assert spec_of("jsonl").suffixes[0] in spec_of("neuronpedia").suffixes


def test_several_labels_of_a_neuron_are_as_many_explanations_and_come_back(run, journal, tmp_path):
    mine = Journal(tmp_path / "several.jsonl")
    of = {"by": "ada", "model": run.model, "weights": run.weights}
    mine.append(Neuron(0, 3), "accept", text="rain", origin="person", **of)
    mine.append(Neuron(0, 3), "also", text="snow", origin="person", **of)
    folder, path = tmp_path / "out.neuronpedia", tmp_path / "out.neuronpedia.jsonl"
    export(run, folded(run, mine), "accepted", folder, form=None, replace=False)
    [file] = folder.iterdir()
    [feature] = json.loads(file.read_bytes())["features"]
    assert [one["text"] for one in feature["explanations"]] == ["rain", "snow"]
    export(run, folded(run, mine), "accepted", path, form=None, replace=False)
    import_labels(run, journal, path, form=None, by="eva", how=Reading(candidates=False))
    mine, theirs = (folded(run, one).label(Neuron(0, 3)) for one in (mine, journal))
    assert (theirs.accepted, theirs.by) == (mine.accepted, mine.by)
