"""A run is read as it was written; whatever is not a whole run of ours is refused in words."""

import shutil
import subprocess
import sys
import threading

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from synthetic import write_run

from neurotui.describe.pipeline import describe
from neurotui.errors import UserError
from neurotui.store import connection as room
from neurotui.store.connection import open_run
from neurotui.store.run import Run
from neurotui.store.sql import names, statement
from neurotui.store.writer import Writer


@pytest.fixture
def older(run, tmp_path):
    """Return the run as format 1 had it."""
    path = tmp_path / "older.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS run")
        connection.execute(f"ATTACH '{run}' AS present (READ_ONLY)")
        connection.execute(statement("schema_1"))
        for table in (
            "meta",
            "texts",
            "vocabulary",
            "neurons",
            "exemplars",
            "pooled",
            "phrases",
            "text_descriptors",
        ):
            connection.execute(f"INSERT INTO run.{table} FROM present.{table}")
        connection.execute("UPDATE run.meta SET value = '1' WHERE key = 'format_version'")
        connection.execute(
            "INSERT INTO run.descriptors SELECT descriptor_id, name, backend, calibration, validation "
            "FROM present.descriptors WHERE scope = 'text'"
        )
        connection.execute(
            "INSERT INTO run.matches SELECT neuron_id, rank, descriptor_id, auroc_calibration, lower, upper, "
            "auroc_validation, average_precision, top_with, top_of, described, described_validation "
            "FROM present.matches JOIN present.descriptors USING (descriptor_id) WHERE scope = 'text' AND side = 1"
        )
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("run") / "run.duckdb", texts=40)


@pytest.fixture
def copy(run, tmp_path):
    return shutil.copy(run, tmp_path / "run.duckdb")


def test_overview_and_details_agree(run):
    with Run(run) as opened:
        overview = opened.overview()
        for number in (0, 47, 48, 95):
            detail = opened.detail(number)
            assert detail.neuron == overview.neuron(number)
            assert detail.statistics.mean == overview.mean[number]
            assert detail.matches[0].name == overview.names[overview.matched[number, 0]]
            assert detail.matches[0].correlation_calibration == overview.score[number]
            assert detail.matches[0].correlation_validation == overview.validation[number]
            assert detail.matches[0].side == overview.sides[number, 0]
            assert [peak.word for peak in detail.peaks] == [overview.peak_word(number)]
            assert detail.peaks[0].exemplars == overview.peak_count[number]
            assert detail.matches[0].described == overview.described[number]
            assert [match.rank for match in detail.matches] == [0, 1, 2]
        with pytest.raises(UserError, match="no neuron"):
            opened.detail(96)


def test_a_second_run_is_opened_without_making_its_tables_again(run, monkeypatch):
    with Run(run):
        pass
    looked, real = [], room._tables
    monkeypatch.setattr(room, "_tables", lambda *of: looked.append(of[1]) or real(*of))
    with Run(run):
        pass
    # Twice at the file's: before anything of it is read, and when nothing else can be.
    assert looked == ["run", "run"]


def test_what_there_is_is_counted_once_and_nobody_elses_changes_reach_it(run):
    with Run(run) as opened:
        first = opened.counts()
        first["neurons"] = 0
        opened.close()
        assert opened.counts()["neurons"] == 96


def test_the_beginning_is_what_the_overview_says_of_those_of_which_most_can_be_said(tmp_path):
    with Run(write_run(tmp_path / "run.duckdb", units=150)) as opened:
        beginning, overview = opened.beginning(), opened.overview()
    first = len(beginning)
    assert 100 < first < len(overview)
    order = np.lexsort((-overview.score, ~overview.described))[:first]
    for name in (
        "layer",
        "unit",
        "firing_rate",
        "score",
        "validation",
        "peak_count",
        "described",
        "mean",
        "maximum",
    ):
        ours, whole = getattr(beginning, name), getattr(overview, name)
        assert ours.dtype == whole.dtype, name
        assert np.array_equal(ours, whole[order]), name
    assert [beginning.peak_word(row) for row in range(first)] == [overview.peak_word(row) for row in order]
    best = [beginning.names[place] for place in beginning.matched[:, 0]]
    assert best == [overview.names[place] for place in overview.matched[order, 0]]


