"""The app ends after q, whatever is at work: a query, a thread, a worker process that does not answer."""

import threading

import pytest
from tui.terminal import Terminal

from neurotui.errors import UserError
from neurotui.store import reader
from neurotui.store.journal import Journal

# How the app is started, after something of it has been made to take for ever.
START = "from neurotui.cli import main; main({!r})"
ENDLESS = {
    "a query": """
from neurotui.store import reader
before = reader.statement
FOR_EVER = "SELECT sum(a.range * b.range) FROM range(1000000000) a, range(1000000000) b WHERE $neuron_id IS NOT NULL"
reader.statement = lambda name: FOR_EVER if name == "exemplars" else before(name)
""",
    "one query after another": """
from neurotui.review.neuron_loader import NeuronLoader
def load(self, neuron_id):
    while True:
        try:
            self._run.reader.rows("meta")
        except Exception:
            pass
NeuronLoader.load = load
""",
    "a thread": """
import time
from neurotui.review.neuron_loader import NeuronLoader
NeuronLoader.load = lambda self, neuron_id: time.sleep(100_000)
""",
    # What it has started holds its pipes, so that killing it does not end what waits for its answer.
    "a worker process": """
import sys
from neurotui.workers import client
SILENT = "import subprocess, time; subprocess.Popen(['sleep', '60']); time.sleep(100_000)"
client.python = lambda *arguments: [sys.executable, "-c", SILENT]
""",
}


@pytest.mark.parametrize("endless", ENDLESS)
def test_the_app_ends_after_q_although_something_is_at_work_that_never_ends(run, labels, endless):
    arguments = ["open", str(run), "--labels", str(labels), "--annotator", "ada"]
    with Terminal(["-c", ENDLESS[endless] + START.format(arguments)], (120, 40)) as app:
        app.until(" / ")
        app.until("L0.1")
        if endless == "a worker process":
            app.until("▸ 1")
            app.press("R", "R")
            app.until("at work")
        app.press("x")
        app.until("saved: L0.0 rejected")
        app.press("q")
        assert app.ends() == 0
        assert "again: neurotui open" in app.text
    assert [event.action for event in Journal(labels).events] == ["reject"]


def test_a_run_that_is_closed_reads_nothing_more_and_keeps_nobody_waiting(run, monkeypatch):
    read = reader.Reader(run)
    held, go = threading.Event(), threading.Event()
    monkeypatch.setattr(reader, "_PATIENCE", 0.2)

    def stuck(_):
        """Take no notice of being interrupted."""
        held.set()
        go.wait()

    thread = threading.Thread(target=lambda: read._read("meta", {}, stuck))
    thread.start()
    held.wait()
    read.close()
    with pytest.raises(UserError, match="has been closed"):
        read.rows("meta")
    go.set()
    thread.join()
    read.close()
