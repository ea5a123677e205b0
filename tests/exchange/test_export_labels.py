"""Labels leave for a file with their evidence, and come back as the same decisions."""

import csv
import io
import json
import os
import shutil
import stat
from functools import partial
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from synthetic import add_token_scope, write_run

from neurotui.errors import UserError
from neurotui.exchange import parquet
from neurotui.exchange.export_labels import export
from neurotui.exchange.import_labels import import_labels
from neurotui.exchange.label_row import COLUMNS
from neurotui.exchange.registry import BUILT_IN, named_as, without_suffix
from neurotui.exchange.spec import FormatSpec
from neurotui.review.description import description_of
from neurotui.store.journal import Journal, new_id
from neurotui.store.labels import Labels
from neurotui.store.run import Run
from neurotui.types import Event, Neuron

HOSTILE = [
    '=HYPERLINK("x")',
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "'=1",
    "'quoted'",
    'a "b", c\nd',
    "\x1b[31m",
    "é\u202e",
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("run") / "run.duckdb", texts=30)


@pytest.fixture
def opened(made, tmp_path):
    with Run(shutil.copy(made, tmp_path / "run.duckdb")) as run:
        yield run


@pytest.fixture
def journal(opened, tmp_path):
    journal = Journal(tmp_path / "run.labels.jsonl")
    known = {"model": opened.model, "weights": opened.weights}
    for unit, text in enumerate(HOSTILE):
        journal.append(Neuron(0, unit), "accept", by="ann", text=text, origin="person", **known)
    best = opened.detail(20).matches[1]
    journal.append(Neuron(0, 20), "reject", by="=bob", **known)
    journal.append(Neuron(0, 20), "accept", by="=bob", text=best.name, origin=best.backend, **known)
    journal.append(Neuron(0, 21), "reject", by="ann", **known)
    journal.append(Neuron(0, 21), "note", by="ann", text="fires at commas", **known)
    journal.append(Neuron(0, 22), "skip", by="ann", **known)
    journal.append(Neuron(7, 999), "accept", by="ann", text="not in this run", **known)
    return journal


def folded(run, journal):
    labels = Labels(run.weights)
    labels.apply(journal.events)
    return labels


def test_a_record_carries_the_scores_of_the_match_that_it_names(opened, journal, tmp_path):
    path = tmp_path / "out.jsonl"
    assert export(opened, folded(opened, journal), "accepted", path, form=None, replace=False) == len(HOSTILE) + 2
    records = {record["neuron"]: record for record in map(json.loads, path.read_text().splitlines())}
    match = opened.detail(20).matches[1]
    record = records["L0.20"]
    assert tuple(record) == COLUMNS
    assert (record["label"], record["annotator"], record["history"]) == (match.name, "=bob", 2)
    assert record["auroc_calibration"] == pytest.approx(match.auroc_calibration, abs=1e-4)
    assert record["auroc_validation"] == pytest.approx(match.auroc_validation, abs=1e-4)
    assert (record["lower"], record["upper"]) == pytest.approx((match.lower, match.upper), abs=1e-4)
    best = opened.detail(20).matches[0]
    assert record["best_descriptor"] == (best.name if best.described else None)
    assert records["L0.0"]["label"] == HOSTILE[0]
    assert records["L0.0"]["auroc_calibration"] is None
    assert records["L7.999"]["best_descriptor"] is None


