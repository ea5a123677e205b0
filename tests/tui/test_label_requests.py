"""Labels asked of a backend while other work goes on, and how a typed label fits: answers by hand, and a real child."""

import re
import threading
from contextlib import asynccontextmanager

import pytest
from lying_server import hangs, lying_server
from synthetic import write_run
from tui.driving import at_the_keys

from neurotui.backends.protocol import Estimate
from neurotui.backends.settings import BackendSettings
from neurotui.errors import UserError
from neurotui.labelling.types import AurocInterval, Fit, Judged, LabelBackend, Written
from neurotui.review.candidates import PEAKS
from neurotui.tui.messages import LabelsScored
from neurotui.types import Neuron
from neurotui.workers.client import WorkerClient
from neurotui.workers.requests import Price, Score, Warm, Write

PAID = LabelBackend("openai")
FITS = {"bells": (0.91, 0.85, 0.97), "whi\x1bstles": (0.7, 0.6, 0.8)}
# Of labels that end so: the fit as a word, the correlation, what was understood and what was not.
AS_WORD = {"at sea": (AurocInterval(0.98, 0.96, 1.0), 0.4, ("sea",), ("qwerty",))}


class Answers(WorkerClient):
    """Answers questions by hand: each is kept, and a label is written once `go` is set."""

    def __init__(self, run):
        super().__init__(run)
        self.asked = []
        self.go = threading.Event()
        self.go.set()
        self.closed = threading.Event()
        self.fails = self.fits_fail = None
        everyone.append(self)

    def ask(self, question, progress=lambda *_: None, *_):
        self.asked.append(question)
        if isinstance(question, Warm):
            return None
        if isinstance(question, Price):
            return Estimate(1, 1, 1, 812, 120, 0.0004, "by hand")
        if isinstance(question, Score):
            if self.fits_fail:
                raise self.fits_fail
            fits = (
                Fit(
                    one,
                    AurocInterval(*FITS.get(one.partition(" ")[0], (0.9, 0.8, 1.0))),
                    *AS_WORD.get(one[-6:], ()),
                )
                for one in question.labels
            )
            return Judged(tuple(fits), 10, 20)
        assert isinstance(question, Write)
        progress("writing labels", 0, 1)
        while not self.go.wait(0.01):
            if self.closed.is_set():
                raise UserError("cancelled: the worker process was closed", "ask again")
        if self.fails:
            raise self.fails
        return Written(("whi\x1bstles", f"bells {question.draw}"))

    def close(self):
        self.closed.set()


everyone = []


@asynccontextmanager
async def asking(run, labels, backend=PAID, size=(140, 45)):
    everyone.clear()
    async with at_the_keys(run, labels, size, new_worker=Answers) as person:
        person.app.asking = backend
        yield person


def questions(kind):
    return [question for worker in everyone for question in worker.asked if isinstance(question, kind)]


@pytest.mark.anyio
async def test_the_cost_is_told_first_and_the_second_press_asks(run, labels):
    async with asking(run, labels) as person:
        await person.press("R")
        assert "openai takes 1 call, 812 + 120 tokens, about 0.0004 · R asks" in person.said
        assert questions(Write) == []
        await person.press("R")
        assert [(q.neuron, q.draw) for q in questions(Write)] == [(Neuron(0, 0), 0)]
        assert person.journal == [("L0.0", "propose", "bells 0"), ("L0.0", "propose", "whi\x1bstles")]
        assert "saved: 2 labels for L0.0" in person.status
        assert person.tells("best 'bells 0', as a topic 0.91 (0.85-0.97)")
        assert "5 bells 0" in person.page
        assert "0.85-0.97" in person.page
        # The candidates that were there before are judged by the same texts.
        assert {label for q in questions(Score) for label in q.labels} == {
            one.text for one in person.review_state.candidates() if one.origin != PEAKS
        }
        await person.press("5", "a")
        assert person.journal[-1] == ("L0.0", "accept", "bells 0")
        assert person.session.labels.label(Neuron(0, 0)).origin == "openai"


