"""What comes back from a file: nothing twice, nothing by chance, and as spreadsheets leave it."""

import csv
import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from synthetic import write_run

from neurotui.errors import UserError
from neurotui.exchange.export_labels import export
from neurotui.exchange.import_labels import Imported, import_labels
from neurotui.review.session import Session
from neurotui.store import journal as room
from neurotui.store.journal import Journal
from neurotui.store.labels import Labels
from neurotui.store.run import Run
from neurotui.types import Neuron

FORMS = ["jsonl", "csv", "parquet"]
STATES = ("accepted", "rejected", "skipped", "open", "conflict")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with Run(write_run(tmp_path_factory.mktemp("run") / "run.duckdb", texts=30)) as opened:
        yield opened


@pytest.fixture
def journal(run, tmp_path):
    """Return a journal with every state, notes of another person, and decisions that were changed."""
    journal = Journal(tmp_path / "run.labels.jsonl")
    of = {"model": run.model, "weights": run.weights}
    for unit, (action, text) in enumerate(
        [("accept", "music"), ("reject", ""), ("skip", ""), ("accept", "half \ud83d"), ("accept", " two\nlines ")]
    ):
        journal.append(Neuron(0, unit), action, by="ada", text=text, origin="person" if text else "", **of)
        journal.append(Neuron(0, unit), "note", by="bob", text=f"note {unit}", **of)
    journal.append(Neuron(0, 5), "note", by="bob", text="a note alone", **of)
    journal.append(Neuron(0, 6), "accept", by="ada", text="before", origin="person", **of)
    journal.append(Neuron(0, 6), "accept", by="ada", text="after", origin="person", **of)
    journal.append(Neuron(0, 7), "accept", by="ada", text="hers", origin="person", **of)
    journal.append(Neuron(0, 7), "accept", by="bob", text="his", origin="person", **of)
    journal.append(Neuron(0, 8), "accept", by="ada", text="one", origin="person", **of)
    journal.append(Neuron(0, 8), "also", by="ada", text="two", origin="person", **of)
    journal.append(Neuron(0, 9), "accept", by="ada", text="hers", origin="person", **of)
    journal.append(Neuron(0, 9), "reject", by="bob", **of)
    journal.append(Neuron(0, 9), "settle", by="eva", text="hers", origin="person", **of)
    return journal


def labels(run, journal):
    return Labels(run.weights, Journal(journal.path).events)


def exported(run, journal, tmp_path, form):
    files = []
    for state in STATES:
        files.append(tmp_path / f"{state}.{form}")
        export(run, labels(run, journal), state, files[-1], form=None, replace=True)
    return files


def counts(taken):
    return taken.labels, taken.notes, taken.known


@pytest.mark.parametrize("form", FORMS)
def test_an_unedited_export_is_known_and_doubles_nothing(run, journal, tmp_path, form):
    before = journal.path.read_bytes()
    for file in exported(run, journal, tmp_path, form):
        taken = import_labels(run, journal, file, form=None, by="eva")
        assert (taken.labels, taken.notes) == (0, 0)
        assert taken.known == {"accepted": 10, "rejected": 2, "skipped": 2, "open": 1, "conflict": 2}[file.stem]
    assert journal.path.read_bytes() == before


@pytest.mark.parametrize("form", FORMS)
def test_who_and_when_survive_for_decisions_and_for_notes(run, journal, tmp_path, form):
    other = Journal(tmp_path / "other.jsonl")
    for file in exported(run, journal, tmp_path, form):
        import_labels(run, other, file, form=None, by="eva")
    for mine, theirs in zip(labels(run, journal).all(), labels(run, other).all(), strict=True):
        text = mine.text.encode("utf-8", "replace").decode() if form != "jsonl" else mine.text
        assert theirs._replace(history=0, each=()) == mine._replace(history=0, each=(), text=text)


def records_of(path, form):
    if form == "parquet":
        return pq.read_table(path).to_pylist()
    text = path.read_text("utf-8-sig")
    return (
        [*csv.DictReader(io.StringIO(text, newline=""))]
        if form == "csv"
        else [*map(json.loads, text.splitlines())]
    )


def write_records(path, form, records):
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(records), path)
    elif form == "csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(records[0]))
            writer.writeheader()
            writer.writerows(records)
    else:
        path.write_text("".join(json.dumps(record) + "\n" for record in records))


