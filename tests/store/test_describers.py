"""Describers beside a run's own: what they may be called, how they are read, and runs of the format before them."""

import shutil

import duckdb
import pytest
from synthetic import add_describer, add_token_scope, write_run

from neurotui.errors import UserError
from neurotui.review.candidates import PEAKS, YOURS
from neurotui.store.describers import IN_TEXTS, LONGEST_NAME, OF_BOTH, OF_TEXTS, OF_TOKENS, describer_name
from neurotui.store.run import Run
from neurotui.store.table_faults import table_faults
from neurotui.types import PERSON

RENAMED = {"football match": "soccer", "rain": "wet"}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Return a run that its own describer alone has described."""
    return add_token_scope(write_run(tmp_path_factory.mktemp("run") / "run.duckdb", texts=40))


@pytest.fixture(scope="module")
def run(alone):
    path = shutil.copy(alone, alone.with_name("both.duckdb"))
    return add_describer(add_describer(path, "smollm2", {}), "people", RENAMED, backend="gold")


def as_format(version, path, to):
    """Write a run as format 2 had it, which knew no other describers, or format 3, which knew no windows."""
    copy = shutil.copy(path, to)
    with duckdb.connect(str(copy)) as database:
        for table in ("windows", *(("describers", "described_by") if version == "2" else ())):
            database.execute(f"DROP TABLE {table}")
        database.execute("UPDATE meta SET value = ? WHERE key = 'format_version'", [version])
    return copy


def test_each_describer_is_read_with_what_it_says_of_a_neuron_its_best_first(run):
    with Run(run) as opened:
        assert [(one.name, one.backend) for one in opened.describers.all()] == [
            ("people", "gold"),
            ("smollm2", "keywords"),
        ]
        for number in (0, 3, 50):
            detail = opened.detail(number)
            for name in ("people", "smollm2"):
                theirs = [one for one in detail.others if one.backend == name]
                assert [one.rank for one in theirs] == [one.rank for one in detail.matches]
                called = RENAMED if name == "people" else {}
                assert [one.name for one in theirs] == [called.get(one.name, one.name) for one in detail.matches]
                assert {one.descriptor_id for one in theirs} == {-1}
                assert [one.scope for one in theirs] == [one.scope for one in detail.matches]


@pytest.mark.parametrize("version", ["2", "3"])
def test_a_run_of_an_earlier_format_opens_as_it_is_and_lacks_nothing(version, alone, tmp_path):
    older = as_format(version, alone, tmp_path / "older.duckdb")
    before = older.read_bytes()
    with Run(older) as opened, Run(alone) as present:
        assert opened.meta["format_version"] == version
        assert opened.lacks == ""
        assert opened.describers.all() == ()
        assert opened.counts() == present.counts()
        assert opened.detail(3) == present.detail(3)
        assert table_faults(opened.reader) == table_faults(present.reader)
    assert older.read_bytes() == before


@pytest.mark.parametrize(
    ("version", "harm"),
    [
        ("2", "CREATE TABLE describers (name VARCHAR)"),
        ("2", "DROP TABLE matches"),
        ("3", "CREATE TABLE windows (text_id INTEGER)"),
        ("3", "DROP TABLE described_by"),
        ("4", "DROP TABLE described_by"),
        ("4", "DROP TABLE windows"),
        ("4", "ALTER TABLE described_by ADD COLUMN more INTEGER"),
    ],
)
def test_a_run_has_the_tables_of_the_format_that_it_claims_and_no_others(alone, tmp_path, version, harm):
    path = tmp_path / "run.duckdb"
    if version != "4":
        as_format(version, alone, path)
    else:
        shutil.copy(alone, path)
    with duckdb.connect(str(path)) as database:
        database.execute(harm)
    with pytest.raises(UserError, match="is not as neurotui wrote it"):
        Run(path)


def test_a_name_is_what_can_be_seen_told_from_the_runs_own_and_read_in_a_list():
    assert describer_name("  small \t model ") == "small model"
    for given in (
        *("", "   ", "a,b", "a\x1b[31m", "x" * (LONGEST_NAME + 1), "\u202eabc", "zero\u200bwidth"),
        *(PEAKS, YOURS, PERSON, IN_TEXTS, OF_TEXTS, "Token  Descriptors", OF_BOTH.upper(), OF_TOKENS),
    ):
        with pytest.raises(UserError) as refusal:
            describer_name(given)
        assert refusal.value.hint
    assert describer_name("x" * LONGEST_NAME)


def test_verify_finds_what_does_not_add_up_among_describers(run, tmp_path):
    for harm, wrong in (
        ("UPDATE describers SET described = described - 1 WHERE name = 'people'", "another number of described"),
        ("DELETE FROM describers WHERE name = 'people'", "a describer that is not there"),
        ("UPDATE described_by SET rank = 7 WHERE rank = 0 AND neuron_id = 3", "ranks that are not one after"),
        ("UPDATE describers SET name = ' people'; DELETE FROM described_by", "a name that is none"),
        ("INSERT INTO describers FROM describers WHERE name = 'people'", "not in order of name"),
        (
            "INSERT INTO described_by FROM described_by WHERE neuron_id = 0",
            "not in order of describer and neuron_id",
        ),
    ):
        path = shutil.copy(run, tmp_path / "run.duckdb")
        with duckdb.connect(str(path)) as database:
            database.execute(harm)
        with Run(path) as opened:
            found = [one.wrong for one in table_faults(opened.reader) if one.table.startswith("describe")]
        assert any(wrong in one for one in found), (harm, found)
