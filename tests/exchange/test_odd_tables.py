"""Tables as programs rewrite our exports: taken, or refused with what is wrong; never taken for something else."""

import csv
import gzip
import io
import json
from datetime import time
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from synthetic import write_run

from neurotui.cli import main
from neurotui.errors import UserError
from neurotui.exchange.export_labels import export
from neurotui.exchange.import_labels import import_labels
from neurotui.store.journal import Journal
from neurotui.store.labels import Labels
from neurotui.store.run import Run
from neurotui.types import Neuron

TABLE = "neuron,state,label\nL0.0,accepted,rain\nL0.3,rejected,\n"
ROWS = [{"neuron": "L0.0", "state": "accepted", "label": "rain"}, {"neuron": "L0.3", "state": "rejected"}]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with Run(write_run(tmp_path_factory.mktemp("run") / "run.duckdb", texts=30)) as opened:
        yield opened


def put(tmp_path, name, content):
    path = tmp_path / name
    if isinstance(content, pa.Table):
        pq.write_table(content, path)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def taken(run, tmp_path, name, content):
    """Import some content into a new journal; return its decisions and notes."""
    journal = Journal(tmp_path / "taken.jsonl")
    import_labels(run, journal, put(tmp_path, name, content), form=None, by="eva")
    return [(str(event.neuron), event.action, event.text) for event in journal.events]


def refusal(run, tmp_path, name, content):
    """Return why some content is refused; nothing of it is taken."""
    with pytest.raises(UserError) as refused:
        taken(run, tmp_path, name, content)
    assert not (tmp_path / "taken.jsonl").exists()
    return f"{refused.value} | {refused.value.hint}"


BOTH = [("L0.0", "accept", "rain"), ("L0.3", "reject", "")]


@pytest.mark.parametrize(
    "table",
    [
        "My labels,,\n" + TABLE,
        "Table 1,,\n,,\n" + TABLE,
        "\n\n" + TABLE,
        ",,\n" + TABLE,
        TABLE + "\n" + TABLE,
        TABLE + "\ufeff" + TABLE,
        TABLE.replace("neuron,state", "\u200bNeuron, State\u200b"),
        TABLE.replace("L0.0", "L0.0\xa0"),
        TABLE.replace("L0.0", "\uff2c0.0"),
        "x;" + TABLE.replace(",", ";").replace("\nL", "\n1;L"),
    ],
)
def test_titles_blank_lines_joined_files_and_unseen_characters_are_forgiven(run, tmp_path, table):
    assert taken(run, tmp_path, "t.csv", table) == BOTH


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", TABLE.encode("utf-16-be")),
        ("t.csv", b"\0\0\xfe\xff" + TABLE.encode("utf-32-be")),
        ("t.jsonl", json.dumps(ROWS)),
        ("t.jsonl.gz", gzip.compress(json.dumps(ROWS).encode(), mtime=0)),
        ("t.csv", gzip.compress(TABLE.encode("utf-16"), mtime=0)),
        ("t.jsonl", json.dumps(ROWS, indent=2)),
        ("t.jsonl", "".join(json.dumps(row) + ",\n" for row in ROWS)),
        ("t.jsonl", "".join(json.dumps({f"{key.title()} ": row[key] for key in row}) + "\n" for row in ROWS)),
        ("t.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS) + "\0" * 40),
        (
            "t.parquet",
            pa.table({"Neuron": ["L0.0", "L0.3"], "STATE ": ["accepted", "rejected"], "Label": ["rain", ""]}),
        ),
        (
            "t.parquet",
            pa.table({"neuron": [b"L0.0", b"L0.3"], "state": [b"accepted", b"rejected"], "label": [b"rain", b""]}),
        ),
    ],
)
def test_other_containers_of_the_same_rows_are_read(run, tmp_path, name, content):
    assert taken(run, tmp_path, name, content) == BOTH


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("t.csv", "hello\n", "no line with the names of its columns; it begins 'hello'"),
        ("t.csv", "<html><body>Please log in</body></html>", "no line with the names"),
        ("t.csv", "x" * 300_000, "no line with the names"),
        ("t.csv", "", "is empty"),
        ("t.csv", b"PK\x03\x04" + b"\0" * 90, "is no text | save it as CSV"),
        ("t.csv", b"\xd0\xcf\x11\xe0" + b"\0" * 90, "is no text | save it as CSV"),
        ("t.csv", bytes(range(256)) + b"\0\0", "is no text"),
        ("t.jsonl", b"\xfd7zXZ\0" + b"x" * 90, "is packed with xz | xz -dc "),
        ("t.jsonl.gz", gzip.compress(b"{}" * 90, mtime=0)[:-9], "is packed with gzip and damaged"),
        ("t.jsonl", json.dumps({"neuron": {"0": "L0.0"}, "weights": {"0": "w"}}), "'neuron' must be text"),
        ("t.jsonl", "<<<<<<< HEAD\n{}\n", "line 1: not JSON, but a mark of a conflict in git"),
        (
            "t.json",
            '{\n"a": 1,\n"rows": [{}]\n}',
            "one JSON object with the fields 'a', 'rows', and not one record a",
        ),
        (
            "t.json",
            '{\n"a": 1,\n"rows": [{}]\n}',
            "| write one object a line; this makes such a file: jq -c '.rows[]'",
        ),
        ("t.json", "[\n[1, 2],\n[3, 4]\n]", "is one JSON list of 2 lists, not of records"),
        ("t.jsonl", '{"neuron": "L0.0", "label": "a", "label": "b"}', "has 2 columns 'label'"),
        ("t.jsonl", '{"neuron": "L0.0", "label": "a", "Label": "b"}', "has 2 columns 'label'"),
        ("t.jsonl", '{"layer": 0, "unit": 1e300, "label": "a"}', "line 1: no model has so many neurons"),
        ("t.jsonl", '{"layer": ' + "9" * 5000 + "}", "line 1: not JSON | mend"),
        ("t.jsonl", '{"neuron": "L0.0", "label": "a", "time": [1]}', "'[1]' is not a time"),
        ("t.csv", TABLE.replace("L0.0", "L9.0"), "line 2: the run has no neuron L9.0"),
        ("t.csv", TABLE.replace("L0.0", "0.5"), "line 2: '0.5' is not a neuron | write the layer and the unit"),
        ("t.csv", TABLE + "L0.0,accepted,snow\n", "line 4: L0.0 is in this file twice"),
    ],
)
def test_what_is_no_table_of_labels_is_refused_in_words(run, tmp_path, name, content, says):
    said = refusal(run, tmp_path, name, content)
    assert says in said
    assert len(said) < 600