def test_of_a_descriptor_that_is_tied_on_both_sides_the_scores_are_those_of_the_side_that_is_said(made, tmp_path):
    path = shutil.copy(made, tmp_path / "both.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "INSERT INTO matches BY NAME SELECT * REPLACE (-side AS side, 3 AS rank, 0.61 AS auroc_calibration,"
            " 0.55 AS lower) FROM matches WHERE neuron_id = 20 AND rank = 1"
        )
    with Run(path) as run:
        above, below = (match for match in run.detail(20).matches if match.rank in {1, 3})
        assert (above.descriptor_id, above.side, below.side) == (below.descriptor_id, 1, -1)
        for match in (above, below):
            journal = Journal(tmp_path / f"{match.side}.jsonl")
            about = ("ann", "accept", run.model, run.weights, 0, 20, match.name)
            journal.extend([Event(new_id(), "", *about, side=match.side, scope="text")])
            out = tmp_path / f"{match.side}.out.jsonl"
            export(run, folded(run, journal), "accepted", out, form=None, replace=False)
            (record,) = map(json.loads, out.read_text().splitlines())
            assert record["side"] == match.side
            assert record["auroc_calibration"] == pytest.approx(match.auroc_calibration, abs=1e-4)
            assert record["lower"] == pytest.approx(match.lower, abs=1e-4)
        assert above.auroc_calibration != below.auroc_calibration


@pytest.fixture
def two_sided(tmp_path):
    path = add_token_scope(write_run(tmp_path / "two.duckdb", units=8))
    with Run(path) as run:
        journal = Journal(tmp_path / "two.labels.jsonl")
        for number in (4, 6):
            first = run.detail(number).matches[0]
            layer, unit = run.overview().neuron(number)
            event = Event(
                new_id(),
                "",
                "ada",
                "accept",
                run.model,
                run.weights,
                layer,
                unit,
                first.name,
                first.backend,
                side=first.side,
                scope=first.scope,
            )
            journal.extend([event])
        yield run, journal


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_side_and_scope_go_out_and_come_back(two_sided, tmp_path, form):
    run, journal = two_sided
    path = tmp_path / f"labels.{form}"
    export(run, folded(run, journal), "accepted", path, form=None, replace=False)
    back = Journal(tmp_path / "back.jsonl")
    assert import_labels(run, back, path, form=None).labels == 2
    assert import_labels(run, back, path, form=None).known == 2
    assert [(e.text, e.side, e.scope) for e in back.events] == [
        (e.text, e.side, e.scope) for e in sorted(journal.events, key=lambda event: event.time)
    ]
    assert {e.side for e in back.events} == {1, -1}
    other = path.read_text("utf-8").replace("token", "paragraph")
    path.write_text(other, "utf-8")
    with pytest.raises(UserError, match="'paragraph' not a scope"):
        import_labels(run, Journal(tmp_path / "third.jsonl"), path, form=None)


def test_an_export_says_what_the_app_says_with_its_correlations_and_peaks(two_sided, tmp_path):
    run, journal = two_sided
    labels, path = folded(run, journal), tmp_path / "open.jsonl"
    export(run, labels, "open", path, form=None, replace=False)
    records = {record["neuron"]: record for record in map(json.loads, path.read_text().splitlines())}
    for number in (0, 1, 2):
        told, detail = description_of(run.overview(), labels, number), run.detail(number)
        record = records[str(detail.neuron)]
        expected = told.record()
        assert {key: record[key] for key in expected if key != "says"} == {
            key: value for key, value in expected.items() if key != "says"
        }
        peaks = [
            f"{peak.word} {peak.exemplars}"
            for peak in detail.peaks
            if peak.side == (1 if told.quiet else told.side)
        ]
        assert record["peaks"] == ", ".join(peaks) != ""


def test_an_older_export_is_read_and_known_again(opened, journal, tmp_path):
    """Those before format 2 had no side and no scope."""
    path = tmp_path / "old.jsonl"
    export(opened, folded(opened, journal), "accepted", path, form=None, replace=False)
    records = map(json.loads, path.read_text("utf-8").splitlines())
    lines = [
        json.dumps({key: value for key, value in record.items() if key not in {"side", "scope"}})
        for record in records
    ]
    path.write_text("\n".join(lines), "utf-8")
    back = Journal(tmp_path / "back.jsonl")
    assert import_labels(opened, back, path, form=None).labels == len(lines)
    assert {(event.side, event.scope) for event in back.events} == {(1, "")}


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_what_was_exported_comes_back_the_same_and_only_once(opened, journal, tmp_path, form):
    for state in ("accepted", "rejected", "skipped"):
        path = tmp_path / f"{state}.{form}"
        export(opened, folded(opened, journal), state, path, form=None, replace=False)
    other = Journal(tmp_path / "other.jsonl")
    for state in ("accepted", "rejected", "skipped"):
        import_labels(opened, other, tmp_path / f"{state}.{form}", form=None)
    ours = {label.neuron: label for label in folded(opened, journal).all()}
    theirs = {label.neuron: label for label in folded(opened, other).all()}
    for neuron, label in ours.items():
        back = theirs[neuron]
        assert (back.state, back.text, back.origin, back.by, back.note) == (
            label.state,
            label.text,
            label.origin,
            label.by,
            label.note,
        )
    again = import_labels(opened, other, tmp_path / f"accepted.{form}", form=None)
    assert (again.labels, again.known) == (0, len(HOSTILE) + 2)


def test_a_parquet_file_has_typed_columns_and_nothing_where_there_is_nothing(two_sided, tmp_path):
    run, journal = two_sided
    path = tmp_path / "labels.parquet"
    assert export(run, folded(run, journal), "accepted", path, form=None, replace=False) == 2
    export(run, folded(run, journal), "accepted", tmp_path / "labels.jsonl", form=None, replace=False)
    table = pq.read_table(path)
    assert tuple(table.column_names) == COLUMNS
    types = {name: str(table.schema.field(name).type) for name in ("neuron", "layer", "side", "lower", "peaks")}
    assert types == {"neuron": "string", "layer": "int64", "side": "int64", "lower": "double", "peaks": "string"}
    assert table.to_pylist() == [*map(json.loads, (tmp_path / "labels.jsonl").read_text().splitlines())]
    assert table.column("fit").null_count == 2
    back = Journal(tmp_path / "back.jsonl")
    assert import_labels(run, back, path, form=None).labels == 2
    assert {(event.side, event.scope) for event in back.events} == {
        (event.side, event.scope) for event in journal.events
    }


def test_more_records_than_are_written_at_once_all_come_back(opened, tmp_path, monkeypatch):
    monkeypatch.setattr("neurotui.exchange.parquet._ROWS", 10)
    path = tmp_path / "open.parquet"
    assert export(opened, Labels(opened.weights), "open", path, form=None, replace=False) == 96
    assert pq.ParquetFile(path).num_row_groups == 10
    with path.open("rb") as file:
        assert [number for number, _ in parquet.read(file, "x")] == list(range(1, 97))


def test_a_half_of_a_surrogate_pair_is_a_question_mark_in_parquet(opened, journal, tmp_path):
    path = tmp_path / "out.parquet"
    known = {"model": opened.model, "weights": opened.weights}
    journal.append(Neuron(0, 30), "accept", by="ann", text="half \ud83d", origin="person", **known)
    export(opened, folded(opened, journal), "accepted", path, form=None, replace=False)
    assert "half ?" in pq.read_table(path).column("label").to_pylist()


def test_nothing_to_write_is_a_file_with_columns(opened, tmp_path):
    path = tmp_path / "none.parquet"
    assert export(opened, Labels(opened.weights), "accepted", path, form=None, replace=False) == 0
    assert tuple(pq.read_table(path).column_names) == COLUMNS


@pytest.mark.parametrize("terminal", [True, False])
def test_binary_goes_to_a_pipe_and_to_no_terminal(opened, journal, monkeypatch, terminal):
    ours, others = os.openpty() if terminal else os.pipe()
    with os.fdopen(ours, "rb") as reads, os.fdopen(others, "w") as out:
        monkeypatch.setattr("sys.stdout", out)
        to_standard_output = partial(
            export, opened, folded(opened, journal), "accepted", Path("-"), form="parquet", replace=False
        )
        if terminal:
            with pytest.raises(UserError, match="no text that a terminal could show"):
                to_standard_output()
            return
        assert to_standard_output() == len(HOSTILE) + 2
        out.close()
        assert pq.read_table(io.BytesIO(reads.read())).num_rows == len(HOSTILE) + 2


def test_a_folder_is_there_whole_or_not_at_all_and_never_replaced(opened, journal, tmp_path, monkeypatch):
    def write(rows, folder):
        (folder / "one.txt").write_text("".join(row.label for row in rows), "utf-8")
        if fails:
            raise OSError(28, "No space left on device")
        return 1

    spec = FormatSpec(name="pages", suffixes=(".pages",), mode="folder", write=write)
    monkeypatch.setitem(BUILT_IN, "pages", spec)
    labels, path, before = folded(opened, journal), tmp_path / "x.pages", sorted(tmp_path.iterdir())
    fails = True
    with pytest.raises(UserError, match="could not be written: No space left"):
        export(opened, labels, "accepted", path, form=None, replace=False)
    assert sorted(tmp_path.iterdir()) == before
    fails = False
    assert export(opened, labels, "accepted", path, form=None, replace=False) == 1
    whole = (path / "one.txt").read_text("utf-8")
    with pytest.raises(UserError, match="never replaced"):
        export(opened, labels, "accepted", path, form=None, replace=True)
    with pytest.raises(UserError, match="no folder goes to standard output"):
        export(opened, labels, "accepted", Path("-"), form="pages", replace=False)
    assert (path / "one.txt").read_text("utf-8") == whole
    assert sorted(tmp_path.iterdir()) == sorted([*before, path])


def test_the_longest_suffix_says_the_format(monkeypatch):
    spec = FormatSpec(name="packed", suffixes=(".labels", ".packed.csv"), mode="binary", write=lambda *_: 0)
    monkeypatch.setitem(BUILT_IN, "packed", spec)
    named = {
        name: named_as(Path(name)) for name in ("x.packed.csv", "x.CSV", "x.labels", "x.csv.what", "csv", "x")
    }
    assert [found and found.name for found in named.values()] == ["packed", "csv", "packed", None, None, None]
    assert without_suffix(Path("a/x.Packed.csv"), spec) == Path("a/x")


def test_no_cell_of_a_csv_file_is_a_formula(opened, journal, tmp_path):
    path = tmp_path / "out.csv"
    export(opened, folded(opened, journal), "accepted", path, form=None, replace=False)
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.reader(file):
            assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]


