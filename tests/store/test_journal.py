"""What was shown as saved is kept, whatever happens to the writer, the file or the clock."""

import errno
import json
import multiprocessing
import os
import signal
import subprocess
from pathlib import Path

import portalocker
import pytest

from neurotui.errors import UserError
from neurotui.store import journal as room
from neurotui.store.beside_run import journal_of
from neurotui.store.journal import Journal
from neurotui.store.journal_lines import line_of
from neurotui.store.journal_times import utc
from neurotui.store.labels import Labels
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
    assert placed(events) == sorted(set(placed(events)))


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


def clock_says(monkeypatch, time):
    monkeypatch.setattr(room, "_now", lambda: f"{time}T00:00:00.000000+00:00")


def placed(events):
    return [event.order or event.time for event in events]


def test_a_decision_has_the_time_of_the_clock_and_comes_after_all_that_were_there(tmp_path, monkeypatch):
    path = tmp_path / "j.jsonl"
    for year in ("2026-05-01", "2031-01-01", "2026-05-02", "2020-01-01"):
        clock_says(monkeypatch, year)
        decide(Journal(path))
    events = Journal(path).events
    assert [event.time[:4] for event in events] == ["2026", "2031", "2026", "2020"]
    assert placed(events) == sorted(set(placed(events)))
    assert [bool(event.order) for event in events] == [False, False, True, True]


def test_a_line_of_an_earlier_version_from_the_future_does_not_outlast_later_decisions(tmp_path, monkeypatch):
    path = tmp_path / "j.jsonl"
    decide(Journal(path), text="bob was here", by="bob")
    line = json.loads(path.read_text()) | {"time": "2027-12-01T00:00:00.000000+00:00"}
    del line["format"]
    path.write_text(json.dumps(line) + "\n")
    clock_says(monkeypatch, "2026-05-01")
    decide(Journal(path), text="bob decides", by="bob")
    events = Journal(path).events
    assert events[1].time.startswith("2026-05-01")
    for order in (events, events[::-1]):
        assert Labels("w", order).label(Neuron(0, 1)).text == "bob decides"


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


def line(unit, text, by="bob", time="2026-01-01T00:00:00.000000+00:00"):
    return line_of(Event(f"{by}{unit}", time, by, "accept", "m", "w", 0, unit, text))


def in_place(path, data):
    with path.open("rb+") as file:
        file.truncate()
        file.write(data)


def as_another_file(path, data):
    new = path.with_name("new")
    new.write_bytes(data)
    new.replace(path)


@pytest.mark.parametrize("put", [in_place, as_another_file])
@pytest.mark.parametrize(
    "changed",
    [
        lambda lines: [line(9, "theirs"), *lines],
        lambda lines: [*lines, line(9, "theirs")],
        lambda lines: [line(9, "theirs"), *lines[::-1]],
        lambda lines: [lines[0], line(9, "theirs"), lines[2]],
        lambda lines: [lines[0], line(9, "theirs")],
        lambda _: [line(9, "a text that is longer than all the lines that were there" * 50)],
        lambda lines: [*(one.replace(b"ann", b"eva") for one in lines[:2]), line(9, "theirs")],
    ],
)
def test_a_journal_that_was_replaced_or_rewritten_is_read_anew_and_no_line_is_accused(tmp_path, put, changed):
    path = tmp_path / "j.jsonl"
    journal = Journal(path)
    for unit in range(3):
        decide(journal, unit, text=f"mine {unit}")
    lines = path.read_bytes().splitlines(keepends=True)
    now = changed(lines)
    put(path, b"".join(now))
    try:
        new = journal.refresh()
    except UserError as error:
        pytest.fail(f"a healthy line is accused: {error}")
    assert 9 in {event.unit for event in new}
    assert [line_of(event) for event in journal.events] == now
    decide(journal, unit=10)
    assert path.read_bytes().startswith(b"".join(now))
    assert Journal(path).events == journal.events
    held, holds = ({json.loads(one)["id"] for one in those} for those in (lines, now))
    assert journal.missing == len(held - holds)


