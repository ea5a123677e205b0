"""A real language model behind a real server, asked with our own prompts."""

import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest
from real_server import real_server
from tiny_texts import ORDER, PHRASES, SHOWN, TEXTS, TINY_MODEL

from neurotui.backends.llm.prompt_wording import Wording
from neurotui.backends.registry import choose
from neurotui.backends.settings import BackendSettings


def quiet(stage, done, total):
    assert stage
    assert 0 <= done <= total


def proposed(backend, texts=TEXTS):
    return backend.propose(texts, np.ones(len(texts), np.bool_), quiet)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with real_server(tmp_path_factory.mktemp("server")) as running:
        yield running


def settings_for(server, size=1, **more):
    return BackendSettings(
        llm=str(TINY_MODEL), base_url=server.url, api_key_env="NO_SUCH_KEY", texts_per_request=size, **more
    )


def test_the_tiny_model_knows_the_prompts_as_they_are():
    trained_on = (TINY_MODEL / "prompts_hash.txt").read_text().strip()
    assert trained_on == Wording().hash, "a prompt has changed: run tests/tiny_model/train.py"
    assert sum(file.stat().st_size for file in TINY_MODEL.iterdir()) < 1_000_000


def test_a_real_server_names_what_it_sees_in_each_text(server):
    backend = choose("openai", settings_for(server))
    before = server.requests()
    assert proposed(backend) == PHRASES
    assert backend.failures == ()
    assert server.requests() - before == len(TEXTS)


def test_a_real_server_names_what_a_neuron_fires_at(server):
    assert choose("openai", settings_for(server)).label(SHOWN) == ("battery", "devices")


def test_an_order_in_a_text_changes_no_other_text(server):
    found = proposed(choose("openai", settings_for(server)), [TEXTS[0], ORDER, *TEXTS[1:3]])
    assert [found[0], *found[2:]] == PHRASES[:3]
    assert found[1] == ("keyboard", "devices")


def test_a_second_run_sends_nothing(server, tmp_path):
    path = tmp_path / "replies.sqlite"
    first = choose("openai", settings_for(server), cache=path)
    assert proposed(first) == PHRASES
    assert first.label(SHOWN) == ("battery", "devices")
    before = server.requests()
    second = choose("openai", settings_for(server), cache=path)
    assert second.estimate(TEXTS).calls == 0
    assert proposed(second) == PHRASES
    assert second.label(SHOWN) == ("battery", "devices")
    assert server.requests() == before


RUN = """
import sys, numpy as np
from pathlib import Path
from neurotui.backends.registry import choose
from neurotui.backends.settings import BackendSettings
url, model, cache = sys.argv[1:4]
settings = BackendSettings(llm=model, base_url=url, api_key_env="NO_SUCH_KEY", texts_per_request=1, concurrency=2)
choose("openai", settings, cache=Path(cache)).propose(sys.argv[4:], np.ones(len(sys.argv) - 4, bool), lambda *_: None)
"""


def kept(path):
    return len(sqlite3.connect(path).execute("select 1 from replies").fetchall()) if path.exists() else 0


def test_a_run_that_was_killed_half_way_sends_nothing_twice(server, tmp_path):
    path = tmp_path / "replies.sqlite"
    texts = [f"{text} {word}" for text in TEXTS for word in ("again", "today", "with it", "before")]
    command = [sys.executable, "-c", RUN, server.url, str(TINY_MODEL), str(path), *texts]
    before = server.requests()
    process = subprocess.Popen(command)
    while server.requests() - before < 8 and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    time.sleep(0.5)  # what was under way is answered by now
    paid, saved = server.requests() - before, kept(path)
    assert paid >= saved >= paid - 2 > 0, "all but what was under way is kept"
    subprocess.run(command, check=True)
    assert server.requests() - before == paid + len(texts) - saved
    assert kept(path) == len(texts)
    subprocess.run(command, check=True)
    assert server.requests() - before == paid + len(texts) - saved