def test_the_beginning_of_a_run_without_matches_has_neurons_without_any(copy):
    with duckdb.connect(copy) as database:
        database.execute("DELETE FROM matches")
    with Run(copy) as opened:
        beginning = opened.beginning()
    assert len(beginning) == 96
    assert (beginning.matched == -1).all()
    assert np.isnan(beginning.score).all()
    assert not beginning.described.any()


def test_an_exemplars_pieces_are_the_text_under_its_window(run):
    with Run(run) as opened:
        for exemplar in opened.detail(3).exemplars:
            body = opened.body(exemplar.text_id)
            assert "".join(exemplar.pieces).strip() in body
            assert len(exemplar.pieces) == len(exemplar.trace)
            assert exemplar.activation(exemplar.peak) == pytest.approx(exemplar.highest)


def test_pooled_activations_are_codes_between_the_lowest_and_the_highest(run):
    with Run(run) as opened:
        blocks = dict(opened.pooled_codes(rows=40))
        assert [len(block) for block in blocks.values()] == [40, 40, 16]
        values = opened.pooled(41)
        assert np.allclose(values, -0.1 + blocks[40][1] * (2.1 / 65535), atol=1e-6)


def test_every_statement_prepares(run):
    connection = open_run(run)
    for name in names():
        if name in {"schema", "schema_1", "from_format_1"}:
            continue
        connection.execute(f"PREPARE checked AS {statement(name)}")
        connection.execute("DEALLOCATE checked")


def test_readers_keep_their_file_while_a_new_one_is_swapped_in(copy):
    with Run(copy) as before:
        write_run(copy, layers=1, units=8, texts=30)
        assert before.counts()["neurons"] == 96
        with Run(copy) as after:
            assert after.counts()["neurons"] == 8
        assert before.detail(90).neuron.layer == 1