@pytest.mark.anyio
async def test_asked_again_a_neuron_is_shown_otherwise_and_old_candidates_stay(run, labels):
    async with asking(run, labels, LabelBackend("keywords")) as person:
        await person.press("R")
        await person.press("R")
        assert [q.draw for q in questions(Write)] == [0, 1]
        assert questions(Price) == []
        assert {"bells 0", "bells 1"} <= {one.text for one in person.review_state.candidates()}
    async with asking(run, labels) as person:
        assert "7 whi␛stles" in person.page
        assert person.review_state.progress()["open"] == 96


@pytest.mark.anyio
async def test_esc_leaves_what_was_priced_and_asks_nothing(run, labels):
    async with asking(run, labels) as person:
        await person.press("R", "escape")
        assert "R asks" not in person.page
        assert questions(Write) == []
        await person.press("R", "j", "escape", "k")
        assert "R asks" in person.page


@pytest.mark.anyio
async def test_one_goes_on_while_a_generator_writes_and_cancels_with_esc(run, labels):
    async with at_the_keys(run, labels, new_worker=Answers) as person:
        everyone.clear()
        person.app.asking = LabelBackend("keywords")
        writer = person.browse.control.requests.writer
        writer.go.clear()
        person._send("R")
        await until(person, lambda: writer.asked)
        await drawn(person, "keywords: writing labels")
        person._send("x")
        await until(person, lambda: person.journal == [("L0.0", "reject", "")])
        person._send("R")
        await drawn(person, "keywords: waiting for its turn")
        await drawn(person, "2 jobs at work")
        person._send("k")
        await drawn(person, "keywords: writing labels")
        person._send("escape")
        await until(person, writer.closed.is_set)
        # The next job has a process of its own.
        await person.settle()
        assert [(one[0], one[1]) for one in person.journal[1:]] == [("L0.1", "propose")] * 2
        assert "jobs at work" not in person.status


@pytest.mark.anyio
async def test_what_fails_is_kept_with_its_cause_and_tried_again_from_the_list_of_jobs(run, labels):
    async with asking(run, labels, LabelBackend("keywords")) as person:
        person.browse.control.requests.writer.fails = UserError("the server said 500\x1b[2J", "start it")
        await person.press("R")
        assert person.tells("L0.0: the server said 500␛[2J")
        assert "the server said 500␛[2J (start it) · R tries again" in person.said
        assert person.journal == []
        await person.press("j", "J")
        assert "failed" in person.text
        assert "the server said 500␛[2J" in person.text
        person.browse.control.requests.writer.fails = None
        await person.press("r")
        assert "bells 0" in person.text
        await person.press("enter")
        assert person.current == "L0.0"
        assert "5 bells 0" in person.page


@pytest.mark.anyio
async def test_what_costs_is_priced_again_before_it_is_tried_again_and_once_is_enough(run, labels):
    async with asking(run, labels) as person:
        person.browse.control.requests.writer.fails = UserError("the server said 500", "start it")
        await person.press("R", "R", "J")
        assert len(questions(Write)) == 1
        await person.press("r")
        assert len(questions(Write)) == 1
        assert "r asks: 1 call, 812 + 120 tokens" in person.text
        person.browse.control.requests.writer.fails = None
        await person.press("r")
        assert [q.draw for q in questions(Write)] == [0, 0]
        assert person.browse.control.requests.jobs.all[-1].stage == "done"
        await person.press("r")
        assert person.tells("L0.0: nothing went wrong that could be tried again")
        await person.press("j", "r")
        assert person.tells("L0.0 has been asked about again since")
        assert len(questions(Write)) == 2


@pytest.mark.anyio
async def test_in_the_list_of_jobs_the_cursor_goes_with_what_is_tried_again(run, labels):
    async with asking(run, labels) as person:
        person.browse.control.requests.writer.fails = UserError("the server said 500", "start it")
        await person.press("R", "R", "j", "R", "J")
        jobs = person.browse.control.requests.jobs.all
        assert "r ask" in person.keys
        await person.press("j")
        assert "r try again" in person.keys
        await person.press("r")
        assert person.app.screen._current is jobs[2]
        await person.press("j", "r")
        assert person.app.screen._current is jobs[1]
        assert [(str(job.neuron), job.stage) for job in jobs] == [
            ("L0.0", "failed"),
            ("L0.1", "failed"),
            ("L0.0", "priced"),
        ]


