"""Searching by meaning at the keys: what is called so is there at once, what is near when it comes."""

import threading

import numpy as np
import pytest
from patience import PATIENCE
from tui.driving import at_the_keys

from neurotui.errors import UserError
from neurotui.labelling.types import NearName, Nearness
from neurotui.workers.client import WorkerClient
from neurotui.workers.requests import Near, Warm


class Answers(WorkerClient):
    """Says that the last three neurons are near to anything."""

    asked: list[str]

    def __init__(self, run):
        super().__init__(run)
        self.asked = []
        self.go = threading.Event()
        self.go.set()
        everyone.append(self)

    def ask(self, question, *_):
        if isinstance(question, Warm):
            return None
        assert isinstance(question, Near)
        self.asked.append(question.word)
        self.go.wait(PATIENCE)
        neurons = np.zeros(96, np.float32)
        neurons[-3:] = (0.2, 0.9, 0.5)
        names = (NearName("guitar music", 0.7, 3, called=True),)
        return Nearness(names, names, neurons)


everyone = []


@pytest.mark.anyio
async def test_near_neurons_come_after_those_of_the_name_nearest_first(run, labels):
    everyone.clear()
    async with at_the_keys(run, labels, new_worker=Answers) as person:
        await person.press("/")
        await person.type("opera")
        await person.until(lambda: "near: guitar music" in person.told)
        assert "3 of 96 · 0 by name, 3 near: guitar music · enter keeps" in person.told
        shown = [str(person.review_state.overview.neuron(number)) for number in person.review_state.rows]
        assert shown == ["L1.46", "L1.47", "L1.45"]
        assert person.current == "L1.46"
        assert all("≈ " in person.row(name) for name in shown)
        # What was typed on the way there is asked of nobody.
        assert [word for worker in everyone for word in worker.asked] == ["opera"]
        await person.press("enter", "/")
        assert "3 near" in person.told


@pytest.mark.anyio
async def test_what_is_called_so_is_there_before_anything_is_near(run, labels):
    everyone.clear()
    async with at_the_keys(run, labels, new_worker=Answers) as person:
        for worker in everyone:
            worker.go.clear()
        await person.press("/")
        person._send("s")
        for key in "tock":
            person._send(key)
        for _ in range(300):
            if any(worker.asked for worker in everyone):
                break
            await person.pilot.pause(0.01)
        assert 0 < len(person.review_state) < 96
        before = len(person.review_state)
        for worker in everyone:
            worker.go.set()
        await person.settle()
        assert len(person.review_state) >= before
        assert "near: guitar music" in person.told


@pytest.mark.anyio
async def test_an_empty_search_says_where_it_looked(run, labels):
    async with at_the_keys(run, labels) as person:
        await person.press("/")
        await person.type("zzz")
        assert "no neuron is called, or peaks at, “zzz”" in " ".join(person.text.split())
        # Nobody answers: then nothing is promised.
        await person.until(lambda: "looking for" not in person.text)
        await person.type(" OR")
        assert "OR stands between two terms" in person.told


@pytest.mark.anyio
async def test_without_a_model_a_search_goes_by_names_alone(run, labels):
    class Absent(WorkerClient):
        def ask(self, *_):
            raise UserError("no model here", "install it")

    async with at_the_keys(run, labels, new_worker=Absent) as person:
        await person.press("/")
        await person.type("stock OR opera")
        await person.until(lambda: "looking" not in person.told)
        assert len(person.review_state)
        assert not person.review_state.near