def test_open_neurons_are_those_that_nobody_decided(opened, journal, tmp_path):
    path = tmp_path / "out.jsonl"
    count = export(opened, folded(opened, journal), "open", path, form=None, replace=False)
    assert count == 96 - len(HOSTILE) - 3


def test_a_file_is_replaced_whole_or_not_at_all(opened, journal, tmp_path, monkeypatch):
    path = tmp_path / "out.jsonl"
    path.write_text("precious")
    path.chmod(0o640)
    labels = folded(opened, journal)
    with pytest.raises(UserError, match="is there already"):
        export(opened, labels, "accepted", path, form=None, replace=False)
    with monkeypatch.context() as patched, pytest.raises(UserError, match="could not be written"):
        patched.setattr("neurotui.exchange.jsonl.json.dumps", _full)
        export(opened, labels, "accepted", path, form=None, replace=True)
    assert path.read_text() == "precious"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out.jsonl", "run.duckdb", "run.labels.jsonl"]
    export(opened, labels, "accepted", path, form=None, replace=True)
    assert path.read_text() != "precious"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def _full(*_, **__):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.txt", b"", "does not say which format"),
        ("run.duckdb", bytes(8) + b"DUCK" + bytes(60), "is a run, not a file of labels"),
        ("none.jsonl", None, "no file"),
        ("a.jsonl", b"\xff\xff", "not UTF-8"),
        ("a.jsonl", b"{", "line 1: not JSON"),
        ("a.jsonl", b"\n[1]\n", "begins as a JSON list and is none"),
        ("a.jsonl", b'{"weights":"W","layer":0,"unit":1,"state":"burnt"}', "'burnt' is not a state"),
        ("a.jsonl", b'{"weights":"W","state":"accepted","layer":"zero","unit":1,"label":"x"}', "must be numbers"),
        ("a.jsonl", b'{"weights":"W","state":"accepted","layer":0,"unit":1,"label":" "}', "without a label"),
        ("a.jsonl", b'{"weights":"W","state":"skipped","layer":0,"unit":1,"time":"soon"}', "not a time"),
        ("a.csv", b"layer,unit\n1\n", "1 cells below 2"),
        ("a.csv", b'layer,unit\n"1', "not CSV"),
        ("a.parquet", b"PAR1 or not", "is not Parquet"),
        ("none.parquet", None, "no file"),
    ],
)
def test_a_bad_file_is_refused_by_name_and_line_and_nothing_is_taken(opened, tmp_path, name, content, says):
    path = tmp_path / name
    good = f'{{"weights":"{opened.weights}","state":"skipped","layer":0,"unit":1}}\n'.encode()
    if content is not None:
        content = content.replace(b'"W"', f'"{opened.weights}"'.encode())
        path.write_bytes(
            content if says.startswith(("line", "not")) or name != "a.jsonl" else content + b"\n" + good
        )
    journal = Journal(tmp_path / "j.jsonl")
    with pytest.raises(UserError, match=says):
        import_labels(opened, journal, path, form=None)
    assert journal.events == []


