"""The probe view asks a real model in a real process: what it shows is what the model does."""

import asyncio
import shutil
import time
from pathlib import Path

import pytest
from patience import PATIENCE
from precompute.corpora import mixed
from precompute.runs import tiny_run
from rich.cells import cell_len
from transformers import AutoModelForCausalLM
from tui import hostile
from tui.driving import at_the_keys, harmless
from tui.terminal import Terminal

from neurotui.probing.probe import Prober
from neurotui.probing.questions import Probe, Rank, Response, Silence
from neurotui.probing.sentences import compared, diverged
from neurotui.store.run import Run
from neurotui.tui.views.probe import ProbeView
from neurotui.tui.widgets.page_view import PageView
from neurotui.types import Neuron
from neurotui.workers.client import WorkerClient

TEXT = "the striker saw the harbour"


@pytest.fixture(autouse=True)
def asynchronous(anyio_backend):
    """Let every test here be one that waits."""
    return anyio_backend


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Return a run of a tiny causal model, whose folder is beside it."""
    return tiny_run("gpt2", tmp_path_factory.mktemp("probe"), AutoModelForCausalLM, mixed(20))


def said(person):
    """Return all that the page on the text says, beyond the edge of the screen too."""
    page = person.app.screen.query_one(PageView)._page
    return " ".join(" ".join(strip.text for strip in page.strips).split())


def firing(person):
    """Return the neurons of the list, from the top."""
    view = person.app.screen
    return [str(one.neuron) for one in view._firing]


async def probed(person, text):
    """Open the view, type a text, and wait until it is answered whole."""
    await person.press("p")
    await person.type(text)
    await person.until(lambda: "without L0.0" in said(person))


@pytest.mark.anyio
async def test_what_is_typed_is_shown_with_what_the_model_does(model, labels):
    with Run(model) as run:
        prober = Prober(run)
        answer = prober.probe(Probe(TEXT, Neuron(0, 0), 50))
        silenced = prober.silence(Silence(TEXT, Neuron(0, 0)))
    async with at_the_keys(model, labels, (120, 50), new_worker=WorkerClient) as person:
        await person.press("p")
        assert "type a text" in said(person)
        await person.type(TEXT)
        await person.until(lambda: "without L0.0" in said(person))
        assert TEXT in said(person)
        for sentence in (*compared(answer.response), diverged(answer, silenced)):
            assert sentence in said(person)
        assert firing(person) == [str(one.neuron) for one in answer.overall]
        row = next(line for line in person.lines if f" {answer.overall[0].neuron} " in line)
        assert f" {answer.overall[0].z:.2f} " in row
        assert f" {answer.overall[0].activation:.2f} " in row
        await person.press("down", "l", "l")
        assert firing(person) == [str(one.neuron) for one in answer.at[1]]
        assert f"{answer.response.trace[1]:.2f}" in person.lines[-2]
        await person.press("h", "h", "h")
        assert firing(person) == [str(one.neuron) for one in answer.overall]


@pytest.mark.anyio
async def test_enter_on_a_neuron_goes_to_it_and_the_text_is_still_there_the_next_time(model, labels):
    async with at_the_keys(model, labels, new_worker=WorkerClient) as person:
        await probed(person, TEXT)
        await person.press("enter", "j", "j")
        wanted = firing(person)[2]
        await person.press("enter")
        assert person.app.screen is person.browse
        assert person.current == wanted
        await person.press("p")
        await person.until(lambda: f"without {wanted}" in said(person))
        assert TEXT in said(person)
        await person.press("escape")
        assert person.app.screen is person.browse
        assert person.current == wanted
        assert person.journal == []


@pytest.mark.anyio
async def test_the_foot_names_the_keys_that_work_where_the_focus_is(model, labels):
    async with at_the_keys(model, labels, (80, 40), new_worker=WorkerClient) as person:
        await person.press("p")
        assert person.keys.split("   ")[:2] == [" tab list", "esc close"]
        await person.type("goal")
        await person.until(lambda: "without L0.0" in said(person))
        assert person.keys.split("   ")[:2] == [" tab list", "esc close"]
        await person.press("l", "z")
        assert person.app.screen.field.value == "goallz"
        await person.until(lambda: "without L0.0" in said(person) and "goallz" in said(person))
        await person.press("enter")
        assert person.keys.split("   ")[:4] == [" l next token", "enter go there", "tab type", "esc close"]


def test_what_lies_below_or_above_all_is_said_so():
    def sentence(percentile):
        rank = Rank("random", 0.5, percentile, 11, 10)
        response = Response(Neuron(0, 0), (0.5,), 0, 0.5, 50, 20, (rank,), 0, 1)
        return compared(response)[1]

    assert sentence(0.0) == "peak 0.500: below all 10 random texts"
    assert sentence(100.0) == "peak 0.500: above all 10 random texts"
    assert sentence(40.0) == "peak 0.500: above 40.0% of 10 random texts"


@pytest.mark.anyio
async def test_only_what_is_typed_last_is_shown(model, labels, monkeypatch):
    asked = []
    real = WorkerClient.ask

    def ask(self, question, progress):
        asked.append(question)
        return real(self, question, progress)

    monkeypatch.setattr(WorkerClient, "ask", ask)
    async with at_the_keys(model, labels, new_worker=WorkerClient) as person:
        await person.press("p")
        shown = []
        monkeypatch.setattr(ProbeView, "_show", lambda view: shown.append(view._probed.text))
        for length in range(1, len(TEXT) + 1):
            person._send(TEXT[length - 1])
            await asyncio.sleep(0.02)
        await person.until(lambda: TEXT in shown)
        await person.settle()
    assert set(shown) == {TEXT}
    assert len([question for question in asked if isinstance(question, Probe)]) < 5


@pytest.mark.anyio
async def test_a_text_that_is_taken_away_leaves_the_explanation(model, labels):
    async with at_the_keys(model, labels, new_worker=WorkerClient) as person:
        await probed(person, "goal")
        await person.press(*["backspace"] * 4)
        await person.until(lambda: "type a text" in said(person))
        assert firing(person) == []


@pytest.mark.anyio
async def test_a_model_that_is_gone_is_told_with_the_way_out(model, labels, tmp_path):
    run = Path(shutil.copy(model, tmp_path / "run.duckdb"))
    away = (model.parent / "model").rename(tmp_path / "away")
    try:
        async with at_the_keys(run, labels, new_worker=WorkerClient) as person:
            await person.press("p")
            await person.until(lambda: "is not there" in said(person))
            assert "--model" in said(person)
            await person.press("escape")
            person.app.model = str(away)
            await probed(person, TEXT)
    finally:
        away.rename(model.parent / "model")


@pytest.mark.anyio
@pytest.mark.parametrize("size", [(140, 45), (80, 24), (44, 12)], ids=["wide", "narrow", "tiny"])
async def test_no_text_steers_the_screen(model, labels, size):
    async with at_the_keys(model, labels, size, new_worker=WorkerClient) as person:
        await person.press("p")
        view = person.app.screen
        for body in hostile.BODIES[:6]:
            view.field.value = body
            await person.until(lambda: view._probed is not None and view._probed.text == view.field.value)
            await person.press("down", "l", "l", "l", "G", "tab")
            assert {cell_len(line) for line in person.lines} == {size[0]}
            assert all(map(harmless, person.lines))


def children(pid):
    """Return the processes that a process has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads the table of processes")
@pytest.mark.parametrize("end", ["quit", "killed"])
def test_the_child_is_gone_when_the_app_is(model, tmp_path, end):
    run = shutil.copy(model, tmp_path / "run.duckdb")
    folder = shutil.copytree(model.parent / "model", tmp_path / "moved")
    command = ("-m", "neurotui", "open", run, "--model", folder)
    with Terminal(command, (120, 40), HF_HUB_OFFLINE="1", OMP_NUM_THREADS="1") as terminal:
        terminal.until("L0.0")
        terminal.press("p")
        terminal.until("type a text")
        terminal.until_that(lambda: children(terminal.process.pid))
        (child,) = children(terminal.process.pid)
        if end == "quit":
            terminal.press(*"goal")
            terminal.until("without L0.0")
            terminal.press("escape")
            terminal.until("L0.1")
            terminal.press("q")
            assert terminal.ends() == 0
        else:
            terminal.kill()
        patience = time.monotonic() + PATIENCE
        while alive(child) and time.monotonic() < patience:
            time.sleep(0.05)
        assert not alive(child)
