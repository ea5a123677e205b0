"""The runs that the app is opened on; a run never changes, so that all tests share them."""

import pytest
from synthetic import WORDS, add_token_scope, write_run
from textual import screen
from tui import hostile


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(autouse=True)
def drawn_when_read(monkeypatch):
    """Draw the screen when a person looks rather than sixty times a second: most of the time goes there.

    What is drawn then is the whole screen, from what each widget holds to be unchanged.
    """

    def leave_for_later(self):
        self._dirty_widgets.clear()
        self._compositor._dirty_regions.clear()

    monkeypatch.setattr(screen, "UPDATE_PERIOD", 1)
    monkeypatch.setattr(screen.Screen, "_compositor_refresh", leave_for_later)


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """Return a run of 96 neurons in two layers."""
    return write_run(tmp_path_factory.mktemp("run") / "run.duckdb")


@pytest.fixture(scope="session")
def two_scope_run(tmp_path_factory):
    """Return the run of 96 neurons with token descriptors, both sides and outputs."""
    return add_token_scope(write_run(tmp_path_factory.mktemp("scopes") / "run.duckdb"))


@pytest.fixture(scope="session")
def rich_run(tmp_path_factory):
    """Return a run in which each neuron has as many candidates as real ones have: more than there are keys."""
    names = [f"{word} and more" for word in WORDS[:14]]
    return write_run(tmp_path_factory.mktemp("rich") / "run.duckdb", names=names, matches=12)


@pytest.fixture
def labels(tmp_path):
    """Return where a journal of one's own may be."""
    return tmp_path / "run.labels.jsonl"


@pytest.fixture(scope="session")
def hostile_run(tmp_path_factory):
    """Return a run in which every text, name and note would like to steer the terminal."""
    return write_run(
        tmp_path_factory.mktemp("hostile") / hostile.FILE_NAME,
        units=30,
        bodies=hostile.BODIES,
        names=hostile.NAMES,
        model=hostile.MODEL,
        backend=hostile.BACKEND,
    )
