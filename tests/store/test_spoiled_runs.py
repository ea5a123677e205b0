"""A run whose tables have the right columns and the wrong contents is refused in words, and verify finds what is wrong.

Every column of every table is spoiled in every way that its type allows, one at a time.
"""

import shutil

import duckdb
import numpy as np
import pytest
from synthetic import add_describer, add_token_scope, mend, write_run

from neurotui.cli import main
from neurotui.describe.similar import correlations
from neurotui.errors import UserError
from neurotui.evaluate.by_gold import judge_by_gold
from neurotui.evaluate.by_labels import judge
from neurotui.evaluate.described_by import described_by_all
from neurotui.evaluate.predictive import predictive
from neurotui.exchange.rows import LabelRows
from neurotui.review.counts import GROUPINGS, groups
from neurotui.review.neuron_loader import NeuronLoader
from neurotui.review.session import Session
from neurotui.review.state import ReviewState
from neurotui.store import reader
from neurotui.store.connection import memory
from neurotui.store.run import Run
from neurotui.store.sql import statement as named
from neurotui.store.table_faults import table_faults
from neurotui.types import no_progress

BY_TYPE = {
    "INTEGER": ("NULL", "-1", "999999", "2147483647"),
    "SMALLINT": ("NULL", "-1", "9999", "32767"),
    "TINYINT": ("NULL", "0", "7", "-128"),
    "VARCHAR": ("NULL", "''", "'no such'"),
    "BOOLEAN": ("NULL",),
    "FLOAT": ("NULL", "'nan'", "'inf'", "-1e30"),
    "INTEGER[]": ("NULL", "[]", "[NULL]", "[-1]", "[999999, 3]"),
    "VARCHAR[]": ("[NULL]",),
    "USMALLINT[]": ("NULL", "[]", "[NULL]", "[1, 2]"),
    "UTINYINT[]": ("NULL", "[]", "[NULL]", "[1, 2]"),
}
# Whatever stands there is somebody's word, or changes nothing that could be known to be wrong.
FREE = {
    *("texts.source_id", "texts.body", "texts.gold", "vocabulary.piece", "vocabulary.special", "peaks.word"),
    *("phrases.phrase", "descriptors.name", "descriptors.kind", "descriptors.backend"),
    *("matches.described", "matches.described_validation", "outputs.value", "meta.key", "meta.value"),
    # Not a number is what a score is where a split has nothing to score.
    *("matches.auroc_calibration", "matches.auroc_validation", "matches.average_precision"),
    *(f"described_by.{one}" for one in ("kind", "name", "described", "described_validation")),
    *(f"described_by.{one}" for one in ("auroc_calibration", "auroc_validation", "average_precision")),
    # Of how many windows, in which document and where it begins, is known of nothing else.
    *("windows.document", "windows.total", "windows.begins"),
    *(f"describers.{one}" for one in ("backend", "namer", "llm", "prompts", "described_at", "descriptors")),
}
MORE = (
    *(
        f"DELETE FROM {table}"
        for table in ("meta", "texts", "vocabulary", "neurons", "pooled", "token_activations")
    ),
    *(f"DELETE FROM meta WHERE key = '{key}'" for key in ("model", "weights", "pooling", "texts_calibration")),
    *(f"UPDATE meta SET value = NULL WHERE key = '{key}'" for key in ("model", "weights", "pooling")),
    "INSERT INTO meta VALUES ('model', 'another')",
    "INSERT INTO meta SELECT 'key ' || number, '' FROM range(5000) AS many(number)",
    "UPDATE meta SET value = 'many' WHERE key = 'texts_calibration'",
    "UPDATE meta SET value = 'median' WHERE key = 'pooling'",
    "UPDATE meta SET value = 'seven' WHERE key = 'seed'",
    *(
        f"INSERT INTO {table} SELECT * FROM {table} LIMIT 1"
        for table in (
            *("texts", "neurons", "pooled", "matches", "exemplars", "descriptors", "peaks", "outputs"),
            *("vocabulary", "token_sample", "token_activations", "text_descriptors", "token_descriptors"),
            *("describers", "described_by"),
        )
    ),
    *(f"DELETE FROM {table} WHERE neuron_id = 1" for table in ("neurons", "pooled", "token_activations")),
    "DELETE FROM texts WHERE text_id = 2",
    "DELETE FROM descriptors WHERE descriptor_id = 1",
    "DELETE FROM token_sample WHERE place = 3",
    "UPDATE matches SET descriptor_id = 999999",
    "UPDATE exemplars SET text_id = 999999",
    "DELETE FROM describers WHERE name = 'a'",
    "UPDATE described_by SET describer = 'c' WHERE describer = 'a'",
    "UPDATE describers SET name = 'b, a' WHERE name = 'b'; UPDATE described_by SET describer = 'b, a' WHERE describer = 'b'",
    "UPDATE neurons SET neuron_id = neuron_id + 1",
    "UPDATE texts SET pooled = false",
    # Numbers that are finite, and that the others of the same neuron do not allow.
    "UPDATE neurons SET mean = 5",
    "UPDATE neurons SET std = 3",
    "UPDATE neurons SET minimum = -3e38",
    "UPDATE neurons SET maximum = 3e38",
    "UPDATE pooled SET lowest = -3e38",
    "UPDATE token_activations SET highest = 3e38",
    "UPDATE exemplars SET highest = 3e38 WHERE kind = 'random'",
    "UPDATE exemplars SET value = 0.5 WHERE kind = 'top'",
    "UPDATE texts SET split = 'validation'",
    "CREATE TABLE t AS FROM neurons; DELETE FROM neurons; INSERT INTO neurons FROM t ORDER BY 1 DESC; DROP TABLE t",
)


