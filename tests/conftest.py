"""What every test is spared: the settings of whoever runs them, and how they were started."""

import gc
import os
import signal
from contextlib import suppress

import platformdirs
import pytest
from object_storage import s3_server, storage  # noqa: F401 - fixtures of several rooms

from neurotui.backends.llm import reply_cache


@pytest.fixture(scope="session", autouse=True)
def nobodys_settings(tmp_path_factory):
    """Let every app and command read a config file of an order alone, and keep filters beside it."""
    file = tmp_path_factory.mktemp("config") / "config.toml"
    # Neurons stand where a reader of a test expects them.
    file.write_text('order = "layer"\n')
    before = os.environ.get("NEUROTUI_CONFIG")
    os.environ["NEUROTUI_CONFIG"] = str(file)
    yield
    if before is None:
        del os.environ["NEUROTUI_CONFIG"]
    else:
        os.environ["NEUROTUI_CONFIG"] = before


@pytest.fixture(scope="session", autouse=True)
def nobodys_cache(tmp_path_factory):
    """Let every command keep vectors of texts in a cache of the tests, beside the models of whoever runs them.

    Those take minutes to make, and are the same for everybody: they stay for the next tests.
    """
    models = platformdirs.user_cache_path("neurotui") / "models"
    # A link to what is not there is a place where nothing can be unpacked.
    models.mkdir(parents=True, exist_ok=True)
    folder = tmp_path_factory.getbasetemp()
    # One for all the processes of the tests: the words of a whole language take one 20 s to weigh.
    cache = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "cache"
    (cache / "neurotui").mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        (cache / "neurotui" / "models").symlink_to(models)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        yield


@pytest.fixture(scope="session", autouse=True)
def deaf_to_no_signal():
    """Let processes that tests start heed signals, where the tests were started as by nohup or by a script's &.

    What is ignored is ignored in every child: one that a test interrupts would go on.
    """
    ignored = [number for number in (signal.SIGINT, signal.SIGHUP) if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.fixture(autouse=True)
def nobodys_replies(tmp_path_factory, monkeypatch):
    """Let no test find what another one was answered."""
    file = tmp_path_factory.getbasetemp() / "replies.sqlite"
    file.unlink(missing_ok=True)
    monkeypatch.setattr(reply_cache, "replies_of_all_runs", lambda: file)


@pytest.fixture(scope="session", autouse=True)
def seldom_swept():
    """Look for garbage more seldom than Python would: a sixth of the time of a test of the app goes there."""
    before = gc.get_threshold()
    gc.set_threshold(20_000, 20, 20)
    yield
    gc.set_threshold(*before)