@pytest.mark.parametrize("form", FORMS)
def test_every_row_that_was_edited_counts_and_no_other(run, tmp_path, form):
    journal = Journal(tmp_path / "run.labels.jsonl")
    of = {"model": run.model, "weights": run.weights}
    for unit in range(40):
        journal.append(Neuron(0, unit), "accept", by="ada", text=f"label {unit}", origin="person", **of)
        journal.append(Neuron(0, unit), "note", by="bob", text=f"note {unit}", **of)
    path = tmp_path / f"edited.{form}"
    export(run, labels(run, journal), "accepted", path, form=None, replace=False)
    records = records_of(path, form)
    for record in records[:10]:
        record["label"] += " edited"
    for record in records[10:20]:
        record["state"] = "rejected"
    for record in records[20:30]:
        record["note"] += " edited"
    for record in records[30:35]:
        record["note"] = ""
    write_records(path, form, records)
    assert counts(import_labels(run, journal, path, form=None, by="ada")) == (20, 15, 80 - 35)
    now = labels(run, journal).all()
    assert [one.text for one in now[:10]] == [f"label {unit} edited" for unit in range(10)]
    assert [one.state for one in now[10:20]] == ["rejected"] * 10
    assert [one.note for one in now[20:35]] == [f"note {unit} edited" for unit in range(20, 30)] + [""] * 5
    assert counts(import_labels(run, journal, path, form=None, by="ada")) == (0, 0, 75)
    # And back again, which the journal has said before: it is no longer what it says.
    for record in records[:10]:
        record["label"] = record["label"].removesuffix(" edited")
    write_records(path, form, records)
    assert counts(import_labels(run, journal, path, form=None, by="ada")) == (10, 0, 65)
    assert labels(run, journal).label(Neuron(0, 3)).text == "label 3"


def test_an_old_export_does_not_bring_back_what_was_decided_otherwise_since(run, journal, tmp_path):
    file = exported(run, journal, tmp_path, "jsonl")[0]
    journal.append(Neuron(0, 0), "reject", by="ada", model=run.model, weights=run.weights)
    assert import_labels(run, journal, file, form=None, by="eva").labels == 0
    assert labels(run, journal).label(Neuron(0, 0)).state == "rejected"


def test_an_import_counts_after_what_was_there_whatever_the_clocks_said(run, tmp_path, monkeypatch):
    journal, path = Journal(tmp_path / "j.jsonl"), tmp_path / "theirs.jsonl"
    of = {"model": run.model, "weights": run.weights}
    row = {"neuron": "L0.0", "state": "accepted", "label": "from the future", "annotator": "bob", **of}
    write_records(path, "jsonl", [{**row, "time": "2031-01-01T00:00:00+00:00"}])
    import_labels(run, journal, path, form=None, by="ada")
    monkeypatch.setattr(room, "_now", lambda: "2026-11-20T00:00:00.000000+00:00")
    journal.append(Neuron(0, 0), "accept", by="bob", text="of today", **of)
    assert labels(run, journal).label(Neuron(0, 0)).time.startswith("2026-11-20")
    write_records(path, "jsonl", [{**row, "label": "of long ago", "time": "2001-01-01T00:00:00+00:00"}])
    import_labels(run, journal, path, form=None, by="ada")
    now = labels(run, journal).label(Neuron(0, 0))
    assert (now.text, now.by, now.time[:4]) == ("of long ago", "bob", "2001")


def test_one_undo_takes_an_import_back_and_one_redo_brings_it_again(run, journal, tmp_path):
    path = tmp_path / "theirs.csv"
    path.write_text("layer,unit,label,annotator,note\n" + "".join(f"0,{unit},x,zoe,n\n" for unit in range(20)))
    before = [one._replace(history=0) for one in labels(run, journal).all()]
    assert counts(import_labels(run, journal, path, form=None, by="Eva")) == (20, 20, 0)
    session = Session(run, Journal(journal.path), "eva", read_only=False)
    assert len(session.undo()) == 40
    now = [one._replace(history=0) for one in labels(run, journal).all()]
    assert [one for one in now if one.state != "open" or one.note] == before
    assert counts(import_labels(run, journal, path, form=None, by="eva")) == (20, 20, 0)
    assert len(session.undo()) == 40
    assert len(session.redo()) == 40
    assert labels(run, journal).label(Neuron(0, 19)).by == "zoe"


def test_two_imports_at_once_do_not_write_everything_twice(run, journal, tmp_path):
    path = exported(run, journal, tmp_path, "jsonl")[0]
    both = [Journal(tmp_path / "other.jsonl") for _ in range(2)]  # neither has seen what the other writes
    assert [counts(import_labels(run, one, path, form=None, by="eva")) for one in both] == [(7, 3, 0), (0, 0, 10)]
    assert len(Journal(both[0].path).events) == 10


