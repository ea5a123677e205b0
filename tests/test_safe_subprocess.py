"""Modules that lie beside a run, perhaps a stranger's, are never imported by whatever process reads the run there."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from patience import PATIENCE
from synthetic import WEIGHTS, write_run

from neurotui.cli.commands.serve import _opening
from neurotui.errors import UserError
from neurotui.labelling.types import LabelBackend
from neurotui.precompute.processes import ShardJob, make
from neurotui.tui.runner import WEB_DRIVER
from neurotui.types import Neuron
from neurotui.workers.client import WorkerClient
from neurotui.workers.requests import Price

# What we import, what those import at need, and what Python itself starts with.
MODULES = (
    *("neurotui", "duckdb", "numpy", "textual", "rich", "typer", "platformdirs", "portalocker", "torch"),
    *("transformers", "tokenizers", "safetensors", "pyarrow", "sklearn", "scipy", "regex", "openai", "aiohttp"),
    *("json", "random", "tempfile", "pathlib", "contextlib", "socket", "secrets", "logging", "multiprocessing"),
    *("pickle", "struct", "signal", "selectors", "threading", "sqlite3", "sitecustomize", "usercustomize"),
    *("textual_serve", "zstandard", "readline", "triton", "pandas", "typing_extensions", "hashlib"),
)
# As the script that installing makes: Python looks beside it first, not in the present folder.
SCRIPT = """import sys
from neurotui.cli import main
if __name__ == "__main__":
    sys.exit(main())
"""


@pytest.fixture
def place(tmp_path):
    """Return a folder with a run and modules that leave a mark when they are imported."""
    folder = tmp_path / "place"
    folder.mkdir()
    write_run(folder / "run.duckdb", units=5)
    for module in MODULES:
        mark = (
            f"import os\nopen(os.path.join({str(tmp_path)!r}, 'mark-{module}'), 'w').close()\nraise ImportError\n"
        )
        (folder / f"{module}.py").write_text(mark)
    return folder


def marks(place):
    return sorted(mark.name.removeprefix("mark-") for mark in place.parent.glob("mark-*"))


def typed(place, *words, how=None):
    """Run a command in the folder as a person does; return its status and what it said."""
    script = place.parent / "neurotui"
    script.write_text(SCRIPT)
    command = [sys.executable, *([str(script)] if how is None else how), *map(str, words)]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_command_imports_nothing_from_the_folder_it_is_typed_in(place):
    for command in (["info", "run.duckdb"], ["evaluate", "run.duckdb"], ["export", "run.duckdb", "-o", "l.csv"]):
        assert typed(place, *command)[0] == 0
    assert marks(place) == []


def test_two_processes_of_precompute_import_nothing_from_there(place, monkeypatch):
    monkeypatch.chdir(place)
    job = ShardJob(place / "no model", place, SimpleNamespace(hook=""), "float32")
    # They start, import all that they need, and find no model.
    with pytest.raises(UserError):
        make(job, [0, 1], 2, lambda _: None)
    assert marks(place) == []


def test_the_helper_process_imports_nothing_from_there(place, monkeypatch):
    monkeypatch.chdir(place)
    worker = WorkerClient(place / "run.duckdb")
    try:
        worker.ask(Price(Neuron(0, 0), LabelBackend(), 0, WEIGHTS))
    finally:
        worker.close()
    assert marks(place) == []


def test_an_app_in_a_browser_imports_nothing_from_there(place, monkeypatch):
    monkeypatch.chdir(place)
    environment = os.environ | {"TEXTUAL_DRIVER": WEB_DRIVER}
    with subprocess.Popen(
        shlex.split(_opening(Path("run.duckdb"), [])[0])[1:],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as app:
        assert app.stdout.readline() == b"__GANGLION__\n"
        app.kill()
        app.communicate()
    assert marks(place) == []


def test_neither_does_python_m(place):
    for module in place.glob("neurotui.py"):
        module.unlink()
    assert typed(place, "info", "run.duckdb", how=["-m", "neurotui"])[0] == 0
    # What Python itself imports to find the package is out of our hands.
    assert set(marks(place)) <= {"contextlib", "typing_extensions"}
