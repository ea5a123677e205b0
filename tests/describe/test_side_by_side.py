"""Describers side by side: one is kept under a name, and the run's own and all others stay as they are."""

import json
import shutil

import duckdb
import pytest
from synthetic import write_run

import neurotui
from neurotui.cli import main
from neurotui.describe import pipeline
from neurotui.describe.pipeline import describe
from neurotui.describe.write_tables import WRITTEN
from neurotui.errors import UserError
from neurotui.store.check import RunCheck
from neurotui.store.run import Run

OWN = [table for table in WRITTEN if table != "meta"]


def quiet(stage, done, total):
    assert 0 <= done <= total, stage


def rows(path, statement):
    """Return rows, with None for what is no number."""
    with duckdb.connect(str(path), read_only=True) as database:
        found = database.execute(statement).fetchall()
    return [tuple(None if value != value else value for value in row) for row in found]  # noqa: PLR0124 - NaN


def own_tables(path):
    return {table: rows(path, f"FROM {table}") for table in OWN} | {
        "meta": rows(path, "FROM meta WHERE key <> 'format_version' ORDER BY key")
    }


def faults(opened):
    """Return what is wrong with the tables of describers: a synthetic run's own need not add up."""
    return [one for one in RunCheck(opened).table_faults() if one.table.startswith("describe")]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Return a run of format 2 that is described, by keywords as it says, and has gold labels."""
    path = write_run(tmp_path_factory.mktemp("plain") / "run.duckdb", layers=1, units=8, texts=200)
    with duckdb.connect(str(path)) as database:
        database.execute(
            "INSERT INTO meta VALUES ('backend', 'keywords'), ('namer', 'none'), ('described', 'then')"
        )
        database.execute("DROP TABLE describers; DROP TABLE described_by; DROP TABLE windows")
        database.execute("UPDATE meta SET value = '2' WHERE key = 'format_version'")
    return path


@pytest.fixture(scope="module")
def both(plain):
    """Return the same run with another describer beside its own."""
    path = shutil.copy(plain, plain.with_name("both.duckdb"))
    made = describe(path, "gold", as_="Topics", progress=quiet)
    assert (made.describer, made.backend, made.neurons) == ("Topics", "gold", 8)
    return path


@pytest.fixture
def run(both, tmp_path):
    return shutil.copy(both, tmp_path / "run.duckdb")


def test_a_describer_beside_the_runs_own_leaves_that_as_it_is(plain, both):
    assert own_tables(both) == own_tables(plain)
    with Run(both) as opened:
        assert faults(opened) == []
        (one,) = opened.describers.all()
        assert (one.name, one.backend, one.namer, one.llm, one.prompts) == ("Topics", "gold", "none", "", "")
        assert one.descriptors > 8
        assert one.described_at.startswith("20")


def test_it_says_what_it_would_say_as_the_runs_own(plain, both, tmp_path):
    """All figures are the same as those of the tables that a description without a name writes."""
    alone = shutil.copy(plain, tmp_path / "alone.duckdb")
    made = describe(alone, "gold", progress=quiet)
    with Run(alone) as opened, Run(both) as beside:
        for number in range(8):
            own, others = opened.detail(number).matches, beside.detail(number).others
            assert len(own) == len(others) > 0
            for one, other in zip(own, others, strict=True):
                wanted = one._replace(descriptor_id=-1, backend="Topics", prevalence=other.prevalence)
                assert repr(other) == repr(wanted)
                assert other.prevalence == pytest.approx(one.prevalence, rel=1e-5)
        assert beside.describers.all()[0].described == made.described_neurons


def test_the_same_name_again_replaces_that_one_alone_however_it_is_spelled(run, monkeypatch):
    describe(run, "gold", as_="a third", progress=quiet)
    before = rows(run, "FROM described_by WHERE describer = 'a third'")
    monkeypatch.setattr(pipeline, "match", lambda *_: iter(()))
    told = []
    describe(run, "gold", as_=" TOPICS ", progress=quiet, tell=told.append)
    assert told == ["what 'Topics' found before is replaced"]
    assert rows(run, "SELECT name, described FROM describers")[0] == ("TOPICS", 0)
    assert rows(run, "SELECT DISTINCT describer FROM described_by") == [("a third",)]
    assert rows(run, "FROM described_by") == before


def test_rows_lie_in_order_of_describer_whichever_came_first(run):
    describe(run, "gold", as_="A first one", progress=quiet)
    assert [name for (name,) in rows(run, "SELECT name FROM describers")] == ["A first one", "Topics"]
    found = rows(run, "SELECT describer, neuron_id, rank FROM described_by")
    assert found == sorted(found)
    with Run(run) as opened:
        assert faults(opened) == []


def test_describing_without_a_name_replaces_the_runs_own_and_keeps_the_others(run):
    before = rows(run, "FROM described_by"), rows(run, "FROM describers")
    own = own_tables(run)
    describe(run, "gold", progress=quiet)
    assert (rows(run, "FROM described_by"), rows(run, "FROM describers")) == before
    assert own_tables(run) != own
    assert dict(rows(run, "FROM meta"))["backend"] == "gold"


def test_two_describers_of_a_run_are_never_called_the_same(run):
    with pytest.raises(UserError, match="'Keywords' is not free"):
        describe(run, "gold", as_="Keywords", progress=quiet)
    with pytest.raises(UserError, match="'the run' is not free"):
        describe(run, "gold", as_="The  run", progress=quiet)
    describe(run, "gold", as_="other", progress=quiet)
    with duckdb.connect(str(run)) as database:
        for table, column in (("describers", "name"), ("described_by", "describer")):
            database.execute(f"UPDATE {table} SET {column} = 'GOLD' WHERE {column} = 'Topics'")
    before = run.read_bytes()
    with pytest.raises(UserError, match="would be called 'GOLD'") as refusal:
        describe(run, "gold", progress=quiet)
    assert "--forget GOLD" in refusal.value.hint
    assert run.read_bytes() == before


def test_a_description_that_fails_leaves_the_file_as_it_was(run, monkeypatch):
    def broken(*_):
        yield from ()
        raise UserError("no room")

    monkeypatch.setattr(pipeline, "match", broken)
    before = run.read_bytes()
    with pytest.raises(UserError, match="no room"):
        describe(run, "gold", as_="new", progress=quiet)
    assert run.read_bytes() == before
    assert [file.name for file in run.parent.iterdir()] == ["run.duckdb"]


def test_a_run_that_is_not_described_can_have_others_and_is_told_what_it_then_shows(tmp_path):
    path = write_run(tmp_path / "run.duckdb", layers=1, units=4, texts=200)
    with duckdb.connect(str(path)) as database:
        for table in OWN:
            database.execute(f"DELETE FROM {table}")
    told = []
    describe(path, "gold", as_="topics", progress=quiet, tell=told.append)
    assert "until the run is described" in told[0]
    with neurotui.open_run(path, read_only=True) as run:
        assert run["L0.1"].candidates
        assert run["L0.1"].detail.matches == ()


def test_forgetting_takes_one_out_and_nothing_else(run, plain, capsys):
    describe(run, "gold", as_="second", progress=quiet)
    kept = rows(run, "FROM described_by WHERE describer = 'second'")
    assert main(["describe", str(run), "--forget", "topics", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "run": str(run),
        "forgotten": "Topics",
        "describers": ["second"],
    }
    assert rows(run, "FROM described_by") == kept
    assert own_tables(run) == own_tables(plain)
    assert neurotui.forget_describer(run, "Second") == ()
    assert rows(run, "FROM describers") == rows(run, "FROM described_by") == []
    for arguments in (["--forget", "second"], ["--forget", "x", "--as", "y"], ["--forget", "x", "--dry-run"]):
        assert main(["describe", str(run), *arguments]) == 1
        assert "hint: " in capsys.readouterr().err


def test_the_command_keeps_one_under_a_name_and_info_names_it(run, capsys):
    command = ["describe", str(run), "--backend", "gold", "--as", "people"]
    assert main([*command, "--dry-run"]) == 0
    assert rows(run, "SELECT name FROM describers") == [("Topics",)]
    assert main(["describe", str(run), "--dry-run", "--as", "keywords"]) == 1
    capsys.readouterr()
    assert main([*command, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["describer"] == "people"
    assert main(["info", str(run), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["backend"] == "keywords"
    named = {one["name"]: one for one in told["describers"]}
    assert named.keys() == {"Topics", "people"}
    assert named["people"]["described"] == made["described_neurons"]
    assert named["people"]["descriptors"] == made["text_descriptors"] + made["token_descriptors"]
    assert main(["info", str(run)]) == 0
    assert "people (gold: " in capsys.readouterr().out