def test_a_journal_that_was_replaced_while_its_lock_was_waited_for_is_the_one_that_is_written(
    tmp_path, monkeypatch
):
    path = tmp_path / "j.jsonl"
    journal = Journal(path)
    decide(journal)
    lock = portalocker.lock

    def swapped(file, flags):
        monkeypatch.setattr(portalocker, "lock", lock)
        as_another_file(path, path.read_bytes() + line(9, "theirs"))
        lock(file, flags)

    monkeypatch.setattr(portalocker, "lock", swapped)
    decide(journal, unit=2)
    assert [event.unit for event in Journal(path).events] == [1, 9, 2]
    assert journal.events == Journal(path).events


def test_a_decision_that_went_to_a_file_which_was_replaced_goes_to_the_new_one_too(tmp_path, monkeypatch):
    path = tmp_path / "j.jsonl"
    journal = Journal(path)
    decide(journal)
    write = room._write_all

    def swapped(file, data):
        monkeypatch.setattr(room, "_write_all", write)
        as_another_file(path, path.read_bytes() + line(9, "theirs"))
        write(file, data)

    monkeypatch.setattr(room, "_write_all", swapped)
    decide(journal, unit=2)
    assert [event.unit for event in Journal(path).events] == [1, 9, 2]


@pytest.mark.parametrize("how", ["renamed", "deleted", "emptied", "filled with zeros"])
def test_a_journal_that_is_gone_is_told_and_no_empty_one_is_made(tmp_path, how):
    path, aside = tmp_path / "j.jsonl", tmp_path / "aside"
    journal = Journal(path)
    decide(journal)
    before = path.read_bytes()
    path.rename(aside)
    if how == "emptied":
        path.touch()
    elif how == "filled with zeros":
        path.write_bytes(bytes(len(before)))
    for act in (journal.refresh, lambda: decide(journal, unit=2)):
        with pytest.raises(UserError, match="it held 1 line") as refused:
            act()
        assert "put it back" in refused.value.hint
    assert path.exists() == (how not in {"renamed", "deleted"})
    assert not path.exists() or not path.read_bytes().strip(b"\0")
    aside.replace(path)
    decide(journal, unit=2)
    assert [event.unit for event in Journal(path).events] == [1, 2]
    assert path.read_bytes().startswith(before)


def test_two_who_decide_what_to_write_by_what_is_there_do_not_both_write_it(tmp_path):
    path = tmp_path / "j.jsonl"
    mine, theirs = Journal(path), Journal(path)
    event = Event("a", "", "ann", "skip", "m", "w", 0, 1)
    for journal in (mine, theirs):
        journal.add(lambda held: [] if "a" in {one.id for one in held} else [event])
    assert len(Journal(path).events) == 1


def test_a_lock_that_another_holds_is_told_soon_and_no_empty_file_is_made(tmp_path):
    path = tmp_path / "j.jsonl"
    with path.open("ab") as file:
        portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE)
        with pytest.raises(UserError, match="another program holds the lock") as refused:
            Journal(path).extend([Event("a", "", "ann", "skip", "m", "w", 0, 1)], wait=0)
        assert "decide again" in refused.value.hint
    assert path.read_bytes() == b""


def test_a_disk_without_locks_is_told_at_once_with_a_command_that_goes_round_it(tmp_path, monkeypatch):
    path, tried = tmp_path / "j.jsonl", []

    def no_locks(file, _):
        tried.append(file)
        raise portalocker.LockException(OSError(errno.ENOLCK, os.strerror(errno.ENOLCK)))

    monkeypatch.setattr(portalocker, "lock", no_locks)
    with pytest.raises(UserError, match="does not lock files") as refused:
        decide(Journal(path, tmp_path / "run.duckdb"))
    assert f"neurotui open {tmp_path}/run.duckdb --labels" in refused.value.hint
    assert len(tried) == 1
    assert not path.exists()


