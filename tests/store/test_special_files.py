"""A pipe, a device or a socket in a file's place is refused at once: nothing waits, nothing is filled."""

import errno
import os
import signal
import socket
from contextlib import contextmanager
from pathlib import Path

import pytest
from patience import PATIENCE
from synthetic import write_run

from neurotui.backends.llm.reply_cache import Cache
from neurotui.cli import main
from neurotui.errors import UserError
from neurotui.store.atomic import unwritten
from neurotui.store.journal import Journal
from neurotui.tui.config import load_config
from neurotui.types import Neuron

# No claim about speed: whoever waits for a writer of a pipe waits for ever.
KINDS = ("pipe", "endless", "full", "socket", "link to a pipe")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("run") / "run.duckdb", units=5)


@contextmanager
def patient():
    """Fail rather than wait for ever."""

    def fail(*_):
        raise AssertionError("it waits for ever")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(params=KINDS)
def odd(request, tmp_path, monkeypatch):
    """Return the name of something that is no file."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "odd"
    match request.param:
        case "pipe":
            os.mkfifo(path)
        case "link to a pipe":
            os.mkfifo(tmp_path / "pipe")
            path.symlink_to(tmp_path / "pipe")
        case "socket":
            with socket.socket(socket.AF_UNIX) as one:
                # The name of a socket has few characters.
                one.bind("odd")
        case device:
            path.symlink_to({"endless": "/dev/zero", "full": "/dev/full"}[device])
    return path


def test_every_command_refuses_it_as_a_run_a_journal_and_what_it_reads_or_writes(run, odd, capsys):
    for command in (
        *(["info", odd], ["evaluate", odd], ["export", odd, "-o", "x.csv"], ["verify", odd], ["open", odd]),
        *(["describe", odd], ["serve", odd], ["similar", odd, "L0.0"], ["precompute", odd, "-o", "x.duckdb"]),
        *(["journal", run, "--labels", odd], ["evaluate", run, "--labels", odd]),
        *(["import", run, odd, "--format", "csv"], ["import", run, odd, "--format", "parquet"]),
        *(["import", run, "x.csv", "--labels", odd], ["serve", run, "--labels", odd]),
        *(["export", run, "-o", odd, "--format", "csv"], ["merge", odd, "-o", "x.duckdb"]),
        ["export", run, "-o", odd, "--format", "csv", "--force"],
    ):
        with patient():
            assert main([str(word) for word in command]) == 1, command
        told = capsys.readouterr().err
        assert told.startswith("error: "), told
        assert "hint: " in told
        assert "inside neurotui" not in told
        assert "Errno" not in told


def test_neither_is_it_read_for_what_a_person_has_set_or_what_was_paid_for(odd):
    for read in (lambda: load_config({"NEUROTUI_CONFIG": str(odd)}), lambda: Cache(odd)):
        with patient(), pytest.raises(UserError) as refusal:
            read()
        assert refusal.value.hint


def test_a_journal_beside_the_run_that_is_a_pipe_is_refused(run):
    pipe = run.with_suffix(".labels.jsonl")
    os.mkfifo(pipe)
    try:
        with patient():
            assert main(["info", str(run)]) == 1
    finally:
        pipe.unlink()


def test_a_pipe_that_takes_the_place_of_an_open_journal_is_told_and_waited_for_by_nobody(tmp_path):
    path = tmp_path / "j.jsonl"
    journal = Journal(path)
    event = journal.append(Neuron(0, 1), "accept", by="ann", model="m", weights="w")
    path.unlink()
    os.mkfifo(path)
    for act in (journal.refresh, lambda: journal.extend([event])):
        with patient(), pytest.raises(UserError, match="is a pipe, not a journal") as refusal:
            act()
        assert refusal.value.hint == "put it back and go on"
    assert journal.events == [event]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_standard_output_that_takes_nothing_is_told(run, capsys, monkeypatch):
    for command in (
        ["info", run],
        ["info", run, "--json"],
        ["export", run, "-o", "-"],
        ["journal", run, "--json"],
    ):
        with Path("/dev/full").open("w", encoding="utf-8") as full, monkeypatch.context() as patched:
            patched.setattr("sys.stdout", full)
            status = main([str(word) for word in command])
        assert status in ({0, 1} if "export" in command else {1})
        assert "inside neurotui" not in capsys.readouterr().err


def test_a_disk_that_is_read_only_is_not_said_to_be_full(tmp_path):
    told = unwritten(tmp_path / "labels.csv", OSError(errno.EROFS, "Read-only file system"))
    assert "read only: choose another place" in told.hint
    assert "room" not in told.hint
