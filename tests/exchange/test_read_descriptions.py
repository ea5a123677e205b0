"""The sets of descriptions that are scored: nobody's is lost, and each has a name of its own."""

import json

import pytest
from synthetic import write_run

from neurotui.errors import UserError
from neurotui.exchange.read_descriptions import neuron_ids, sets_of
from neurotui.store.labels import Labels
from neurotui.store.run import Run
from neurotui.types import Event, Neuron


@pytest.fixture
def run(tmp_path):
    with Run(write_run(tmp_path / "run.duckdb")) as opened:
        yield opened


def says(run, file, label):
    """Write a file in which "them" says something of a neuron."""
    file.parent.mkdir()
    row = {"neuron": "L0.0", "layer": 0, "unit": 0, "state": "candidate", "origin": "them", "label": label}
    file.write_text(json.dumps({**row, "weights": run.meta["weights"]}))
    return file


def labels(run, *events):
    """Return the labels of ada's events: an action, a unit, a text and its origin."""
    about = (run.meta["model"], run.weights, 0)
    return Labels(
        run.weights,
        [
            Event(str(day), f"2026-01-0{day}", "ada", action, *about, *rest, order=str(day))
            for day, (action, *rest) in enumerate(events, 1)
        ],
    )


def test_files_of_one_name_whose_describers_have_one_name_are_all_there(run, tmp_path):
    files = [says(run, tmp_path / name / "theirs.jsonl", name) for name in ("one", "two", "three")]
    found = sets_of(run, neuron_ids(run), labels(run), [*map(str, files)]).sets
    them = {one.name: one.says[Neuron(0, 0)].text for one in found if "them" in one.name}
    assert them == {
        "them": "one",
        "them in theirs.jsonl": "two",
        f"them in {files[2]}": "three",
    }


def test_a_machine_that_is_called_like_a_person_loses_nothing_and_no_set_is_without_a_name(run):
    journal = labels(
        run,
        ("propose", 0, "rain", "ada"),
        ("accept", 1, "goals", "keywords"),
        ("propose", 2, "a comma", ""),
    )
    found = sets_of(run, neuron_ids(run), journal, []).sets
    texts = {one.name: {neuron.unit: said.text for neuron, said in one.says.items()} for one in found}
    assert texts["ada"] == {0: "rain", 1: "goals"}
    assert texts["the journal"] == {2: "a comma"}
    assert set(texts) == {"the run", "ada", "the journal"}


def test_a_journal_that_says_nothing_is_refused_as_a_file_is(run, tmp_path):
    event = {"id": "1", "time": "2026-01-01T00:00:00Z", "by": "ada", "action": "note", "text": "see later"}
    about = {"model": run.model, "weights": run.weights, "layer": 0, "unit": 1}
    (tmp_path / "ada.jsonl").write_text(json.dumps(event | about) + "\n")
    with pytest.raises(UserError, match="says nothing"):
        sets_of(run, neuron_ids(run), labels(run), [str(tmp_path / "ada.jsonl")])