@pytest.mark.anyio
async def test_a_list_of_no_jobs_offers_no_key_that_needs_one_and_speaks_of_the_backend(run, labels):
    async with asking(run, labels, LabelBackend("keywords")) as person:
        await person.press("J")
        assert "nothing has been asked of the backend yet" in person.text
        assert person.keys.split() == ["esc", "close"]
        await person.press("enter", "x", "r")
        assert person.app.screen.PLACE == "jobs"
        await person.press("escape", "R", "J")
        assert "go there" in person.keys
        assert "cancel" not in person.keys


def note(person):
    """Return the lines that say all there is to say of a row."""
    shown = person.app.screen.query_one("#view-note")
    return [shown.render_line(y).text for y in range(shown.size.height)]


@pytest.mark.anyio
async def test_a_long_cause_is_cut_where_one_sees_it_and_told_below_in_up_to_four_lines(run, labels):
    async with asking(run, labels, LabelBackend("keywords"), size=(100, 30)) as person:
        person.browse.control.requests.writer.fails = UserError(
            f"the server said {'no ' * 20}and hung up", "start it"
        )
        await person.press("R", "J")
        row = next(line for line in person.lines if " failed " in line)
        assert re.search(r"… +\d+ *$", row)
        assert "and hung up start it" in person.text
        person.browse.control.requests.jobs.all[0].why = UserError("the server said " + "no " * 90, "")
        await person.press("k")
        assert f"the server said {'no ' * 90}".split() == " ".join(note(person)).split()
        person.browse.control.requests.jobs.all[0].why = UserError("the server said " + "no " * 900, "")
        await person.press("k")
        assert len(note(person)) == 4
        assert note(person)[-1].rstrip().endswith("…")


@pytest.mark.anyio
async def test_labels_that_cannot_be_fitted_are_kept_all_the_same(run, labels):
    async with asking(run, labels, LabelBackend("keywords")) as person:
        person.browse.control.requests.scorer.fits_fail = UserError("no encoder", "install it")
        await person.press("R")
        assert [text for _, _, text in person.journal] == ["whi\x1bstles", "bells 0"]
        assert person.tells("no fit: no encoder")
        assert "its fit is not known" in person.page


@pytest.mark.anyio
async def test_a_sitting_keeps_to_its_budget_whatever_becomes_of_its_jobs(tmp_path, labels):
    path = write_run(tmp_path / "run.duckdb")
    with lying_server(hangs) as server:
        bounded = BackendSettings(llm="liar", base_url=server.url, api_key_env="NO_SUCH_KEY", max_calls=1)
        async with at_the_keys(path, labels, new_worker=WorkerClient) as person:
            person.app.asking = LabelBackend("openai", bounded)
            await person.press("R")
            person._send("R")
            await until(person, lambda: server.asked)
            await person.press("escape", "R", "R")
            assert "openai: the budget of --max-calls 1 is used up" in person.said
            assert [job.stage for job in person.browse.control.requests.jobs.all] == ["cancelled", "failed"]
            assert len(server.asked) == 1


@pytest.mark.anyio
async def test_what_was_written_for_another_model_is_not_kept(tmp_path, labels):
    path = write_run(tmp_path / "run.duckdb")
    async with at_the_keys(path, labels, new_worker=Answers) as person:
        person.app.asking = LabelBackend("keywords")
        writer = person.browse.control.requests.writer
        writer.go.clear()
        person._send("R")
        await until(person, lambda: writer.asked)
        write_run(tmp_path / "other.duckdb", weights="1" * 64).replace(path)
        person._send("f5")
        await until(person, lambda: person.session.run.weights == "1" * 64)
        writer.go.set()
        await person.settle()
        assert person.journal == []
        assert person.tells("was replaced by one of another model")
        assert questions(Write)[-1].weights == "0" * 64
        # The job is another model's: beside this one's neuron nothing is said of it.
        assert "replaced" not in person.page