def other_process(code, path):
    """Start a second process that runs `code` on the run, and wait until it says so."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "here\n"
    return process


def test_two_processes_read_one_run(run):
    code = (
        "import sys; from neurotui.store.run import Run; r = Run(sys.argv[1]); print('here', flush=True); input()"
    )
    with other_process(code, run) as process:
        with Run(run) as opened:
            assert opened.counts()["neurons"] == 96
        process.communicate("\n")
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        ("CREATE VIEW meta2 AS SELECT 1", "view 'meta2'"),
        ("CREATE MACRO upper(x) AS 'harm'", "macro 'upper'"),
        ("CREATE SEQUENCE s", "sequence 's'"),
        ("CREATE SCHEMA other", "schema 'other'"),
        ("CREATE TYPE mood AS ENUM ('bad')", "type 'mood'"),
        ("CREATE INDEX i ON neurons (unit)", "index 'i'"),
        ("CREATE TABLE extra (a INTEGER)", "table 'extra'"),
        ("ALTER TABLE neurons ADD COLUMN a INTEGER", "table 'neurons'"),
        ("DROP TABLE meta", "not a neurotui run"),
        ("DROP TABLE matches", "table 'matches'"),
        (
            "UPDATE meta SET value = '5' WHERE key = 'format_version'",
            "run of format 5; this neurotui reads formats up to 4",
        ),
        ("UPDATE meta SET value = 'x' WHERE key = 'format_version'", "does not say which format"),
        ("UPDATE meta SET value = NULL WHERE key = 'format_version'", "does not say which format"),
        ("UPDATE meta SET value = repeat('9', 5000) WHERE key = 'format_version'", "reads formats up to 4"),
        ("DELETE FROM meta", "does not say which format"),
    ],
)
def test_a_file_that_is_not_as_we_wrote_it_is_refused(copy, harm, says):
    with duckdb.connect(str(copy)) as connection:
        connection.execute(harm)
    with pytest.raises(UserError, match=says):
        Run(copy)


def test_a_run_of_the_first_format_opens_and_says_what_it_lacks(older, run):
    before = older.read_bytes()
    with Run(older) as opened, Run(run) as present:
        assert "format 1" in opened.lacks
        assert not present.lacks
        assert opened.counts()["neurons"] == present.counts()["neurons"]
        overview = opened.overview()
        text_only = [one for one in present.descriptors() if one.scope == "text"]
        assert [one.name for one in opened.descriptors()] == [one.name for one in text_only]
        assert set(overview.scopes) == {"text"}
        assert np.isnan(overview.score).all()
        detail = opened.detail(5)
        assert detail.exemplars == present.detail(5).exemplars
        assert [one.side for one in detail.matches] == [1] * len(detail.matches)
        assert not detail.peaks
        assert len(opened.token_sample().text_id) == 0
    with pytest.raises(UserError, match="cannot be described again"):
        describe(older, "gold", progress=lambda *_: None)
    assert older.read_bytes() == before


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        ("CREATE VIEW extra AS SELECT 1", "holds a view 'extra'"),
        ("CREATE MACRO quiet(a) AS a", "holds a macro 'quiet'"),
        ("ALTER TABLE matches ADD COLUMN side INTEGER", "table 'matches'"),
    ],
)
def test_an_older_run_is_looked_at_as_closely_as_any(older, harm, says):
    with duckdb.connect(str(older)) as connection:
        connection.execute(harm)
    with pytest.raises(UserError, match=says):
        Run(older)


def test_the_sampled_tokens_and_what_neurons_do_there_are_read_as_they_lie(run):
    with duckdb.connect(str(run), read_only=True) as connection:
        sample = connection.execute("FROM token_sample ORDER BY place").fetchnumpy()
        kept = connection.execute("FROM token_activations ORDER BY neuron_id").fetchnumpy()
    with Run(run) as opened:
        found = opened.token_sample()
        assert np.array_equal(found.text_id, sample["text_id"])
        assert np.array_equal(found.position, sample["position"])
        assert np.array_equal(found.weight, sample["weight"])
        assert found.calibration.tolist() == [split == "calibration" for split in sample["split"]]
        blocks = list(opened.token_blocks(rows=40))
        assert [block.first for block in blocks] == [0, 40, 80]
        codes = np.concatenate([block.codes for block in blocks])
        assert np.array_equal(codes, np.stack(kept["codes"]))
        values = np.concatenate([block.activations() for block in blocks])
        span = kept["highest"].astype(np.float64) - kept["lowest"]
        assert np.allclose(values, kept["lowest"][:, None] + codes * span[:, None] / 255, atol=1e-5)
        assert np.array_equal(opened.token_activations(41), values[41])
        body, tokens, ends = opened.divided_texts([3])[0][1:]
        assert body == opened.body(3)
        assert len(tokens) == len(ends)


def test_token_descriptors_are_read_by_place_and_by_descriptor(copy):
    with duckdb.connect(str(copy)) as connection:
        connection.execute("INSERT INTO descriptors VALUES (8, 'token', 'word', 'rain', 'texts', 2, 1)")
        connection.execute("INSERT INTO token_descriptors VALUES (5, 8), (1, 8), (9, 8)")
        connection.execute("UPDATE matches SET descriptor_id = 8, side = -1 WHERE neuron_id = 3 AND rank = 0")
    with Run(copy) as opened:
        place, descriptor = opened.token_descriptors()
        assert place.tolist() == [1, 5, 9]
        assert descriptor.tolist() == [8, 8, 8]
        assert opened.places_of(8).tolist() == [1, 5, 9]
        first = opened.overview().first(3)
        assert (first.name, first.scope, first.kind, first.side) == ("rain", "token", "word", -1)
        texts = opened.text_matches()
        own = texts.neuron_id == 3
        assert texts.rank[own].tolist() == [0, 1]
        assert 8 not in texts.descriptor_id
        assert len(opened.matches().rank) == len(texts.rank) + 1


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\x00", b"\x00" * 5000, b"text\n" * 2000])
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    path = tmp_path / "run.duckdb"
    path.write_bytes(content)
    with pytest.raises(UserError):
        Run(path)
    assert path.read_bytes() == content


def test_a_run_that_was_cut_short_is_refused(copy):
    with copy.open("r+b") as file:
        file.truncate(20_000)
    with pytest.raises(UserError):
        Run(copy)


def test_no_file_and_a_folder_are_refused_with_a_way_out(tmp_path):
    for path in (tmp_path / "none.duckdb", tmp_path):
        with pytest.raises(UserError) as refusal:
            Run(path)
        assert refusal.value.hint


def test_a_run_cannot_read_other_files_or_load_extensions(run):
    connection = open_run(run)
    for harm in (
        f"SELECT * FROM read_text('{run}')",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        f"ATTACH '{run}' AS again",
        "DELETE FROM run.meta",
    ):
        with pytest.raises(duckdb.Error):
            connection.execute(harm)


def test_a_failed_writer_leaves_the_old_file_and_nothing_else(copy):
    before = copy.read_bytes()
    with pytest.raises(ZeroDivisionError), Writer(copy, replace=True) as writer:
        writer.meta({"a": "b"})
        _ = 1 / 0
    assert copy.read_bytes() == before
    assert list(copy.parent.iterdir()) == [copy]


def test_a_writer_does_not_overwrite_unless_told(copy):
    with pytest.raises(UserError, match="is there already"):
        Writer(copy)
    with pytest.raises(UserError, match="no folder"):
        Writer(copy.parent / "none" / "run.duckdb")


def test_two_writers_of_one_run_do_not_meet(copy):
    code = (
        "import sys, pathlib; from neurotui.store.writer import Writer; w = Writer(pathlib.Path(sys.argv[1]),"
        " replace=True); w.__enter__(); print('here', flush=True); input()"
    )
    process = other_process(code, copy)
    with pytest.raises(UserError, match="another command is writing"), Writer(copy, replace=True):
        pass
    process.kill()
    process.communicate()
    with Writer(copy, replace=True) as writer:
        writer.meta({"model": "m", "weights": "w"})
    assert list(copy.parent.iterdir()) == [copy]
    assert Run(copy).model == "m"


def test_neurons_are_found_by_the_word_that_their_exemplars_peak_at(run):
    with Run(run) as opened:
        peaks = {}
        for number in range(len(opened.overview())):
            for exemplar in opened.detail(number).exemplars:
                if exemplar.kind == "top":
                    peaks.setdefault(exemplar.pieces[exemplar.peak].strip(), set()).add(number)
        assert len(peaks) > 10
        for word, neurons in peaks.items():
            beginning = [n for other, n in peaks.items() if other.startswith(word)]
            assert set(opened.peaking(word).tolist()) == set().union(*beginning) >= neurons
            assert set(opened.peaking(word.upper()).tolist()) == set().union(*beginning)
        assert len(opened.peaking("nowhere")) == 0
        assert len(opened.peaking("%")) == len(opened.peaking("(")) == 0


def test_the_phrases_behind_a_descriptor_come_commonest_first(copy):
    with Run(copy) as opened:
        meta = opened.meta
    with Writer(copy, replace=True) as writer:
        writer.meta(meta)
        rows = [(0, "goal", 0), (1, "a goal", 0), (2, "goal", 0), (3, "rain", 1), (4, "noise", None)]
        text_id, phrase, descriptor = zip(*rows, strict=True)
        columns = {"text_id": pa.array(text_id, pa.int32()), "phrase": phrase}
        writer.append("phrases", pa.table(columns | {"descriptor_id": pa.array(descriptor, pa.int32())}))
    with Run(copy) as opened:
        assert opened.phrases([0, 1, 2]) == {0: (("goal", 2), ("a goal", 1)), 1: (("rain", 1),), 2: ()}


def test_a_run_may_be_closed_while_others_read_it(tmp_path):
    path = write_run(tmp_path / "run.duckdb", layers=1, units=200)
    for _ in range(10):
        opened = Run(path)
        began, ended = threading.Event(), []

        def read(run=opened, began=began, ended=ended):
            try:
                while True:
                    run.detail(3)
                    began.set()
            except UserError as refusal:
                ended.append(refusal)

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        began.wait()
        opened.close()
        for reader in readers:
            reader.join()
        assert len(ended) == 3
