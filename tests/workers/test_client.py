"""A worker is a real process: it answers, dies and is ended, and nothing hangs or is left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from labelling.planted import PLANTED, write_planted
from lying_server import hangs, lying_server, refuses, says
from patience import PATIENCE
from real_server import real_server
from synthetic import WEIGHTS, write_run
from tiny_texts import TINY_MODEL

from neurotui.backends.llm.budget import Account
from neurotui.backends.settings import BackendSettings
from neurotui.errors import UserError
from neurotui.labelling.types import LabelBackend, Written
from neurotui.types import Neuron
from neurotui.workers.client import WorkerClient
from neurotui.workers.requests import Price, Score, Warm, Write

QUESTION = Score(PLANTED, ("a battery", "football"), WEIGHTS)
# One that needs neither torch nor the encoder, which take a process most of its time to load.
LIGHT = Price(
    PLANTED,
    LabelBackend("openai", BackendSettings(llm="m", base_url="http://127.0.0.1:9/v1", api_key_env="NO_SUCH_KEY")),
    0,
    WEIGHTS,
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_planted(tmp_path_factory.mktemp("planted") / "run.duckdb")


@pytest.fixture(scope="module")
def worker(run):
    with helping(run) as one:
        yield one


@contextmanager
def helping(run):
    one = WorkerClient(run)
    try:
        yield one
    finally:
        one.close()


class Asked(threading.Thread):
    """A question that is asked elsewhere; ``told`` was heard of it, ``account`` what it spent, ``refusal`` ended it."""

    def __init__(self, worker, question):
        super().__init__(daemon=True)
        self._worker, self._question = worker, question
        self.told, self.account, self.refusal, self.answer = [], Account(), None, None
        self.start()

    def run(self):
        try:
            self.answer = self._worker.ask(self._question, lambda *one: self.told.append(one), self.account)
        except UserError as refusal:
            self.refusal = refusal

    def ended(self):
        self.join(PATIENCE)
        assert not self.is_alive()
        return self.refusal


def process_of(worker):
    until(lambda: worker._child is not None)
    return worker._child._process


def until(true):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def lying(server, **more):
    return LabelBackend(
        "openai", BackendSettings(llm="liar", base_url=server.url, api_key_env="NO_SUCH_KEY", **more)
    )


def test_the_first_fit_comes_with_progress_and_the_next_needs_no_more_reading(run):
    with helping(run) as one:
        told = []
        one.ask(Warm(), lambda *how: told.append(how))
        assert told[-1] == ("reading held-out texts", 100, 100)
        assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
        assert one.ask(QUESTION).fits[0].topic.auroc > 0.95
        told.clear()
        one.ask(Score(PLANTED, ("another label",), WEIGHTS), lambda *how: told.append(how))
        assert told == []


def test_a_refusal_comes_whole_and_the_worker_goes_on(worker):
    with pytest.raises(UserError, match=r"no neuron L9\.9") as refused:
        worker.ask(Score(Neuron(9, 9), ("x",), WEIGHTS))
    assert "neurotui info" in refused.value.hint
    assert worker.ask(QUESTION).fits[0].label == "a battery"


def test_what_goes_wrong_with_the_listener_is_its_own_and_leaves_no_half_answer(run):
    def fails(*_):
        raise BrokenPipeError

    with lying_server(refuses(500)) as server, helping(run) as one:
        with pytest.raises(BrokenPipeError):
            one.ask(Write(PLANTED, lying(server, timeout=2), 0, WEIGHTS), fails)
        assert one.ask(LIGHT).calls == 1


def test_ctrl_c_at_the_terminal_is_not_for_the_worker(worker):
    worker.ask(QUESTION)
    assert os.getsid(process_of(worker).pid) != os.getsid(0)


def test_killed_while_it_works_it_is_told_why(run):
    with lying_server(hangs) as server, helping(run) as one:
        asked = Asked(one, Write(PLANTED, lying(server), 0, WEIGHTS))
        until(lambda: server.asked)
        process_of(one).kill()
        assert "signal 9" in asked.ended().message


def test_killed_between_two_questions_it_is_told_and_the_next_starts_another(run):
    with helping(run) as one:
        assert one.ask(LIGHT).calls == 1
        process_of(one).kill()
        process_of(one).wait()
        with pytest.raises(UserError, match="signal 9"):
            one.ask(LIGHT)
        assert one.ask(LIGHT).calls == 1


@pytest.mark.parametrize("when", ["as it starts", "in the middle"])
def test_closing_it_ends_the_process_and_the_question_at_once(run, when):
    one = WorkerClient(run)
    asked = Asked(one, Warm())
    pid = process_of(one).pid
    if when == "in the middle":
        until(lambda: asked.told)
    started = time.monotonic()
    one.close()
    assert "cancelled" in asked.ended().message
    assert time.monotonic() - started < 6
    assert not alive(pid)
    with pytest.raises(UserError, match="closed"):
        one.ask(QUESTION)
    one.close()


def test_one_that_was_never_asked_anything_has_no_process(run):
    one = WorkerClient(run)
    one.close()
    assert one._child is None


PARENT = """
import sys, threading, time
from pathlib import Path
from neurotui.workers.client import WorkerClient
from neurotui.workers.requests import Warm
worker = WorkerClient(Path(sys.argv[1]))
threading.Thread(target=worker.ask, args=(Warm(), lambda *_: print("working", flush=True)), daemon=True).start()
while worker._child is None:
    time.sleep(0.01)
