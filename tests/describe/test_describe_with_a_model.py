"""`describe` with a language model: killed, refused, half answered, dry; nothing is asked twice, nothing invented."""

import json
import signal
import subprocess
import sys
import time

import duckdb
import pytest
from lying_server import honest, lying_server, says
from synthetic import write_run

from neurotui.backends.settings import BackendSettings
from neurotui.describe.pipeline import describe, estimate
from neurotui.errors import UserError
from neurotui.store.beside_run import replies_of
from neurotui.store.run import Run

SUBJECTS = ("football", "bread", "comets", "guitars")
TEXTS = [f"{SUBJECTS[number // 2 % 4]} again {number} and some more words" for number in range(120)]
SILENCE = json.dumps({"texts": []})


def quiet(stage, done, total):
    assert 0 <= done <= total, stage


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "run.duckdb", units=16, bodies=TEXTS, names=())


def settings_for(server, **more):
    chosen = {"llm": "liar", "base_url": server.url, "api_key_env": "NO_SUCH_KEY", "texts_per_request": 4}
    return BackendSettings(**{**chosen, "concurrency": 2, **more})


def described(run, server, tell=print, **more):
    return describe(run, "openai", settings_for(server, **more), namer="none", progress=quiet, tell=tell)


def phrases(run):
    with duckdb.connect(str(run), read_only=True) as connection:
        found = connection.execute("SELECT text_id, phrase FROM phrases ORDER BY ALL").fetchall()
    return {text: [phrase for other, phrase in found if other == text] for text, _ in found}


def slow(handler, asked):
    time.sleep(0.05)
    says(honest)(handler, asked)


def test_what_is_stored_is_what_was_said(run):
    with lying_server() as server:
        assert described(run, server).server == f"'liar' at '{server.url}'"
    said = phrases(run)
    assert len(said) == len(TEXTS)
    assert said[5] == ["about again", "about comets"]
    with Run(run) as opened:
        said = {descriptor.name for descriptor in opened.descriptors() if descriptor.scope == "text"}
        assert said == {f"about {one}" for one in SUBJECTS}
        assert opened.meta["llm"] == "liar"
        assert len(opened.meta["prompts"]) == 16


def test_killed_half_way_and_given_again_it_asks_only_for_the_rest(run):
    before = run.read_bytes()
    with lying_server(slow) as server:
        asked = [
            "--backend",
            "openai",
            "--llm",
            "liar",
            "--base-url",
            server.url,
            "--api-key-env",
            "NO_SUCH_KEY",
        ]
        size = ["--texts-per-request", "4", "--concurrency", "2"]
        command = [sys.executable, "-m", "neurotui", "describe", str(run), "--namer", "none", *asked, *size]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while len(server.asked) < 15 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert run.read_bytes() == before
        first = [text for one in server.asked for text in one.texts]
        subprocess.run(command, check=True, capture_output=True)
        everything = [text for one in server.asked for text in one.texts]
    again = [text for text in set(everything) if everything.count(text) > 1]
    assert len(set(everything)) == len(TEXTS)
    assert len(first) < len(TEXTS)
    # Only what was under way when the kill came: two requests of four texts.
    assert len(again) <= 8
    assert phrases(run).keys() == set(range(len(TEXTS)))


def test_a_second_time_it_asks_nothing(run):
    with lying_server() as server:
        described(run, server)
        count = len(server.asked)
        described(run, server)
        assert len(server.asked) == count == 30


def test_a_dry_run_says_what_it_would_take_and_asks_nothing(run):
    with lying_server() as server:
        said = estimate(run, "openai", settings_for(server, price_in=1.0, price_out=2.0))
        assert server.asked == []
    assert (said.texts, said.asked, said.calls) == (120, 120, 30)
    assert said.cost == pytest.approx((said.input_tokens + 2 * said.output_tokens) / 1e6)
    assert not replies_of(run).exists()


def test_a_spent_budget_leaves_the_run_and_keeps_what_was_paid_for(run):
    before = run.read_bytes()
    with lying_server() as server:
        with pytest.raises(UserError, match="80 of 120 texts got no phrases") as refused:
            described(run, server, max_calls=10)
        assert "what was answered is kept" in refused.value.hint
        assert len(server.asked) == 10
        assert run.read_bytes() == before
        described(run, server)
        assert len(server.asked) == 30


def test_a_few_texts_without_an_answer_are_told_and_counted_and_get_no_phrase(run):
    def nearly(prompt):
        return SILENCE if "bread again 10 and" in prompt else honest(prompt)

    told = []
    with lying_server(says(nearly)) as server:
        assert described(run, server, told.append).failed_texts == 4
    assert told[0].startswith(f"4 of 120 texts got no phrases: 'liar' at '{server.url}': ")
    assert phrases(run).keys() == set(range(len(TEXTS))) - {8, 9, 10, 11}


def test_a_server_that_is_not_there_is_named(run):
    with lying_server() as server:
        gone = settings_for(server, timeout=1.0)
    with pytest.raises(UserError, match=r"127\.0\.0\.1"):
        describe(run, "openai", gone, namer="none", progress=quiet)
