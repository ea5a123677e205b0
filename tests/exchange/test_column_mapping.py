"""Tables of any columns are taken once it is said what holds what; what does not fit is told, line by line."""

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neurotui.cli import main
from neurotui.errors import UserError
from neurotui.exchange.checked_rows import Reading
from neurotui.exchange.column_mapping import Mapping
from neurotui.exchange.import_labels import import_labels
from neurotui.exchange.label_files import said_in
from neurotui.review.session import Session
from neurotui.store.journal import Journal
from neurotui.types import Neuron, Proposal


def taken(run, journal, path, *, columns=(), values=(), pattern="", form=None, **how):
    mapping = Mapping.parse(columns, values, pattern)
    counts = import_labels(run, journal, path, form=form, by="eva", how=Reading(mapping=mapping, **how))
    return counts, [(str(event.neuron), event.action, event.text, event.by) for event in journal.events]


RECORDS = [
    {"feature_id": "0-3", "explanation": "rain", "who": "ada"},
    {"feature_id": "0-4", "explanation": "snow", "who": "bob"},
]
BOTH = [("L0.3", "accept", "rain", "ada"), ("L0.4", "accept", "snow", "bob")]
MAPPED = {"columns": ["neuron=feature_id", "label=explanation", "annotator=who"], "pattern": "LAYER-UNIT"}