print(worker._child._process.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("when", ["while it loads", "while it works"])
def test_a_worker_whose_parent_is_killed_is_gone(run, when):
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(run)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as parent:
        pid = int(parent.stdout.readline())
        if when == "while it works":
            assert parent.stdout.readline() == "working\n"
        assert alive(pid)
        parent.send_signal(signal.SIGKILL)
        until(lambda: not alive(pid))


SITE = """
import os, sys
def noisy(event, what):
    if event == "import" and what[0] == "torch":
        os.write(1, b"a library speaks")
        os.read(0, 1)
sys.addaudithook(noisy)
"""


def test_what_libraries_print_or_read_is_no_part_of_the_talk(run, tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(SITE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with helping(run) as one:
        assert one.ask(QUESTION).fits[0].topic.auroc > 0.95


def test_what_lies_in_the_present_folder_is_not_imported(run, tmp_path, monkeypatch):
    for name in ("torch", "duckdb", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("import os; os._exit(7)")
    monkeypatch.chdir(tmp_path)
    with helping(run) as one:
        assert one.ask(QUESTION).fits[0].topic.auroc > 0.95


# A torch of None in sys.modules would do, but for scipy, which then takes None for torch.
NO_TORCH = """
import sys
from importlib.abc import MetaPathFinder

class NoTorch(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")

sys.meta_path.insert(0, NoTorch())
"""


@pytest.mark.parametrize(
    ("site", "says", "hint"),
    [
        (
            NO_TORCH,
            "'torch' is not installed",
            "pip install 'neurotui[models]'",
        ),
        ("import sys; sys.modules['pickle'] = None", "pickle", "try again"),
    ],
)
def test_what_is_missing_is_told(run, tmp_path, monkeypatch, site, says, hint):
    (tmp_path / "sitecustomize.py").write_text(site)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with helping(run) as one, pytest.raises(UserError) as refused:
        one.ask(QUESTION)
    assert says in refused.value.message
    assert hint in refused.value.hint


def test_a_run_that_is_replaced_is_answered_for_as_it_is_now(tmp_path):
    path = write_planted(tmp_path / "run.duckdb")
    with helping(path) as one:
        assert one.ask(QUESTION).fits[0].topic.auroc > 0.95
        write_run(tmp_path / "other.duckdb", layers=1, units=6, texts=60)
        (tmp_path / "other.duckdb").replace(path)
        assert one.ask(QUESTION).active == 5
        path.unlink()
        path.write_bytes(b"no run")
        with pytest.raises(UserError, match="not a neurotui run"):
            one.ask(QUESTION)


@pytest.mark.parametrize("weights", ["other", ""])
def test_a_run_of_another_model_is_not_answered_for(worker, weights):
    assert worker.ask(QUESTION).fits[0].topic.auroc > 0.95
    for question in (
        Score(PLANTED, ("a battery",), weights),
        Price(PLANTED, LabelBackend(), 0, weights),
        Write(PLANTED, LabelBackend(), 0, weights),
    ):
        with pytest.raises(UserError, match="was replaced by a run of another model"):
            worker.ask(question)


def test_a_writer_behind_a_server_loads_neither_torch_nor_the_encoder(run):
    with lying_server(says('{"labels": ["a battery"]}')) as server, helping(run) as one:
        assert one.ask(Write(PLANTED, lying(server), 0, WEIGHTS)).labels == ("a battery",)
        maps = Path(f"/proc/{one._child._process.pid}/maps")
        if not maps.exists():
            pytest.skip("only Linux tells what a process has loaded")
        assert "libtorch" not in maps.read_text()


def test_a_server_that_fails_is_told_in_words_and_no_label_is_made_up(worker):
    told = []
    with lying_server(refuses(500)) as server:
        written = worker.ask(Write(PLANTED, lying(server, timeout=2), 0, WEIGHTS), lambda *one: told.append(one))
    assert written.labels == ()
    assert "500" in written.notes[0]
    assert ("the server answers 500, trying again at second", 1, 2) in told


def test_what_is_under_way_as_a_worker_ends_counts_at_its_most_in_the_next(run):
    prices = {"price_in": 1.0, "price_out": 10.0}
    with lying_server(hangs) as server:
        one = WorkerClient(run)
        asked = Asked(one, Write(PLANTED, lying(server, **prices), 0, WEIGHTS))
        until(lambda: server.asked)
        one.close()
        asked.ended()
        spent = asked.account.spent
        assert spent.calls == 1
        assert spent.cost > one_reply(server) * prices["price_out"] / 1e6
        with helping(run) as another:
            for option, bound in (("max_calls", 1), ("max_cost", spent.cost)):
                question = Write(PLANTED, lying(server, **prices, **{option: bound}), 0, WEIGHTS)
                with pytest.raises(UserError, match=f"--{option.replace('_', '-')} .* is used up"):
                    another.ask(question, account=asked.account)
        assert len(server.asked) == 1


def one_reply(server):
    return server.asked[0].body["max_completion_tokens"]


def test_closing_ends_a_question_to_a_server_that_says_nothing(run):
    one = WorkerClient(run)
    with lying_server(hangs) as server:
        asked = Asked(one, Write(PLANTED, lying(server), 0, WEIGHTS))
        until(lambda: server.asked)
        one.close()
        assert "cancelled" in asked.ended().message
        assert len(server.asked) == 1


def test_a_real_model_behind_a_real_server_names_what_the_neuron_fires_at(tmp_path):
    # Four firing texts and three silent ones: what the tiny model was trained to read.
    run = write_planted(tmp_path / "run.duckdb", calibration=[140, 90, 40, 170, 1, 2, 3])
    with real_server(tmp_path) as server, helping(run) as one:
        settings = BackendSettings(llm=str(TINY_MODEL), base_url=server.url, api_key_env="NO_SUCH_KEY")
        question = Write(PLANTED, LabelBackend("openai", settings), 0, WEIGHTS)
        assert one.ask(Price(question.neuron, question.asking, question.draw, question.weights)).calls == 1
        assert server.requests() == 0
        written = one.ask(question)
        assert written == Written(("battery", "devices"))
        assert one.ask(Score(PLANTED, written.labels, WEIGHTS)).fits[0].topic.lower > 0.9
        asked = server.requests()
        assert one.ask(Price(question.neuron, question.asking, question.draw, question.weights)).calls == 0
        assert one.ask(question) == written
        assert server.requests() == asked