HEALTHY = [line(unit, f"label {unit}") for unit in range(4)]
A, B, C, D = HEALTHY


@pytest.mark.parametrize(
    ("data", "notes"),
    [
        (b"\xef\xbb\xbf" + A + B + C + D, []),
        (A + B + b"\xef\xbb\xbf" + C + D, []),
        (b"".join(one[:-1] + b"\r\n" for one in HEALTHY), []),
        (A[:-1] + B + C[:-1] + b"\xef\xbb\xbf" + D[:-1], []),
        (A[:-1] + b" " + B[:-1] + C + D, []),
        (
            A + b"<<<<<<< HEAD\n" + B + b"||||||| base\n=======\n" + C + b">>>>>>> bob\n" + D,
            ["lines 2, 4, 5 and 7"],
        ),
        (A + B + C + D + bytes(4000), ["line 5: zeros"]),
        (A + B + bytes(300) + C + D, []),
        (A + B + bytes(300) + b"\n" + C + D, ["line 3: zeros"]),
        (A + b'{"format": 2, "id": "half' + B + C + D, ["line 2: a decision that was never finished"]),
        (A + b'{"id": "half\n' + B + C + D, ["line 2: a decision that was never finished"]),
        (A + B + (C + D).decode().encode("utf-16-le"), []),
        (A + B + C[:60] + bytes(70) + C[100:] + C + D, ["line 3: a decision that was never finished"]),
    ],
)
def test_healthy_lines_are_read_wherever_they_stand_and_what_is_passed_over_is_told(tmp_path, data, notes):
    path = tmp_path / "j.jsonl"
    path.write_bytes(data)
    journal = Journal(path)
    assert [event.text for event in journal.events] == [f"label {unit}" for unit in range(4)]
    assert len(journal.notes) == len(notes)
    for note, said in zip(journal.notes, notes, strict=True):
        assert said in note
    decide(journal, unit=9)
    assert [event.unit for event in Journal(path).events] == [0, 1, 2, 3, 9]
    assert path.read_bytes().startswith(data.rstrip(b"\0"))


EXPORTED = {"neuron": "L0.1", "layer": 0, "unit": 1, "state": "accepted", "label": "x", "weights": "w"}


@pytest.mark.parametrize(
    ("name", "data", "says", "hint"),
    [
        ("j.jsonl", (A + B).decode().encode("utf-16"), "is UTF-16 text", "iconv -f UTF-16 -t UTF-8"),
        ("j.jsonl", (A + B).decode().encode("utf-16-le"), "is UTF-16 text", "iconv -f UTF-16LE -t UTF-8"),
        (
            "e.jsonl",
            json.dumps(EXPORTED).encode() + b"\n",
            "is an export of labels",
            "neurotui import r.duckdb e.jsonl",
        ),
        ("e.jsonl", json.dumps(EXPORTED).encode(), "is an export of labels", "neurotui import r.duckdb e.jsonl"),
        (
            "e.csv",
            ",".join(EXPORTED).encode() + b"\n1,2\n",
            "is an export of labels",
            "neurotui import r.duckdb e.csv",
        ),
        ("e.csv", b"\xef\xbb\xbf" + ";".join(EXPORTED).encode(), "is an export", "neurotui import r.duckdb e.csv"),
        ("e.parquet", b"PAR1\0\0\xff", "is an export", "neurotui import r.duckdb e.parquet"),
        ("t.jsonl", b'{"id": "7", "text": "Rain."}\n', "holds texts", "neurotui precompute t.jsonl -o t.duckdb"),
        ("t.txt", b"Rain fell.\nDogs bark.", "holds texts", "neurotui precompute t.txt -o t.duckdb"),
        ("t.txt", b"Rain fell", "holds texts", "neurotui precompute t.txt -o t.duckdb"),
        ("r.duckdb", bytes(8) + b"DUCK" + bytes(50), "is a run", "neurotui open r.duckdb"),
        ("x.jsonl", b'{"colour": 1}\n', "is not a journal: of line 1, it lacks 'id'", "neurotui open r.duckdb"),
        ("x.jsonl", b'{"colour": 1}', "is not a journal: of line 1, it lacks 'id'", "neurotui open r.duckdb"),
        ("x.bin", b"\x1f\x01\x08\x00\x03", "no text", "neurotui open r.duckdb"),
    ],
)
def test_what_is_no_journal_is_called_what_it_is_with_the_command_that_takes_it(
    tmp_path, monkeypatch, name, data, says, hint
):
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(data)
    with pytest.raises(UserError, match=says) as refused:
        Journal(name, Path("r.duckdb"))
    assert hint in refused.value.hint
    assert "mend" not in refused.value.hint
    assert Path(name).read_bytes() == data


