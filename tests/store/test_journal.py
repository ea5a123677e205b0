"""What was shown as saved is kept, whatever happens to the writer, the file or the clock."""

import errno
import json
import multiprocessing
import os
import signal

import pytest

from neurotui.errors import UserError
from neurotui.store import journal as room
from neurotui.store.journal import Journal, journal_of, utc
from neurotui.types import Event, Neuron

MODEL = {"model": "m", "weights": "w"}


def decide(journal, unit=1, action="accept", by="ann", **more):
    return journal.append(Neuron(0, unit), action, by=by, **MODEL, **more)


def test_a_decision_reads_back_as_it_was_written(tmp_path):
    path = tmp_path / "j.jsonl"
    hostile = 'a\n"b"\x00\x1b[31m\u202e\ud800 é'
    event = decide(Journal(path), text=hostile, origin="person")
    assert Journal(path).events == [event]
    assert event.text == hostile
    assert path.read_bytes().count(b"\n") == 1


def test_a_missing_journal_is_an_empty_one(tmp_path):
    assert Journal(tmp_path / "j.jsonl").events == []
    assert not (tmp_path / "j.jsonl").exists()


def _write_until_killed(path, ready):
    journal = Journal(path)
    while True:
        event = decide(journal, unit=len(journal.events))
        ready.send(event.id)


def test_every_decision_that_was_reported_survives_a_kill(tmp_path):
    path = tmp_path / "j.jsonl"
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_write_until_killed, args=(path, there))
    process.start()
    told = [here.recv() for _ in range(40)]
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    there.close()
    with pytest.raises(EOFError):
        while True:
            told.append(here.recv())
    kept = [event.id for event in Journal(path).events]
    assert kept[: len(told)] == told
    assert len(kept) - len(told) <= 1


def _write_some(path, by, count):
    journal = Journal(path)
    for unit in range(count):
        decide(journal, unit, by=by)


def test_several_programs_append_without_losing_or_mixing_a_line(tmp_path):
    path = tmp_path / "j.jsonl"
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_write_some, args=(path, f"p{number}", 30)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    events = Journal(path).events
    assert len(events) == 90
    for number in range(3):
        assert [event.unit for event in events if event.by == f"p{number}"] == list(range(30))
    times = [event.time for event in events]
    assert times == sorted(set(times))


def test_an_open_journal_sees_what_another_appends(tmp_path):
    path = tmp_path / "j.jsonl"
    mine, theirs = Journal(path), Journal(path)
    event = decide(theirs)
    assert mine.refresh() == [event]
    assert mine.refresh() == []
    own = decide(mine, unit=2)
    assert theirs.refresh() == [own]


def test_a_torn_last_line_is_dropped_and_the_next_decision_stands_by_itself(tmp_path):
    path = tmp_path / "j.jsonl"
    decide(Journal(path))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"id": "half')
    journal = Journal(path)
    assert len(journal.events) == 1
    assert journal.torn == '{"id": "half'
    decide(journal, unit=2)
    assert [event.unit for event in Journal(path).events] == [1, 2]
    assert Journal(path).torn == ""


def test_a_last_line_that_only_lacks_its_end_is_kept(tmp_path):
    path = tmp_path / "j.jsonl"
    decide(Journal(path))
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    journal = Journal(path)
    assert len(journal.events) == 1
    decide(journal, unit=2)
    assert [event.unit for event in Journal(path).events] == [1, 2]


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"[1]",
        b'{"id": "x"}',
        b"[" * 100_000,
        b'{"id":"x","time":"2026-01-01","by":"a","action":"burn","model":"m","weights":"w","layer":0,"unit":0}',
        b'{"id":"x","time":"2026-01-01","by":"a","action":"skip","model":"m","weights":"w","layer":-1,"unit":0}',
        b'{"id":"x","time":"soon","by":"a","action":"skip","model":"m","weights":"w","layer":0,"unit":0}',
        b'{"id":"x","time":"2026-01-01","by":3,"action":"skip","model":"m","weights":"w","layer":0,"unit":0}',
        b"\xff\xfe",
    ],
)
def test_any_other_bad_line_is_named_and_nothing_is_overwritten(tmp_path, line):
    path = tmp_path / "j.jsonl"
    decide(Journal(path))
    before = path.read_bytes() + line + b"\n" + path.read_bytes()
    path.write_bytes(before)
    with pytest.raises(UserError, match="line 2"):
        Journal(path)
    assert path.read_bytes() == before


def test_keys_of_a_later_version_are_left_alone(tmp_path):
    path = tmp_path / "j.jsonl"
    decide(Journal(path))
    record = json.loads(path.read_text()) | {"colour": "blue"}
    path.write_text(json.dumps(record) + "\n")
    assert len(Journal(path).events) == 1


