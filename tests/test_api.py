"""The public interface: what it answers, that it decides as the app does, and that its pages and examples run."""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from synthetic import add_describer, add_token_scope, write_run

import neurotui
from neurotui.api_tables import LABELS, table_of
from neurotui.store.journal import Journal

ROOT = Path(__file__).parent.parent


@pytest.fixture
def path(tmp_path):
    return add_token_scope(write_run(tmp_path / "run.duckdb"))


@pytest.fixture
def opened(path):
    with neurotui.open_run(path, annotator="ada") as run:
        yield run


def test_every_public_name_is_there_and_has_a_docstring():
    assert set(neurotui.__all__) <= set(dir(neurotui))
    for name in neurotui.__all__:
        assert getattr(neurotui, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        neurotui.nothing  # noqa: B018 - that it is asked for is the test


def test_functions_stay_functions_once_the_packages_of_their_names_are_imported():
    code = (
        "import neurotui, neurotui.describe.match_texts, neurotui.evaluate.by_labels, neurotui.precompute.settings;"
        "print([callable(getattr(neurotui, name)) for name in ('describe', 'evaluate', 'precompute', 'export')]);"
        "from neurotui.describe.match_texts import match; print(match.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[True, True, True, True]", "match"]


def test_neurons_are_a_table_of_what_the_app_lists(opened):
    table = opened.neurons()
    assert len(table) == len(opened) == 96
    page = opened["l0.3"]
    row = table.to_pylist()[3]
    assert row["neuron"] == str(page.neuron) == "L0.3"
    assert row["says"] == page.said.text
    assert row["correlation_validation"] == pytest.approx(page.said.correlation_validation, abs=1e-4)
    pandas = table.to_pandas()
    assert list(pandas.neuron[:2]) == ["L0.0", "L0.1"]


def test_the_describers_beside_the_runs_own_are_a_table(path):
    with neurotui.open_run(path) as run:
        assert run.describers().num_rows == 0
    add_describer(path, "smollm2", {})
    with neurotui.open_run(path) as run:
        (row,) = run.describers().to_pylist()
        assert (row["name"], row["backend"], row["descriptors"]) == ("smollm2", "keywords", len(run.descriptors()))


def test_a_filter_and_an_order_are_those_of_the_app(opened):
    found = opened.neurons("layer:1 score>0.5", order="score").to_pylist()
    assert 0 < len(found) < 48
    assert all(row["layer"] == 1 and row["correlation_calibration"] > 0.5 for row in found)
    described = [row["correlation_calibration"] for row in found if row["grounds"] == "described"]
    assert described == sorted(described, reverse=True)
    assert len(opened.neurons("promotes:the")) not in {0, len(opened)}
    assert len(opened.neurons("token:cloud")) not in {0, len(opened)}


def test_decisions_are_on_the_disk_and_are_undone(opened, path):
    queue = opened.queue(2)
    first, second = queue
    opened.accept(first)
    opened.accept(str(second), "my own words")
    opened.reject("L1.0")
    opened.note("L1.0", "why not")
    journal = Journal(path.with_name("run.labels.jsonl"))
    assert [event.action for event in journal.events] == ["accept", "accept", "reject", "note"]
    assert journal.events[0].text == opened[first].candidates[0]
    assert (journal.events[1].text, journal.events[1].origin) == ("my own words", "person")
    states = {row["neuron"]: row["state"] for row in opened.labels().to_pylist()}
    assert states == {str(first): "accepted", str(second): "accepted", "L1.0": "rejected"}
    assert first not in opened.queue(96)
    assert opened.undo() == [neurotui.Neuron(1, 0)]
    assert opened.undo() == [neurotui.Neuron(1, 0)]
    assert opened.redo() == [neurotui.Neuron(1, 0)]
    assert "L1.0" in {row["neuron"] for row in opened.labels("rejected").to_pylist()}


def test_what_another_person_decides_meanwhile_is_seen(opened, path):
    with neurotui.open_run(path, annotator="bob") as other:
        other.skip("L0.5")
    assert opened["L0.5"].label.state == "skipped"
    assert opened["L0.5"].label.by == "bob"


def test_an_export_takes_a_filter_from_python_and_from_the_command(opened, path, tmp_path):
    opened.accept("L0.3", "pets")
    opened.accept("L1.3", "more pets")
    assert opened.export(tmp_path / "one.jsonl", filter="layer:1") == 1
    assert neurotui.export(path, tmp_path / "two.jsonl") == 2
    command = [sys.executable, "-m", "neurotui", "export", str(path), "-o", str(tmp_path / "three.jsonl")]
    subprocess.run([*command, "--filter", "layer:1"], check=True, capture_output=True)
    assert (tmp_path / "three.jsonl").read_text() == (tmp_path / "one.jsonl").read_text()


def test_python_exports_what_each_person_says(opened, path, tmp_path):
    opened.accept("L0.3", "pets")
    with neurotui.open_run(path, annotator="bob") as other:
        other.accept("L0.3", "dogs")
    assert opened.export(tmp_path / "standing.jsonl") == 0
    assert opened.export(tmp_path / "each.jsonl", everyone=True) == 2
    assert neurotui.export(path, tmp_path / "again.jsonl", everyone=True) == 2


def test_what_can_be_mended_is_told(opened, path, tmp_path):
    for call, why in (
        (lambda: opened["L9.9"], "the run has no neuron L9.9"),
        (lambda: opened["nonsense"], "'nonsense' is not a neuron"),
        (lambda: opened.neurons("layer:x"), "'layer:x' is not a filter"),
        (lambda: opened.neurons(order="size"), "'size' is not an order"),
        (lambda: neurotui.open_run(tmp_path / "no.duckdb"), "there is no file"),
    ):
        with pytest.raises(neurotui.UserError, match=re.escape(why)):
            call()
    with neurotui.open_run(path, read_only=True) as run, pytest.raises(neurotui.UserError, match="read-only"):
        run.reject("L0.0")


def test_a_journal_that_is_not_there_is_refused_and_not_read_as_an_empty_one(opened, path, tmp_path):
    opened.accept("L0.3", "pets")
    opened.export(tmp_path / "curated.csv")
    for ask in (
        lambda: neurotui.evaluate(path, [tmp_path / "typo.jsonl"]),
        lambda: neurotui.score(path, labels=tmp_path / "typo.jsonl"),
        lambda: neurotui.evaluate_against(path, tmp_path / "curated.csv", labels=[tmp_path / "typo.jsonl"]),
    ):
        with pytest.raises(neurotui.UserError, match="there is no journal"):
            ask()


def test_the_page_about_python_runs_as_it_stands(path, monkeypatch, capsys):
    monkeypatch.chdir(path.parent)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python.md").read_text("utf-8"), re.DOTALL)
    assert len(blocks) >= 6
    names = {}
    for block in blocks:
        exec(block, names)  # noqa: S102 - our own page
    assert "animals that people keep" in capsys.readouterr().out


def test_the_examples_run(path, monkeypatch, capsys):
    monkeypatch.chdir(path.parent)
    with neurotui.open_run(path, annotator="ada") as run:
        run.accept("L0.3")
    monkeypatch.setattr(sys, "argv", ["agreement.py", str(path)])
    runpy.run_path(str(ROOT / "examples" / "agreement.py"), run_name="__main__")
    assert "L0: 1 of 1" in capsys.readouterr().out
    cells = json.loads((ROOT / "examples" / "first_look.ipynb").read_text("utf-8"))["cells"]
    names = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)  # noqa: S102 - our own notebook
    assert {"described", "neurons"} <= names.keys()


