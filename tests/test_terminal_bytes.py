"""Whatever a run, a journal or a file's name holds, a command writes no sequence to the terminal but its own."""

import contextlib
import json
import logging
import os
import pty
import re
import sys
import threading

import duckdb
import pytest
from synthetic import add_token_scope, write_run

from neurotui.cli import console, exits, main
from neurotui.cli.progress_display import shown_progress
from neurotui.store.journal import Journal
from neurotui.store.run import Run
from neurotui.types import Neuron

# A colour that nobody but the stranger asks for, the clipboard, the title, a link, C1, a cleared screen.
STEERS = (
    "\x1b[38;5;123m\x1b]52;c;cm0gLXJmIH4=\x07\x1b]0;owned\x07\x1b]8;;http:x\x07here\x1b[2J\x1b[H\x9b31m\x90q\x9c"
    "\u202e\r\x08[red]"
)
# What Rich writes for our tables and progress bars: colours, the cursor's look, line by line upwards.
OURS = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[hl]|\x1b\[[0-9]*A|\x1b\[2K|\r*\n|\r(?=\x1b\[|\n|$)|\t")
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
TEXT_COLUMNS = (
    *("texts.source_id", "texts.body", "vocabulary.piece", "peaks.word", "phrases.phrase"),
    *("descriptors.name", "descriptors.kind", "descriptors.backend"),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a run that is hostile in every text column and in all that it says of itself, with a journal."""
    folder = tmp_path_factory.mktemp("hostile")
    path = add_token_scope(write_run(folder / f"r{STEERS}.duckdb", units=20))
    with duckdb.connect(str(path)) as database:
        for column in TEXT_COLUMNS:
            table, name = column.split(".")
            # In front, so that no cut text loses it; a number keeps them apart.
            database.execute(f"UPDATE {table} SET {name} = $steers || {name}", {"steers": STEERS})
        database.execute("UPDATE texts SET gold = list_transform(gold, lambda one: $s || one)", {"s": STEERS})
        database.execute(
            "UPDATE meta SET value = $s || value WHERE key NOT IN ('format_version', 'weights') "
            "AND key NOT LIKE 'texts_%'",
            {"s": STEERS},
        )
        database.execute("INSERT INTO meta VALUES ('a' || $s, $s), ('backend', $s)", {"s": STEERS})
    journal = Journal(path.with_suffix(".labels.jsonl"))
    with Run(path) as opened:
        said = {"by": STEERS, "model": opened.model, "weights": opened.weights}
    journal.append(Neuron(0, 0), "accept", text=STEERS, origin=STEERS, **said)
    journal.append(Neuron(0, 1), "reject", **said)
    journal.append(Neuron(0, 1), "note", text=STEERS, **said)
    return path


@contextlib.contextmanager
def at_a_terminal():
    """Let standard output and standard error be a terminal; yield what has been written to it."""
    ours, theirs = pty.openpty()
    seen = bytearray()

    def read():
        with contextlib.suppress(OSError):
            while data := os.read(ours, 65536):
                seen.extend(data)

    reader = threading.Thread(target=read)
    reader.start()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (open(os.dup(theirs), "w", encoding="utf-8", newline="") for _ in range(2))  # noqa: PTH123, SIM115
    try:
        yield seen
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.close()
        sys.stdout, sys.stderr = before
        os.close(theirs)
        reader.join()
        os.close(ours)


def foreign(seen):
    """Return the controls among what a terminal was sent that no command of ours writes."""
    text = seen.decode("utf-8")
    assert "\x1b[38;5;123m" not in text
    return CONTROLS.findall(OURS.sub("", text))


def commands(run, folder):
    """Return a command line of every command that prints what a run, a journal or a name says."""
    named = folder / f"n{STEERS}"
    texts = folder / f"{STEERS}.txt"
    texts.write_text(f"{STEERS} one two\n" * 3)
    journal = run.with_suffix(".labels.jsonl")
    yield from (["info", run], ["info", run, "--json"], ["journal", run], ["journal", run, "--json"])
    yield from (["evaluate", run], ["evaluate", run, "--labels", journal], ["evaluate", run, "--gold"])
    yield ["evaluate", run, "--against", journal, "--describer", journal]
    yield from (["evaluate", run, "--sanity"], ["evaluate", run, "--gold", "--json"])
    yield from (["export", run, "-o", "-", "--format", form] for form in ("jsonl", "csv"))
    yield from (["export", run, "-o", f"{named}.csv"], ["import", run, f"{named}.csv"])
    yield from (["export", run, "-o", named], ["export", run, "-o", "-", "--filter", STEERS])
    yield from (["similar", run, "L0.0"], ["similar", run, STEERS], ["label", run, STEERS, STEERS])
    yield from (
        ["label", run, "L0.0", "--dry-run"],
        ["describe", run, "--dry-run"],
        ["describe", run, "--backend", "gold"],
    )
    yield from (["probe", run, STEERS], ["verify", run], ["verify", run, "--sample", "0"], ["keys"])
    yield from (["merge", named, "-o", f"{named}.duckdb"], ["open", named], ["serve", named], [STEERS])
    yield from (["precompute", texts, "-o", named, "--model", named], ["precompute", named, "-o", named])
    yield from (["info", named], ["info", run, "--labels", texts], ["open", run], ["serve", run, "--port", "-1"])


def test_no_command_writes_a_sequence_that_a_run_a_journal_or_a_name_brought(run, tmp_path, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    steered, shown = {}, 0
    for command in commands(run, tmp_path):
        with at_a_terminal() as seen:
            main([str(word) for word in command])
        if found := foreign(seen):
            steered[command[0]] = set(found)
        shown += "␛".encode() in seen
        assert b"inside neurotui" not in seen, seen
    assert steered == {}
    # It is there to be read.
    assert shown > 20


def test_what_libraries_print_warn_and_log_cannot_steer_either():
    def work():
        with shown_progress() as report:
            report(STEERS, 1, 2)
            sys.stdout.write(f"{STEERS}\n")
            sys.stderr.write(f"{STEERS}\n")
            logging.StreamHandler().emit(logging.makeLogRecord({"msg": STEERS}))
            report(STEERS, 2, 2)
        sys.stdout.write(f"{STEERS}\n")
        logging.StreamHandler().emit(logging.makeLogRecord({"msg": STEERS}))
        console.show(console.table((STEERS,), [(STEERS,)], STEERS), STEERS)
        raise ValueError(STEERS)

    with at_a_terminal() as seen:
        assert exits.guarded(work, goes_on="") == 1
    assert foreign(seen) == []
    assert seen.count("␛]52;c;".encode()) >= 9


def test_what_goes_to_a_file_stays_as_it_is(run, capfd):
    assert main(["export", str(run), "-o", "-"]) == 0
    assert json.loads(capfd.readouterr().out.splitlines()[0])["label"] == STEERS