W = "0" * 64
COLUMNS = ["neuron", "layer", "unit", "state", "label", "annotator", "time", "fit", "weights"]
ROWS = [["L0.0", "0", "0", "accepted", "rain", "ada", "2026-11-20T00:00:00+00:00", "", W]]
ROWS.append(["L0.3", "0", "3", "Accepted ", "späte Züge", "ada", "2026-11-20T00:00:03+00:00", "", W])


def table(separator=",", end="\r\n", header=COLUMNS, rows=ROWS):
    return "".join(separator.join(cells) + end for cells in [header, *rows])


def changed(column, *cells):
    place = COLUMNS.index(column)
    return [[*row[:place], cell, *row[place + 1 :]] for row, cell in zip(ROWS, cells, strict=True)]


def without(*columns):
    kept = [place for place, name in enumerate(COLUMNS) if name not in columns]
    return table(header=[COLUMNS[place] for place in kept], rows=[[row[place] for place in kept] for row in ROWS])


@pytest.mark.parametrize(
    "data",
    [
        table().encode(),
        table().encode("utf-8-sig"),
        table().encode("utf-16"),
        table("\t").encode("utf-16-le"),
        table(";").encode(),
        table("\t").encode(),
        table("|").encode(),
        ("sep=,\r\n" + table()).encode("utf-8-sig"),
        ('"sep=;"\r\n' + table(";")).encode(),
        ("sep=\t\r\n" + table("\t")).encode(),
        table(end="\r").encode(),
        table(end="\n").encode(),
        table(header=[name.title() for name in COLUMNS]).encode(),
        table(header=[f" {name.upper()} " for name in COLUMNS]).encode(),
        table(header=[f'"{name}"' for name in COLUMNS]).encode("utf-8-sig"),
        table(rows=[*changed("unit", "0.0", " 3.0 "), [""] * len(COLUMNS)]).encode(),
        table(";", rows=changed("unit", "0,0", "3,00")).encode(),
        (table() + "\r\n\r\n" + "," * 20 + "\r\n").encode(),
        table(header=[*COLUMNS, "", ""], rows=[[*row, "", ""] for row in ROWS]).encode(),
        table(rows=[[*row, "", "", ""] for row in ROWS]).encode(),
        without("layer", "unit").encode(),
        without("neuron").encode(),
        without("state", "weights", "time", "fit").encode(),
        table(header=COLUMNS[::-1], rows=[row[::-1] for row in ROWS]).encode(),
    ],
)
def test_a_table_is_taken_as_a_spreadsheet_leaves_it(run, tmp_path, data):
    path, journal = tmp_path / "table.csv", Journal(tmp_path / "j.jsonl")
    path.write_bytes(data)
    assert import_labels(run, journal, path, form=None, by="eva").labels == 2
    found = [(event.unit, event.text, event.by) for event in journal.events]
    assert found == [(0, "rain", "ada"), (3, "späte Züge", "ada")]
    assert import_labels(run, journal, path, form=None, by="eva").known == 2


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (table(header=["label" if name == "fit" else name for name in COLUMNS]), "has 2 columns 'label'"),
        (table(header=["Label " if name == "fit" else name for name in COLUMNS]), "has 2 columns 'label'"),
        (table(rows=[ROWS[0], ROWS[1][:5]]), "line 3: 5 cells below 9 column names"),
        ("sep=,\r\n" + table(rows=[ROWS[0], ROWS[1][:5]]), "line 4: 5 cells below 9 column names"),
        (table(rows=[[*ROWS[0], "", "more"]]), "line 2: 11 cells below 9"),
        (table(rows=changed("unit", "0", "5")), "line 3: 'L0.3' is not layer 0, unit 5"),
        (table(rows=changed("unit", "0", "3.5")), "line 3: layer and unit must be numbers"),
        (table(rows=changed("unit", "0", "-3")), "line 3: layer and unit count from 0"),
        (table(rows=changed("state", "accepted", "Open")), "line 3: L0.3 is open, and has a label"),
        (table(rows=changed("label", "rain", " ")), "line 3: an accepted neuron without a label"),
        (
            table(rows=changed("time", "05/11/2026 00:00", "05/10/2026 00:00")),
            "line 2: of '05/11/2026 00:00', which is the day",
        ),
        (without("state", "label"), "line 2: L0.0 has neither a state nor a label"),
        ("text,topic\r\nrain,weather\r\n", "no line with the names of its columns"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_line_and_nothing_is_taken(run, tmp_path, data, says):
    path, journal = tmp_path / "table.csv", Journal(tmp_path / "j.jsonl")
    path.write_bytes(data.encode())
    with pytest.raises(UserError, match=says):
        import_labels(run, journal, path, form=None, by="eva")
    assert journal.events == []
    assert not journal.path.exists()


@pytest.mark.parametrize(
    ("cells", "times"),
    [
        (("2026-11-20", "2026-11-05"), ("2026-11-20T00:00", "2026-11-05T00:00")),
        (("20/11/2026 00:00", "05/11/2026 16:30"), ("2026-11-20T00:00", "2026-11-05T16:30")),
        (("11/20/2026 12:05 AM", "11/5/2026 4:30 PM"), ("2026-11-20T00:05", "2026-11-05T16:30")),
        (("20.11.2026 00:00:09", "05.11.26"), ("2026-11-20T00:00", "2026-11-05T00:00")),
        (("2026/11/20 7:05", "2026-11-05 16:30:59"), ("2026-11-20T07:05", "2026-11-05T16:30")),
        (("46346", "46331.6875"), ("2026-11-20T00:00", "2026-11-05T16:30")),
        (("20-11-2026", "11/11/2026"), ("2026-11-20T00:00", "2026-11-11T00:00")),
    ],
)
def test_dates_are_read_as_spreadsheets_write_them(run, tmp_path, cells, times):
    path, journal = tmp_path / "table.csv", Journal(tmp_path / "j.jsonl")
    path.write_text(table(rows=changed("time", *cells)))
    import_labels(run, journal, path, form=None, by="eva")
    assert tuple(event.time[:16] for event in journal.events) == times


def test_data_frames_give_dates_floats_and_nan(run, tmp_path):
    path, journal = tmp_path / "table.parquet", Journal(tmp_path / "j.jsonl")
    row = {"layer": 0.0, "unit": 3.0, "label": "rain", "note": float("nan"), "side": float("nan")}
    write_records(path, "parquet", [{**row, "time": datetime(2026, 11, 20, tzinfo=UTC)}])
    taken = import_labels(run, journal, path, form=None, by="eva")
    assert taken == Imported(1, 0, 0, 0, 1)
    assert (journal.events[0].unit, journal.events[0].by, journal.events[0].time[:10]) == (3, "eva", "2026-11-20")


def test_another_encoding_is_not_guessed_and_the_command_that_says_it_works(run, tmp_path):
    path, journal = tmp_path / "table.csv", Journal(tmp_path / "j.jsonl")
    path.write_bytes(table().encode("cp1252"))
    with pytest.raises(UserError, match=r"there stands '.*späte Züge") as refused:
        import_labels(run, journal, path, form=None, by="eva")
    assert f"neurotui import {run.path} {path} --encoding cp1252" in refused.value.hint
    assert import_labels(run, journal, path, form=None, by="eva", encoding="cp1252").labels == 2
    assert journal.events[1].text == "späte Züge"


def test_a_table_that_we_write_opens_in_a_spreadsheet_and_a_pipe_gets_no_mark(run, journal, tmp_path, capfd):
    path = tmp_path / "out.csv"
    export(run, labels(run, journal), "accepted", path, form=None, replace=False)
    assert path.read_bytes().startswith(b"\xef\xbb\xbfneuron,")
    export(run, labels(run, journal), "accepted", Path("-"), form="csv", replace=False)
    assert capfd.readouterr().out.startswith("neuron,")


@pytest.mark.parametrize("form", FORMS)
def test_standard_input_is_read_in_whichever_format_it_is(run, journal, tmp_path, monkeypatch, form):
    file = exported(run, journal, tmp_path, form)[0]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes())))
    taken = import_labels(run, Journal(tmp_path / "new.jsonl"), Path("-"), form=None, by="eva")
    assert counts(taken) == (7, 3, 0)


def test_a_journal_is_no_export_and_is_merged_by_a_command_that_works(run, journal, tmp_path):
    other = Journal(tmp_path / "other.jsonl")
    other.append(Neuron(0, 50), "skip", by="zoe", model=run.model, weights=run.weights)
    with pytest.raises(UserError, match="is a journal, not an export") as refused:
        import_labels(run, journal, other.path, form=None, by="eva")
    assert refused.value.hint == f"cat {other.path} >> {journal.path}"


def test_a_row_that_was_made_open_is_refused_with_its_line(run, journal, tmp_path):
    file = exported(run, journal, tmp_path, "jsonl")[1]
    file.write_text(file.read_text().replace('"rejected"', '"open"'))
    with pytest.raises(UserError, match=r"line 1: L0\.1 is rejected, and an open row takes nothing back"):
        import_labels(run, journal, file, form=None, by="eva")
