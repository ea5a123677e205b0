"""Who names: the usual one, none, a server, a local model, and what is said where that cannot be."""

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from neurotui.backends import namer_registry as choosing
from neurotui.backends.llm.budget import Budget
from neurotui.backends.llm.naming_prompts import FewShotPrompt, beginning, ending, names_in
from neurotui.backends.namer_registry import choose_namer, refuse_two_models
from neurotui.backends.settings import BackendSettings
from neurotui.errors import UserError

ASKED = [
    FewShotPrompt(("january", "march", "may")),
    FewShotPrompt(("court", "judge"), ("The judge rose.",)),
    FewShotPrompt(("a", "b")),
]


@pytest.fixture
def server():
    """Yield a server that names every group after its last line of words, and the prompts that it was sent."""
    prompts = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            prompts.append(sent["messages"][-1]["content"])
            words = prompts[-1].rpartition("Words: ")[2].partition("\n")[0]
            reply = f"Topic: things like {words.partition(',')[0]}, \u202eodd\nWords: more"
            body = json.dumps({"choices": [{"message": {"content": reply}}]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_address[1]}/v1", prompts
    running.shutdown()
    thread.join()
    running.server_close()


def settings(url, **more):
    return BackendSettings(llm="m", base_url=url, api_key_env="NO_SUCH_KEY", **more)


def test_a_server_is_asked_once_a_group_and_never_again(server, tmp_path):
    url, prompts = server
    path = tmp_path / "replies.sqlite"
    answers = choose_namer("openai", settings(url), cache=path).read(ASKED)
    assert [said[0] for said in answers.proposed] == [
        "things like january",
        "things like court",
        "things like a",
    ]
    assert not any("\u202e" in name for said in answers.proposed for name in said)
    assert len(prompts) == 3
    again = choose_namer("openai", settings(url), cache=path).read(ASKED)
    assert again.proposed == answers.proposed
    assert len(prompts) == 3
    assert [own.tolist() for own in again.log_likelihood([["x"], [], ["y", "z"]])] == [[0], [], [0, 0]]


def test_for_another_run_of_the_same_texts_nobody_is_asked_again(server, tmp_path):
    url, prompts = server
    answers = choose_namer("openai", settings(url), cache=tmp_path / "one.sqlite").read(ASKED)
    again = choose_namer("openai", settings(url), cache=tmp_path / "other.sqlite").read(ASKED)
    assert again.proposed == answers.proposed
    assert len(prompts) == 3


def test_a_budget_that_ends_is_refused_and_what_was_answered_is_kept(server, tmp_path):
    url, prompts = server
    path = tmp_path / "replies.sqlite"
    with pytest.raises(UserError, match="--max-calls 2 is used up before every descriptor had a name"):
        choose_namer("openai", settings(url, max_calls=2), cache=path).read(ASKED)
    assert len(prompts) == 2
    choose_namer("openai", settings(url), cache=path).read(ASKED)
    assert len(prompts) == 3


def test_a_budget_is_shared_with_the_backend(server):
    url, prompts = server
    chosen = settings(url, max_calls=1)
    budget = Budget(chosen)
    asyncio.run(budget.admit((0, 0)))
    with pytest.raises(UserError, match="used up"):
        choose_namer("openai", chosen, budget=budget).read(ASKED)
    assert prompts == []


def test_nobody_names_where_the_usual_one_is_not_installed(monkeypatch):
    monkeypatch.setattr(choosing.smollm2, "packaged", lambda: None)
    assert choose_namer(None) is None
    assert choose_namer("none") is None
    with pytest.raises(UserError, match="'smollm2' is not installed"):
        choose_namer("smollm2")


def test_what_cannot_serve_is_refused():
    with pytest.raises(UserError, match="'oracle' is not a namer"):
        choose_namer("oracle")
    for name in ("openai", "transformers"):
        with pytest.raises(UserError, match="no model is named for the namer"):
            choose_namer(name, BackendSettings(base_url="http://localhost/v1"))
    for pair in (("openai", "transformers"), ("transformers", "openai")):
        with pytest.raises(UserError, match="two different models"):
            refuse_two_models(*pair)
    refuse_two_models("openai", "openai")
    refuse_two_models("keywords", "transformers")


def test_a_prompt_is_examples_and_then_the_group():
    prompt = beginning(texts=True) + ending(FewShotPrompt(tuple("abcdefghij"), ("one line\nand another " * 20,)))
    assert prompt.count("Topic:") == 7
    assert "Words: a, b, c, d, e, f, g, h\n" in prompt
    *_, text, last = prompt.split("\n")
    assert text.startswith("Text: one line and another")
    assert len(text) < 100
    assert last == "Topic:"


@pytest.mark.parametrize(
    ("said", "names"),
    [
        (" tax law\nWords: x", ("tax law",)),
        ("Topic: **Law**; courts", ("Law", "courts")),
        ("<think>\nnot chess\n</think>\n\nTopic: law", ("law",)),
        ("<think>chess, or", ()),
        ("", ()),
        (" ,,\n", ()),
    ],
)
def test_names_are_read_from_the_first_line_of_a_reply(said, names):
    assert names_in(said) == names