def test_a_journal_is_called_so_whatever_else_is_wrong_with_it(run, tmp_path):
    content = '{"id": "x", "action": "skip", "by": "ada"}\n<<<<<<< HEAD\n'
    assert "is a journal, not an export" in refusal(run, tmp_path, "t.jsonl", content)


def test_two_columns_of_one_name_are_refused_in_parquet_too(run, tmp_path):
    table = pa.table({"neuron": ["L0.0"], "label": ["rain"]}).append_column("label", pa.array(["snow"]))
    assert "has 2 columns 'label'" in refusal(run, tmp_path, "t.parquet", table)


def test_a_time_of_day_alone_is_refused_and_not_taken_for_now(run, tmp_path):
    table = pa.table({"neuron": ["L0.0"], "label": ["rain"], "time": [time(16, 30)]})
    assert "'16:30:00' is not a time" in refusal(run, tmp_path, "t.parquet", table)


@pytest.mark.parametrize("nothing", ["NA", "NULL", "nan", "None", "#N/A"])
def test_what_programs_write_for_nothing_is_nothing_and_a_label_may_be_that_word(run, tmp_path, nothing):
    journal = Journal(tmp_path / "mine.jsonl")
    of = {"by": "ada", "model": run.model, "weights": run.weights}
    journal.append(Neuron(0, 0), "accept", text="rain", origin="person", **of)
    path = tmp_path / "out.csv"
    export(run, Labels(run.weights, journal.events), "accepted", path, form=None, replace=False)
    [row] = csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline=""))
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, list(row))
    writer.writeheader()
    writer.writerow({key: value or nothing for key, value in row.items()})
    assert taken(run, tmp_path, "t.csv", table.getvalue()) == [("L0.0", "accept", "rain")]
    (tmp_path / "taken.jsonl").unlink()
    assert taken(run, tmp_path, "t.csv", TABLE.replace("rain", nothing))[0] == ("L0.0", "accept", nothing)


@pytest.mark.parametrize("written", ["1763596800", "1763596800000", "1763596800000000", 1763596800000])
def test_times_as_data_frames_count_them_are_read(run, tmp_path, written):
    row = {"neuron": "L0.0", "label": "rain", "time": written}
    taken(run, tmp_path, "t.jsonl", json.dumps(row))
    assert Journal(tmp_path / "taken.jsonl").events[0].time == "2025-11-20T00:00:00.000000+00:00"


def test_decimals_are_numbers(run, tmp_path):
    fits = {name: [Decimal("0.8")] for name in ("fit", "fit_lower", "fit_upper")}
    table = pa.table({"layer": [Decimal(0)], "unit": [Decimal(3)], "label": ["rain"], **fits})
    assert taken(run, tmp_path, "t.parquet", table) == [("L0.3", "accept", "rain")]
    assert Journal(tmp_path / "taken.jsonl").events[0].fit == (0.8, 0.8, 0.8)


@pytest.mark.parametrize("newer_first", [False, True])
def test_of_an_older_and_a_newer_export_in_one_file_the_newer_stands(run, tmp_path, newer_first):
    rows = [f"L0.0,accepted,{text},ada,2026-11-{day}\n" for text, day in (("old", 20), ("new", 21))]
    table = "neuron,state,label,annotator,time\n" + "".join(rows[::-1] if newer_first else rows)
    journal = Journal(tmp_path / "taken.jsonl")
    import_labels(run, journal, put(tmp_path, "t.csv", table), form=None, by="eva")
    assert Labels(run.weights, journal.events).label(Neuron(0, 0)).text == "new"


def test_a_label_of_any_length_comes_back(run, tmp_path):
    long = "y" * 200_000
    assert taken(run, tmp_path, "t.csv", TABLE.replace("rain", long))[0] == ("L0.0", "accept", long)


@pytest.mark.parametrize("given", [json.dumps(ROWS), "", "  \n"])
def test_standard_input_may_be_a_list_or_nothing(run, tmp_path, monkeypatch, capsys, given):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
    arguments = ["import", str(run.path), "-", "--labels", str(tmp_path / "taken.jsonl"), "--json"]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["labels"] == (2 if given.strip() else 0)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (b"caf\xe9", "error: standard input is not UTF-8"),
        (b'{"action": "skip", "by": "ada"}', "error: standard input is a journal"),
        (b"x" * 300_000, "has no line with the names of its columns"),
    ],
)
def test_a_message_names_standard_input(run, monkeypatch, capsys, given, says):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))
    assert main(["import", str(run.path), "-"]) == 1
    said = capsys.readouterr().err
    assert says in said
    assert "cat -" not in said