def columns():
    """Return the table, the column and the type of every column of a run."""
    with duckdb.connect() as connection:
        connection.execute("ATTACH ':memory:' AS run")
        connection.execute(named("schema"))
        return connection.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = 'run'"
        ).fetchall()


def spoilings(every=1):
    """Yield what is spoiled, the statement, and whether it must be found; of a column's ways, one in `every`."""
    number = 0
    for table, column, kind in columns():
        for value in BY_TYPE[kind]:
            if (table, column, value) == ("phrases", "descriptor_id", "NULL"):
                continue
            number += 1
            if number % every == 0:
                found = f"{table}.{column}" not in FREE or "NULL" in value
                yield (
                    f"{table}.{column} = {value}",
                    f"UPDATE {table} SET {column} = {value} WHERE rowid = 1",
                    found,
                )
    for statement in MORE:
        yield statement, statement, True


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "run.duckdb"
    add_token_scope(write_run(path, layers=1, units=3, texts=16, sample=120, keep=2, window=5))
    mend(path)
    with duckdb.connect(str(path)) as connection:
        # Each text is the first of three windows of a document of its own.
        connection.execute("INSERT INTO windows SELECT text_id, text_id, 0, 3, 0 FROM texts")
    return add_describer(add_describer(path, "a", {}), "b", {"football match": "soccer"})


def read_all(opened, journal):
    """Read all that the commands and the app read of a run."""
    opened.counts()
    opened.beginning()
    session = Session.open(opened, labels=journal, annotator="a", read_only=True)
    backends = [one.backend for one in opened.descriptors()]
    state = ReviewState(opened.overview(), session.seen, backends, "layer")
    loader = NeuronLoader(opened)
    for number in (0, 1):
        loader.load(number)
    for by in GROUPINGS:
        groups(state, by)
    list(LabelRows(opened, session.labels, "open"))
    described_by_all(opened)
    judge(opened, {"a": session.labels}, 2, no_progress)
    predictive(opened)
    list(correlations(opened, 0))
    judge_by_gold(opened, 2, no_progress)


def outcome(path, journal):
    """Return how reading a run ends, and what verify finds in it."""
    try:
        with Run(path) as opened:
            found = table_faults(opened.reader)
    except UserError as refusal:
        found = [refusal.message]
    try:
        with np.errstate(all="ignore"), Run(path) as opened:
            read_all(opened, journal)
    except UserError as refusal:
        return refusal.message, found
    return "", found


@pytest.fixture
def spoil(run, monkeypatch):
    """Return what spoils a copy of the run in memory: to write and open a file each time takes most of a test."""
    with memory() as database:
        database.execute(f"ATTACH '{run}' AS whole (READ_ONLY)")
        database.execute("ATTACH ':memory:' AS run")
        monkeypatch.setattr(reader, "open_run", lambda _: database.cursor())

        def spoil(statement):
            database.execute("DETACH run; ATTACH ':memory:' AS run; COPY FROM DATABASE whole TO run")
            with database.cursor() as own:
                own.execute("USE run")
                own.execute(statement)

        yield spoil


def test_the_run_that_is_spoiled_here_adds_up_and_is_read(run, tmp_path):
    assert outcome(run, tmp_path / "l.jsonl") == ("", [])


def test_whatever_stands_in_a_column_ends_in_words_and_what_cannot_be_is_found(run, spoil, tmp_path):
    tried, missed = 0, []
    # A third of the columns' ways: all of them take a minute.
    for name, statement, must_be_found in spoilings(every=3):
        spoil(statement)
        tried += 1
        try:
            _, found = outcome(run, tmp_path / "l.jsonl")
        except Exception as error:
            raise AssertionError(f"{name} ends in {error!r}") from error
        if must_be_found and not found:
            missed.append(name)
    assert missed == []
    assert tried > 140


def test_a_run_whose_tables_contradict_each_other_is_named_and_a_fault_of_ours_is_not_blamed_on_it(run, tmp_path):
    with pytest.raises(ZeroDivisionError), Run(run):
        raise ZeroDivisionError
    copy = shutil.copy(run, tmp_path / "run.duckdb")
    with duckdb.connect(str(copy)) as database:
        database.execute("UPDATE texts SET split = 'none'")
    with pytest.raises(UserError, match="a split that is none") as refusal, Run(copy):
        raise ZeroDivisionError
    assert "neurotui verify" in refusal.value.hint


def test_words_of_absurd_length_are_cut(run, tmp_path, capsys):
    copy = shutil.copy(run, tmp_path / "run.duckdb")
    with duckdb.connect(str(copy)) as database:
        database.execute("UPDATE meta SET value = repeat('m', 5000000) WHERE key = 'model'")
        for column in ("descriptors.name", "descriptors.backend", "peaks.word", "phrases.phrase"):
            table, name = column.split(".")
            database.execute(f"UPDATE {table} SET {name} = repeat('n', 1000000)")
    with Run(copy) as opened:
        assert len(opened.model) <= 10_000
        assert {len(name) for name in opened.overview().names} == {1000}
        loaded = NeuronLoader(opened).load(0)
        assert {len(match.name) for match in loaded.detail.matches} == {1000}
        assert {len(peak.word) for peak in loaded.detail.peaks} == {1000}
    assert main(["info", str(copy)]) == 0
    assert len(capsys.readouterr().out) < 5000