def test_labels_of_another_model_are_counted_and_left_out(opened, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"weights":"other","state":"skipped","layer":0,"unit":1}\n')
    taken = import_labels(opened, Journal(tmp_path / "j.jsonl"), path, form=None)
    assert (taken.labels, taken.other_models) == (0, 1)


@pytest.mark.parametrize(
    "record",
    [
        '"layer": -1, "unit": 1, "state": "accepted", "label": "x"',
        '"layer": 0, "unit": 99999999999, "state": "skipped"',
        '"layer": 0, "unit": 1, "state": "skipped", "time": "9999-12-31T23:59:59.999998"',
        '"layer": 0, "unit": 1, "state": []',
    ],
)
def test_what_a_journal_could_not_read_again_is_never_written(opened, tmp_path, record):
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"weights": "{opened.weights}", {record}}}\n')
    journal = Journal(tmp_path / "j.jsonl")
    with pytest.raises(UserError):
        import_labels(opened, journal, path, form=None)
    assert Journal(tmp_path / "j.jsonl").events == []


def test_a_file_that_is_no_export_is_refused(opened, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "words"}\n')
    with pytest.raises(UserError, match="line 1: no label that neurotui exported"):
        import_labels(opened, Journal(tmp_path / "j.jsonl"), path, form=None)