@pytest.mark.anyio
async def test_a_typed_label_is_judged_beside_the_machines_own(run, labels):
    async with asking(run, labels) as person:
        best = person.review_state.candidate().text
        await person.press("e", "end")
        await person.type(" at sea")
        await person.until(lambda: any(f"{best} at sea" in q.labels for q in questions(Score)))
        both = "as a topic 0.90 (0.80-1.00) · as a word 0.98 (0.96-1.00) · understood: sea · not in the sample: qwerty"
        await person.until(lambda: both in person.told)
        await person.press("enter")
        assert person.journal == [("L0.0", "accept", f"{best} at sea")]
        assert person.session.journal.events[-1].fit == (0.9, 0.8, 1.0)
        assert person.session.journal.events[-1].token_fit == (0.98, 0.96, 1.0)
        await person.press("k")
        assert f"5 {best} at sea" in person.page
        assert person.page.count("0.80-1.00") == sum(
            one.origin != PEAKS for one in person.review_state.candidates()
        )
        assert person.page.count("0.96-1.00") == 1


@pytest.mark.anyio
async def test_where_there_is_little_room_what_was_understood_is_told_still(run, labels):
    async with asking(run, labels, size=(80, 24)) as person:
        await person.press("e", "end")
        await person.type(" at sea")
        brief = "topic 0.90 · word 0.98 · understood: sea · not in the sample: qwerty"
        await person.until(lambda: brief in person.told)


@pytest.mark.anyio
async def test_a_typed_label_speaks_of_the_side_of_which_the_run_speaks_first(run, labels):
    async with asking(run, labels) as person:
        person.review_state.overview.sides[person.review_state.current, 0] = -1
        person.review_state.candidate_cache.forget(person.review_state.current)
        try:
            best = person.review_state.candidate().text
            await person.press("e", "end")
            await person.type(" at sea")
            await person.until(lambda: any(f"{best} at sea" in q.labels for q in questions(Score)))
            asked = next(q for q in questions(Score) if f"{best} at sea" in q.labels)
            assert dict(zip(asked.labels, asked.sides, strict=True)) == {
                f"{best} at sea": -1,
                **{one.text: one.side for one in person.review_state.candidates()[:3]},
            }
            assert [one.side for one in person.review_state.candidates()] == [-1, 1, 1]
            await person.press("enter")
            assert person.session.labels.label(Neuron(0, 0)).side == -1
        finally:
            person.review_state.overview.sides[:] = 1


@pytest.mark.anyio
async def test_what_is_typed_for_a_neuron_of_another_model_is_left(tmp_path, labels):
    path = write_run(tmp_path / "run.duckdb")
    async with at_the_keys(path, labels, new_worker=Answers) as person:
        await person.press("e")
        await person.type("mine")
        write_run(tmp_path / "other.duckdb", weights="1" * 64).replace(path)
        person.browse.control.loader.reload()
        await person.until(lambda: person.session.run.weights == "1" * 64)
        await person.settle()
        assert not person.browse.prompt.is_open
        assert person.tells("what was being typed is left")
        assert person.journal == []


@pytest.mark.anyio
async def test_a_fit_that_comes_late_is_not_told_of_another_label(run, labels):
    async with asking(run, labels) as person:
        await person.press("e", "end")
        await person.type(" at sea")
        await person.press("escape", "m", "k", "e")
        assert "label 1 marked" in person.typed
        neuron = Neuron(0, 0)
        person.browse.post_message(
            LabelsScored(neuron, person.session.run.weights, "x", (Fit("x", AurocInterval(0.9, 0.8, 1.0)),))
        )
        await person.settle()
        assert "as a topic 0.90" not in person.told


@pytest.mark.anyio
async def test_a_read_only_run_asks_for_nothing(run, labels):
    async with at_the_keys(run, labels, read_only=True, new_worker=Answers) as person:
        await person.press("R")
        assert person.tells("read-only: decisions are switched off")


@pytest.mark.anyio
async def test_a_real_child_says_how_a_typed_label_fits_and_what_of_it_was_not_understood(run, labels):
    async with at_the_keys(run, labels, new_worker=WorkerClient) as person:
        await person.press("e")
        await person.type("x")
        await person.until(lambda: "as a topic" in person.told and "not in the sample: " in person.told)
        await person.press("escape")
        child = person.browse.control.requests.scorer._child
        assert child is not None
    assert child._process.poll() is not None


async def until(person, holds):
    """Wait for what happens while a job is at work: then nothing is ever settled."""
    for _ in range(2000):
        if holds():
            return
        await person.pilot.pause(0.01)
    raise AssertionError(person.text)


async def drawn(person, text):
    """Wait until the screen says something, while a job is at work."""

    def says():
        person._strips = []
        return text in " ".join(person.text.split())

    await until(person, says)
