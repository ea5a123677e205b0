"""What is told as saved was handed to the disk before: seen in a real process, call by call.

A kill cannot show this: what a killed process wrote is in the kernel's hands and survives it. A power cut is no test.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from patience import PATIENCE
from synthetic import write_run

from neurotui.cli import main
from neurotui.store.beside_run import journal_of
from neurotui.store.journal import Journal
from neurotui.store.run import Run
from neurotui.types import Neuron

TESTS = Path(__file__).parent.parent
# Notes what the process has the disk take in and what it renames, in their order, and then goes its way.
WATCHED = """
import json, os, sys
notes = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
take_in = os.fsync

def note(*what):
    os.write(notes, json.dumps(what).encode() + b"\\n")

def fsync(file):
    take_in(file)
    now = os.fstat(file)
    note("synced", now.st_ino, now.st_size)

def heard(event, arguments):
    if event == "os.rename":
        note("renamed", os.stat(arguments[0]).st_ino, os.path.realpath(arguments[1]))

os.fsync = fsync
sys.addaudithook(heard)
"""
COMMAND = """
from neurotui.cli import main
sys.exit(main(sys.argv[2:]))
"""
THREE_DECISIONS = """
from neurotui.store.journal import Journal
from neurotui.types import Neuron
journal = Journal(sys.argv[2])
for unit in range(3):
    journal.append(Neuron(0, unit), "accept", by="ann", model="m", weights="w", text="rain")
    note("told", unit)
"""
A_RUN = """
from pathlib import Path
from synthetic import write_run
write_run(Path(sys.argv[2]), units=4, texts=20)
"""


class File(NamedTuple):
    """What the system calls a file by, and how long it is."""

    number: int
    size: int


def file_at(path):
    status = path.stat()
    return File(status.st_ino, status.st_size)


def watched(tmp_path, code, *arguments):
    """Run some code in a process of its own; return what it noted."""
    notes = tmp_path / "notes"
    command = [sys.executable, "-c", WATCHED + code, str(notes), *map(str, arguments)]
    before = os.environ.get("PYTHONPATH", "")
    path = os.pathsep.join([*filter(None, [before]), str(TESTS)])
    subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, check=True, capture_output=True, timeout=PATIENCE
    )
    return [tuple(json.loads(line)) for line in notes.read_text().splitlines()]


@pytest.fixture
def folder(tmp_path):
    """Return the folder in which files are made: the notes lie beside it."""
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


def test_each_decision_is_on_the_disk_before_it_is_told_and_the_journals_name_is_too(tmp_path, folder):
    path = folder / "j.jsonl"
    notes = watched(tmp_path, THREE_DECISIONS, path)
    ends = [len(b"".join(path.read_bytes().splitlines(keepends=True)[:count])) for count in (1, 2, 3)]
    journal, its_folder = file_at(path).number, file_at(folder).number
    assert [note[:2] for note in notes] == [
        ("synced", journal),
        ("synced", its_folder),
        ("told", 0),
        ("synced", journal),
        ("told", 1),
        ("synced", journal),
        ("told", 2),
    ]
    assert [size for what, *rest in notes if what == "synced" and rest[0] == journal for size in rest[1:]] == ends


def test_an_import_is_on_the_disk_when_the_command_ends(tmp_path, folder):
    run = write_run(folder / "run.duckdb", units=4, texts=20)
    with Run(run) as opened:
        of = {"model": opened.model, "weights": opened.weights}
    Journal(folder / "theirs.jsonl").append(Neuron(0, 1), "accept", by="bob", text="rain", **of)
    table = tmp_path / "labels.csv"
    assert main(["export", str(run), "-o", str(table), "--labels", str(folder / "theirs.jsonl")]) == 0
    notes = watched(tmp_path, COMMAND, "import", run, table)
    assert len(Journal(journal_of(run)).events) == 1
    assert notes == [("synced", *file_at(journal_of(run))), ("synced", *file_at(folder))]


@pytest.mark.parametrize("what", ["an export", "a run"])
def test_a_file_is_on_the_disk_whole_before_it_takes_its_place_and_its_name_after(tmp_path, folder, what):
    path = folder / "new"
    if what == "a run":
        notes = watched(tmp_path, A_RUN, path)
    else:
        run = write_run(tmp_path / "run.duckdb", units=4, texts=20)
        path.write_text("of yesterday")
        options = ("--format", "csv", "--state", "open", "--force")
        notes = watched(tmp_path, COMMAND, "export", run, "-o", path, *options)
    made = file_at(path)
    assert made.size > 100
    swap = ("renamed", made.number, str(path.resolve()))
    assert notes == [("synced", *made), swap, ("synced", *file_at(folder))]