def test_neither_the_run_nor_its_journal_is_ever_replaced_by_an_export(opened, journal):
    for path in (opened.path, journal.path):
        before = path.read_bytes()
        with pytest.raises(UserError, match="is what this command reads"):
            export(opened, folded(opened, journal), "accepted", path, form="csv", replace=True)
        assert path.read_bytes() == before


def test_what_was_paid_for_is_never_replaced_by_an_export_under_whatever_name(opened, journal, tmp_path):
    replies = tmp_path / "run.replies.sqlite"
    replies.write_bytes(b"precious")
    (tmp_path / "link.csv").symlink_to(replies)
    for path in (replies, tmp_path / "link.csv"):
        with pytest.raises(UserError, match="holds the replies that were paid for"):
            export(opened, folded(opened, journal), "accepted", path, form="csv", replace=True)
        assert replies.read_bytes() == b"precious"


@pytest.mark.parametrize("name", ["x.jsonl", "x.CSV.parquet", "run.duckdb.wal"])
def test_a_name_that_says_another_format_is_refused(opened, journal, tmp_path, name):
    with pytest.raises(UserError, match="but csv is to be written") as refused:
        export(opened, folded(opened, journal), "accepted", tmp_path / name, form="csv", replace=False)
    assert "end its name in .csv" in refused.value.hint
    assert not (tmp_path / name).exists()
    for name_of_its_own in ("x.txt", "x.csv", "x"):
        export(opened, folded(opened, journal), "accepted", tmp_path / name_of_its_own, form="csv", replace=False)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_the_fits_of_a_label_in_both_scopes_go_out_and_come_back(opened, tmp_path, form):
    journal, path = Journal(tmp_path / "own.jsonl"), tmp_path / f"out.{form}"
    fits = {"fit": (0.91, 0.84, 0.98), "token_fit": (0.5, 0.0, 1.0)}
    said = ("", "", "ada", "accept", opened.model, opened.weights, 0)
    with_fit = Event(*said, 1, "music", "person")._replace(id="a", **fits)
    journal.extend([with_fit, Event(*said, 2, "film", "person")._replace(id="b")])
    export(opened, folded(opened, journal), "accepted", path, form=None, replace=False)
    if form == "jsonl":
        one, other = map(json.loads, path.read_text().splitlines())
        names = [f"{name}{end}" for name in fits for end in ("", "_lower", "_upper")]
        assert [one[name] for name in names] == [*fits["fit"], *fits["token_fit"]]
        assert [other[name] for name in names] == [None] * 6
    back = Journal(tmp_path / "back.jsonl")
    import_labels(opened, back, path, form=None)
    assert [(event.fit, event.token_fit) for event in back.events] == [tuple(fits.values()), ((), ())]
    text = path.read_text()
    path.write_text(text.replace("0.91", '"x"' if form == "jsonl" else "x"))
    with pytest.raises(UserError, match="'fit' is not three numbers"):
        import_labels(opened, Journal(tmp_path / "third.jsonl"), path, form=None)