def test_the_command_that_mends_utf_16_works_when_it_is_typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for encoding in ("utf-16", "utf-16-le"):
        Path("my j.jsonl").write_bytes((A + B).decode().encode(encoding))
        with pytest.raises(UserError) as refused:
            Journal("my j.jsonl")
        subprocess.run(["/bin/sh", "-c", refused.value.hint], check=True)
        assert len(Journal("my j.jsonl").events) == 2


def test_a_run_has_its_journal_beside_it(tmp_path):
    assert journal_of(tmp_path / "a.b.duckdb") == tmp_path / "a.b.labels.jsonl"


def test_times_are_written_in_one_way():
    assert utc("2026-11-23T16:30:00+02:00") == "2026-11-23T14:30:00.000000+00:00"
    assert utc("2026-11-23") == "2026-11-23T00:00:00.000000+00:00"
    assert utc("2026-W48-1T16:30:00.000000+00:00") == "2026-11-23T16:30:00.000000+00:00"
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
    assert line.pop("format") == 3
    older, later = dict(line), dict(line, format=4)
    path.write_text(json.dumps(older) + "\n")
    assert Journal(path).events == journal.events
    path.write_text(json.dumps(later) + "\n")
    with pytest.raises(
        UserError, match="line 1: a decision of format 4; this neurotui reads formats up to 3"
    ) as why:
        Journal(path)
    assert "pip install --upgrade neurotui" in why.value.hint
    assert json.loads(path.read_text())["format"] == 4


def test_a_line_that_somebody_wrote_without_the_lock_meanwhile_is_seen(tmp_path, monkeypatch):
    path = tmp_path / "j.jsonl"
    journal = Journal(path)
    decide(journal)
    write = room._write_all

    def together(file, data):
        with path.open("ab") as other:
            other.write(line(9, "theirs"))
        write(file, data)

    mended = Journal._mend_end

    def just_before(self, file):
        mended(self, file)
        with path.open("ab") as other:
            other.write(line(8, "theirs too"))

    monkeypatch.setattr(room, "_write_all", together)
    monkeypatch.setattr(Journal, "_mend_end", just_before)
    decide(journal, unit=2)
    journal.refresh()
    assert {event.unit for event in journal.events} == {1, 2, 8, 9}


def test_texts_in_the_place_of_the_runs_own_journal_are_moved_away_by_the_command_that_is_told(tmp_path):
    run, own = tmp_path / "my run.duckdb", tmp_path / "my run.labels.jsonl"
    own.write_text("Rain fell.\nDogs bark.\n")
    with pytest.raises(UserError, match="holds texts") as refused:
        Journal(own, run)
    subprocess.run(["/bin/sh", "-c", refused.value.hint.partition("begun: ")[2].partition(";")[0]], check=True)
    assert not own.exists()
    assert len(list(tmp_path.iterdir())) == 1