def test_the_interface_is_typed():
    command = [sys.executable, "-m", "mypy", "--strict", "tests/typing/api.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_several_people_decide_and_one_settles(path, tmp_path):
    journal = tmp_path / "people.jsonl"
    for name, label in (("ada", "cats"), ("bob", "dogs")):
        with neurotui.open_run(path, labels=journal, annotator=name) as opened:
            opened.accept("L0.0", label)
    with neurotui.open_run(path, labels=journal, annotator="eva") as opened:
        assert opened.annotators() == ["ada", "bob"]
        assert opened.labels("conflict")["neuron"].to_pylist() == ["L0.0"]
        assert opened.labels(annotator="bob")["label"].to_pylist() == ["dogs"]
        opened.settle("L0.0", "dogs")
        assert opened.labels("accepted")["label"].to_pylist() == ["dogs"]
        opened.accept("L0.1", "one")
        opened.accept("L0.1", "two", also=True)
        assert [one.text for one in opened["L0.1"].label.accepted] == ["one", "two"]
        with pytest.raises(neurotui.UserError, match="people do not differ"):
            opened.settle("L0.1")


@pytest.mark.parametrize("row", [{"neuron": "L0.0"}, dict.fromkeys([*LABELS.names, "mood"], "x")])
def test_a_row_that_its_schema_does_not_describe_is_no_table(row):
    with pytest.raises(ValueError, match=r"mood|annotator"):
        table_of([row], LABELS)
    assert table_of([dict.fromkeys(LABELS.names, "x")], LABELS).num_rows == 1