def test_only_the_first_of_several_labels_was_given_blind(opened, tmp_path):
    journal, path = Journal(tmp_path / "own.jsonl"), tmp_path / "out.jsonl"
    own = Event(
        "1", "2026-01-01", "ada", "accept", opened.model, opened.weights, 0, 1, "rain", "person", blind="both"
    )
    widened = own._replace(id="2", time="2026-01-02", action="also", text="snow", origin="keywords", blind="")
    journal.extend([own, widened])
    export(opened, folded(opened, journal), "accepted", path, form=None, replace=False)
    assert [json.loads(line)["blind"] for line in path.read_text().splitlines()] == ["both", ""]
    back = Journal(tmp_path / "back.jsonl")
    import_labels(opened, back, path, form=None)
    assert [(event.action, event.blind) for event in back.events] == [("accept", "both"), ("also", "")]


def test_everyones_own_labels_are_written_and_come_back_as_theirs(opened, tmp_path):
    journal = Journal(tmp_path / "team.jsonl")
    known = {"model": opened.model, "weights": opened.weights}
    journal.append(Neuron(0, 1), "accept", by="ada", text="rain", origin="person", **known)
    journal.append(Neuron(0, 1), "accept", by="bob", text="snow", origin="person", **known)
    journal.append(Neuron(0, 1), "also", by="bob", text="ice", origin="person", **known)
    journal.append(Neuron(0, 2), "accept", by="ada", text="mud", origin="person", **known)
    journal.append(Neuron(0, 2), "reject", by="bob", **known)
    labels = folded(opened, journal)
    for name in ("a.csv", "a.jsonl", "a.parquet"):
        back = Journal(tmp_path / f"back of {name}.jsonl")
        for state, count in (("accepted", 4), ("rejected", 1)):
            path = tmp_path / f"{state} {name}"
            written = export(opened, labels, state, path, form=None, replace=False, everyone=True)
            assert written == count
            import_labels(opened, back, path, form=None)
        again = folded(opened, back)
        for neuron in (Neuron(0, 1), Neuron(0, 2)):
            for by in ("ada", "bob"):
                here, there = labels.own(neuron, by), again.own(neuron, by)
                assert (here.state, here.accepted, here.time) == (there.state, there.accepted, there.time)
    for state, name, what in (
        ("accepted", "a.html", "--everyone writes a row a person, and html has none"),
        ("open", "open.jsonl", "nobody has a label of their own of an open neuron"),
    ):
        with pytest.raises(UserError, match=what):
            export(opened, labels, state, tmp_path / name, form=None, replace=False, everyone=True)
        assert not (tmp_path / name).exists()


def test_each_persons_row_tells_what_people_differ_in_there(opened, tmp_path):
    journal, path = Journal(tmp_path / "team.jsonl"), tmp_path / "out.jsonl"
    known = {"model": opened.model, "weights": opened.weights}
    for unit, texts in ((1, ("right", "the word right")), (2, ("rain", "snow")), (3, ("mud", "mud"))):
        for by, text in zip(("ada", "bob"), texts, strict=True):
            journal.append(Neuron(0, unit), "accept", by=by, text=text, origin="person", **known)
    export(opened, folded(opened, journal), "accepted", path, form=None, replace=False, everyone=True)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(row["unit"], row["annotator"], row["differ"]) for row in rows] == [
        (1, "ada", "wording"),
        (1, "bob", "wording"),
        (2, "ada", "label"),
        (2, "bob", "label"),
        (3, "ada", ""),
        (3, "bob", ""),
    ]
