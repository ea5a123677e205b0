"""Two commands never write one run at once, whatever stage either is at; what lies beside it is left alone."""

import threading

import pytest
from patience import PATIENCE
from synthetic import write_run

from neurotui.describe.pipeline import describe
from neurotui.errors import UserError
from neurotui.store import writer as room
from neurotui.store.run import Run
from neurotui.store.writer import Writer


def quiet(stage, done, total):
    assert 0 <= done <= total, stage


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def test_a_second_writer_is_refused_until_the_first_has_swapped_its_file_in(tmp_path, monkeypatch):
    """The first is held where DuckDB has let go of its file and the swap is still to come."""
    path = tmp_path / "run.duckdb"
    there, go_on = threading.Event(), threading.Event()
    real = room.swap_in

    def slow(new, old):
        there.set()
        assert go_on.wait(PATIENCE)
        real(new, old)

    monkeypatch.setattr(room, "swap_in", slow)
    first = threading.Thread(target=write_run, args=(path,), kwargs={"units": 4})
    first.start()
    assert there.wait(PATIENCE)
    with pytest.raises(UserError, match="another command is writing"), Writer(path, replace=True):
        pass
    go_on.set()
    first.join()
    with Run(path) as opened:
        assert opened.counts()["neurons"] == 8
    assert names(tmp_path) == ["run.duckdb"]


@pytest.mark.parametrize("broken", [OSError(28, "no space left on device"), KeyboardInterrupt()])
def test_a_writer_that_cannot_begin_leaves_no_file_and_none_open(tmp_path, monkeypatch, broken):
    def fails(_):
        raise broken

    monkeypatch.setattr(room, "create", fails)
    writer = Writer(tmp_path / "run.duckdb")
    with pytest.raises(UserError if isinstance(broken, OSError) else KeyboardInterrupt):
        writer.__enter__()
    assert writer._lock.fh is None
    assert names(tmp_path) == []


def test_what_a_killed_command_left_is_cleared_away_even_if_it_is_damaged(tmp_path):
    path = tmp_path / "run.duckdb"
    (tmp_path / "run.duckdb.deadbeef.writing").write_bytes(b"block lock " * 1000)
    write_run(path, units=4)
    assert names(tmp_path) == ["run.duckdb"]


def test_another_runs_unfinished_file_is_left_alone(tmp_path):
    other = tmp_path / "run.duckdb.deadbeef.writing"
    other.write_bytes(b"theirs")
    write_run(tmp_path / "run", units=4)
    assert other.read_bytes() == b"theirs"


def test_a_link_stays_a_link_and_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "far").mkdir()
    write_run(tmp_path / "far" / "run.duckdb", units=4)
    link = tmp_path / "link.duckdb"
    link.symlink_to(tmp_path / "far" / "run.duckdb")
    write_run(link, units=6)
    assert link.is_symlink()
    with Run(tmp_path / "far" / "run.duckdb") as opened:
        assert opened.counts()["neurons"] == 12
    assert names(tmp_path) == ["far", "link.duckdb"]


def test_a_run_that_was_replaced_while_it_was_described_is_not_mixed_with_the_other(tmp_path, monkeypatch):
    path = write_run(tmp_path / "run.duckdb", units=16, texts=200)
    real = Run.texts_of_kind

    def replaced_meanwhile(run, kind):
        write_run(path, units=8, texts=60)
        return real(run, kind)

    monkeypatch.setattr(Run, "texts_of_kind", replaced_meanwhile)
    with pytest.raises(UserError, match="has been replaced"):
        describe(path, "gold", progress=quiet)
    with Run(path) as opened:
        assert opened.counts()["neurons"] == 16
        assert opened.counts()["texts"] == 60