def write(path, records, separator=","):
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(records), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    else:
        table = io.StringIO(newline="")
        writer = csv.DictWriter(table, list(records[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(records)
        path.write_text(table.getvalue(), "utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "separator"), [("t.csv", ","), ("t.tsv", "\t"), ("t.jsonl", ""), ("t.parquet", "")]
)
def test_columns_of_any_name_are_taken_once_they_are_mapped(run, journal, tmp_path, name, separator):
    path = write(tmp_path / name, RECORDS, separator)
    counts, events = taken(run, journal, path, **MAPPED)
    assert events == BOTH
    assert counts.labels == 2
    assert taken(run, journal, path, **MAPPED)[0].known == 2


def test_what_a_file_lacks_is_said_for_every_row(run, journal, tmp_path):
    path = write(tmp_path / "t.csv", [{"neuron": "3", "feature": "rain"}])
    how = {"columns": ["unit=neuron", "label=feature"], "values": ["layer=0", "annotator=ada", "state=accepted"]}
    assert taken(run, journal, path, **how)[1] == [("L0.3", "accept", "rain", "ada")]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("0-3", "LAYER-UNIT"),
        ("layer.0.mlp:3", "layer.LAYER.mlp:UNIT"),
        ("GPT2/H.0.MLP_latent3", "*h.LAYER.mlp_latentUNIT"),
        ("(3, 0)", "(UNIT, LAYER)"),
    ],
)
def test_a_name_of_any_shape_is_read_by_its_pattern(run, journal, tmp_path, name, pattern):
    path = write(tmp_path / "t.jsonl", [{"id": name, "label": "rain"}])
    assert taken(run, journal, path, columns=["neuron=id"], pattern=pattern)[1][0][0] == "L0.3"


def test_fields_inside_of_fields_are_mapped_by_dots(run, journal, tmp_path):
    path = write(tmp_path / "t.jsonl", [{"at": {"layer": 0, "unit": 3}, "said": {"by": {"text": "rain"}}}])
    columns = ["layer=at.layer", "unit=at.unit", "label=said.by.text"]
    assert taken(run, journal, path, columns=columns)[1] == [("L0.3", "accept", "rain", "eva")]


def test_every_line_that_does_not_fit_is_told_and_nothing_is_taken(run, journal, tmp_path, capsys):
    bad = [{"feature_id": f"x{number}", "explanation": "rain", "who": ""} for number in range(30)]
    path = write(tmp_path / "t.csv", RECORDS + bad)
    with pytest.raises(UserError) as refused:
        taken(run, journal, path, **MAPPED)
    assert refused.value.message == f"30 lines of '{path}' do not fit, and nothing is taken"
    assert len(refused.value.details) == 21
    assert refused.value.details[0] == "line 4: 'x0' is not written as 'LAYER-UNIT'"
    assert refused.value.details[-1] == "and 10 more"
    assert not journal.path.exists()
    options = ["--map", "neuron=feature_id", "--map", "label=explanation", "--pattern", "LAYER-UNIT"]
    assert main(["import", str(run.path), str(path), "--labels", str(journal.path), *options]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("error: 30 lines of")
    assert said[1] == "  line 4: 'x0' is not written as 'LAYER-UNIT'"
    assert said[-1].startswith("hint: ")


def test_lines_that_are_bad_in_different_ways_are_told_together(run, journal, tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text(
        '{"layer": 0, "unit": 1, "label": "rain"}\nnot json\n{"layer": 9, "unit": 1, "label": "a"}\n'
        '[]\n{"layer": 0, "unit": 1, "label": "rain", "state": "maybe"}\n'
    )
    with pytest.raises(UserError) as refused:
        taken(run, journal, path)
    assert refused.value.details == (
        "line 2: not JSON",
        "line 3: the run has no neuron L9.1",
        "line 4: not a JSON object",
        "line 5: 'maybe' is not a state",
    )


def test_a_list_in_a_json_file_is_read_and_a_lacking_unit_is_called_so(run, journal, tmp_path):
    path = tmp_path / "t.json"
    path.write_text(json.dumps([{"layer": 0, "unit": 1, "label": "rain"}]))
    assert taken(run, journal, path)[1] == [("L0.1", "accept", "rain", "eva")]
    path.write_text(json.dumps([{"layer": 0, "index": 1, "label": "rain"}]))
    with pytest.raises(UserError, match="line 1: no unit") as refused:
        taken(run, journal, path)
    assert refused.value.hint == "say which column holds it, as in --map unit=COLUMN"


def test_rows_that_contradict_each_other_or_the_journal_are_told_together(run, journal, tmp_path):
    rows = [
        {"neuron": f"L0.{unit}", "label": text, "annotator": "ada", "time": "2026-11-20"}
        for unit in (1, 2)
        for text in ("rain", "snow")
    ]
    with pytest.raises(UserError, match="2 lines of") as refused:
        taken(run, journal, write(tmp_path / "t.jsonl", rows))
    assert [line[:24] for line in refused.value.details] == [
        "line 2: L0.1 is in this ",
        "line 4: L0.2 is in this ",
    ]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"columns": ["label"]}, "'label' has no '='"),
        ({"columns": ["text=explanation"]}, "'text' is no field of a label"),
        ({"columns": ["label=a", "label=b"]}, "'label' is given twice"),
        ({"columns": ["label=a"], "values": ["label=b"]}, "'label' is given twice"),
        ({"columns": ["label="]}, "--map label= names no column"),
        ({"pattern": "feature"}, "does not say where layer and unit stand"),
        ({"columns": ["label=words", "neuron=feature_id"]}, "has no column 'words'"),
        ({"columns": ["label=words"]}, "no line with the names of its columns"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_in_words(run, journal, tmp_path, how, says):
    with pytest.raises(UserError, match=says):
        taken(run, journal, write(tmp_path / "t.csv", RECORDS), **how)


def test_whoever_maps_columns_means_those_of_the_file(run, journal, tmp_path, monkeypatch):
    record = {"modelId": run.model, "layer": "0-mlp", "index": 3, "description": "rain", "mine": "snow"}
    path = write(tmp_path / "t.jsonl", [record])
    how = {"columns": ["unit=index", "label=mine"], "values": ["layer=0"]}
    assert taken(run, journal, path, **how)[1] == [("L0.3", "accept", "snow", "eva")]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
    assert taken(run, journal, Path("-"), **how)[0].known == 1


def test_a_mapped_column_that_is_there_twice_is_refused(run, journal, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("feature_id,feature_id,explanation,who\n0-1,0-2,rain,ada\n")
    with pytest.raises(UserError, match="has 2 columns 'feature_id'"):
        taken(run, journal, path, **MAPPED)


def test_a_table_without_a_mapping_is_told_how_to_say_it(run, journal, tmp_path):
    for name in ("t.csv", "t.jsonl"):
        with pytest.raises(UserError) as refused:
            taken(run, journal, write(tmp_path / name, RECORDS))
        assert "--map neuron=COLUMN" in refused.value.hint


def test_rows_that_say_nothing_of_their_neuron_are_counted(run, journal, tmp_path):
    path = write(tmp_path / "t.csv", [*RECORDS, {"feature_id": "0-5", "explanation": "", "who": "ada"}])
    counts, events = taken(run, journal, path, **MAPPED)
    assert (counts.labels, counts.without_label) == (2, 1)
    assert events == BOTH


def test_labels_that_are_taken_as_candidates_decide_nothing(run, journal, tmp_path):
    path = write(tmp_path / "t.csv", RECORDS)
    counts, events = taken(run, journal, path, **MAPPED, candidates=True)
    assert (counts.labels, counts.candidates) == (0, 2)
    assert [(action, by) for _, action, _, by in events] == [("propose", "eva")] * 2
    assert [event.origin for event in journal.events] == ["ada", "bob"]
    again, _ = taken(run, journal, path, **MAPPED, candidates=True)
    assert (again.candidates, again.known) == (0, 2)


def test_what_is_plainly_of_another_model_is_refused_unless_somebody_insists(run, journal, tmp_path):
    rows = [{"layer": 0, "unit": 1, "label": "rain", "model": "openai/GPT-X"}]
    path = write(tmp_path / "t.jsonl", rows)
    with pytest.raises(UserError, match="is of the model 'openai/GPT-X'") as refused:
        taken(run, journal, path)
    assert "--insist" in refused.value.hint
    # Where it is one of several sets, the command to type has it.
    with pytest.raises(UserError) as refused:
        said_in(run, path, ())
    assert "--insist --labels theirs.jsonl" in refused.value.hint
    assert taken(run, journal, path, insist=True)[0].labels == 1


def test_a_model_is_known_by_the_last_part_of_its_name(run, journal, tmp_path):
    name = f"someone\\models/{run.model.upper()}/"
    path = write(tmp_path / "t.jsonl", [{"layer": 0, "unit": 1, "label": "rain", "model": name}])
    counts, _ = taken(run, journal, path)
    assert counts.labels == 1
    [remark] = counts.remarks(run.model)
    assert remark.startswith("1 row does not say of which weights")


def test_one_undo_takes_imported_candidates_back_and_one_redo_brings_them_again(run, journal, tmp_path):
    path = write(tmp_path / "t.csv", RECORDS)
    taken(run, journal, path, **MAPPED, candidates=True)
    session = Session.open(run, labels=journal.path, annotator="eva", read_only=False)

    def proposed():
        return [[one.text for one in session.labels.proposals(Neuron(0, unit))] for unit in (3, 4)]

    assert proposed() == [["rain"], ["snow"]]
    assert len(session.undo()) == 2
    assert proposed() == [[], []]
    # What was taken back is not known: the same file proposes it again.
    assert taken(run, Journal(journal.path), path, **MAPPED, candidates=True)[0].candidates == 2
    session.refresh()
    session.undo()
    assert len(session.redo()) == 2
    assert proposed() == [["rain"], ["snow"]]
    assert session.labels.all() == []
    session.propose(Neuron(0, 5), [Proposal("hail", "a generator")])
    assert {event.text for event in session.undo()} == {"rain", "snow"}