def test_times_rise_even_when_the_clock_goes_back(tmp_path, monkeypatch):
    journal = Journal(tmp_path / "j.jsonl")
    monkeypatch.setattr(room, "_now", lambda: "2026-05-01T00:00:00.000000+00:00")
    decide(journal)
    monkeypatch.setattr(room, "_now", lambda: "2020-01-01T00:00:00.000000+00:00")
    decide(journal)
    first, second = (event.time for event in journal.events)
    assert first < second


def test_a_full_disk_is_told_and_leaves_the_journal_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "j.jsonl"
    journal = Journal(path)
    decide(journal)
    before = path.read_bytes()
    real = room._write_all

    def half(file, data):
        real(file, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(room, "_write_all", half)
    with pytest.raises(UserError, match="No space left"):
        decide(journal, unit=2)
    assert path.read_bytes() == before
    monkeypatch.setattr(room, "_write_all", real)
    decide(journal, unit=3)
    assert [event.unit for event in Journal(path).events] == [1, 3]


def test_a_folder_is_no_journal(tmp_path):
    with pytest.raises(UserError, match="is a folder"):
        Journal(tmp_path)


def test_a_journal_that_shrank_is_refused(tmp_path):
    path = tmp_path / "j.jsonl"
    journal = Journal(path)
    decide(journal)
    path.write_text("")
    with pytest.raises(UserError, match="shorter"):
        journal.refresh()


def test_a_run_has_its_journal_beside_it(tmp_path):
    assert journal_of(tmp_path / "a.b.duckdb") == tmp_path / "a.b.labels.jsonl"


def test_times_are_written_in_one_way():
    assert utc("2026-11-23T16:30:00+02:00") == "2026-11-23T14:30:00.000000+00:00"
    assert utc("2026-11-23") == "2026-11-23T00:00:00.000000+00:00"
    for wrong in ("yesterday", "", "9999-12-31T23:59:59.999999+00:00"):
        with pytest.raises((ValueError, OverflowError)):
            utc(wrong)


def test_both_fits_are_kept_where_there_are_any_and_older_journals_have_none(tmp_path):
    path = tmp_path / "run.labels.jsonl"
    journal = Journal(path)
    said = ("", "", "ada", "accept", "m", "w", 0, 0, "away", "person", "", "")
    fitted = Event(*said, fit=(0.23, 0.15, 0.31), token_fit=(0.98, 0.96, 1.0))
    journal.extend([fitted._replace(id="a"), Event(*said)._replace(id="b")])
    first, second = path.read_text().splitlines()
    assert '"token_fit": [0.98, 0.96, 1.0]' in first
    assert "fit" not in second
    assert [event.token_fit for event in Journal(path).events] == [(0.98, 0.96, 1.0), ()]
    path.write_text(first.replace("0.98", "1.98") + "\n")
    with pytest.raises(UserError, match="'token_fit' is not three numbers"):
        Journal(path)


def test_side_and_scope_are_written_where_they_say_something_and_read_as_they_were(tmp_path):
    path = tmp_path / "labels.jsonl"
    about = ("", "ada", "accept", "m", "w", 0, 1)
    plain, negative = Event("a", *about, "away"), Event("b", *about, "months", side=-1, scope="token")
    Journal(path).extend([plain, negative])
    first, second = path.read_text().splitlines()
    assert "side" not in first
    assert "scope" not in first
    assert [(e.side, e.scope) for e in Journal(path).events] == [(1, ""), (-1, "token")]
    for wrong in ('"side": 0', '"side": true', '"side": "1"'):
        path.write_text(second.replace('"side": -1', wrong) + "\n")
        with pytest.raises(UserError, match="side"):
            Journal(path)
    path.write_text(second.replace('"token"', '"page"') + "\n")
    with pytest.raises(UserError, match="'page' is not a scope"):
        Journal(path)


def test_lines_say_their_version_and_a_later_one_is_refused_with_the_way_out(tmp_path):
    path = tmp_path / "run.labels.jsonl"
    journal = Journal(path)
    journal.append(Neuron(0, 1), "accept", by="ada", model="m", weights="w", text="dogs")
    line = json.loads(path.read_text())
    assert line.pop("format") == 2
    older, later = dict(line), dict(line, format=3)
    path.write_text(json.dumps(older) + "\n")
    assert Journal(path).events == journal.events
    path.write_text(json.dumps(later) + "\n")
    with pytest.raises(
        UserError, match="line 1: a decision of format 3; this neurotui reads formats up to 2"
    ) as why:
        Journal(path)
    assert "pip install --upgrade neurotui" in why.value.hint
    assert json.loads(path.read_text())["format"] == 3
