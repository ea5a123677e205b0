"""A decision draws each thing once, and works out candidates once: for the neuron that comes next."""

from collections import Counter
from concurrent.futures import Future

import pytest
from textual.screen import Screen
from tui.driving import Absent, Person, at_the_keys

from neurotui.review import candidate_cache
from neurotui.review.neuron_loader import NeuronLoader
from neurotui.review.orders import opens_on
from neurotui.review.read_run import read_run
from neurotui.review.session import Session
from neurotui.store.run import Run
from neurotui.tui.app import NeurotuiApp
from neurotui.tui.widgets.detail import DetailPane
from neurotui.tui.widgets.neuron_list import NeuronList
from neurotui.tui.widgets.status import StatusLine


@pytest.fixture
def counts(monkeypatch):
    """Return how often each of these has been done."""
    counted = Counter()

    def count(owner, name):
        real = getattr(owner, name)

        def counting(*given, **named):
            counted[name] += 1
            return real(*given, **named)

        monkeypatch.setattr(owner, name, counting)

    count(DetailPane, "_build")
    count(StatusLine, "show")
    count(candidate_cache, "arranged")
    return counted


@pytest.mark.anyio
async def test_accepting_draws_detail_and_status_once_and_works_candidates_out_once(run, labels, counts):
    async with at_the_keys(run, labels) as person:
        for number in range(3):
            await person.until(lambda: person.browse.detail.loaded is not None)
            counts.clear()
            await person.press("a")
            assert counts == {"_build": 1, "show": 1, "arranged": 1}
            assert person.current == f"L0.{number + 1}"
            assert f"L0.{number + 1}" in person.page


@pytest.mark.anyio
@pytest.mark.parametrize("key", ["x", "space", "u"])
async def test_every_decision_draws_detail_and_status_once(run, labels, counts, key):
    async with at_the_keys(run, labels) as person:
        await person.press("a")
        counts.clear()
        await person.press(key)
        assert (counts["_build"], counts["show"]) == (1, 1)


@pytest.mark.anyio
async def test_deciding_all_that_is_marked_draws_detail_and_status_once(run, labels, counts):
    async with at_the_keys(run, labels) as person:
        await person.press("m", "m", "m")
        counts.clear()
        await person.press("x")
        assert (counts["_build"], counts["show"]) == (1, 1)
        assert [action for _, action, _ in person.journal] == ["reject"] * 3


@pytest.mark.anyio
async def test_a_run_that_has_been_read_is_listed_once_and_nothing_is_drawn_that_is_not_shown(
    run, labels, monkeypatch
):
    held_back, draw = [], Screen._compositor_refresh

    def drawn(self):
        held_back.append(self.app._batch_count)
        draw(self)

    monkeypatch.setattr(Screen, "_compositor_refresh", drawn)
    listed, show = [], NeuronList.show
    monkeypatch.setattr(
        NeuronList, "show", lambda self, review_state: listed.append(len(review_state)) or show(self, review_state)
    )
    with Run(run) as opened:
        session = Session.open(opened, labels=labels, annotator="ada", read_only=False)
        session.new_worker = Absent
        reading = Future()
        reading.set_result(read_run(opened))
        app = NeurotuiApp(session, reading=reading)
        async with app.run_test(size=(140, 45)) as pilot:
            person = Person(pilot, app, session)
            await person.until(lambda: person.browse.detail.loaded is not None)
            await person.until(lambda: held_back)
            assert listed == [len(opened.overview())]
    assert set(held_back) == {0}


@pytest.mark.anyio
async def test_the_neuron_that_a_run_opens_on_is_read_once(run, labels, monkeypatch):
    with Run(run) as opened:
        session = Session.open(opened, labels=labels, annotator="ada", read_only=False)
        session.new_worker = Absent
        reading = Future()
        read, first = read_run(opened), Future()
        first.set_result(read.loader.load(opens_on(read.overview)))
        reading.set_result(read._replace(first=first))
        loaded, load = [], NeuronLoader.load
        monkeypatch.setattr(NeuronLoader, "load", lambda self, number: loaded.append(number) or load(self, number))
        app = NeurotuiApp(session, reading=reading)
        async with app.run_test(size=(140, 45)) as pilot:
            person = Person(pilot, app, session)
            await person.until(lambda: loaded)
            shown = person.browse.detail.loaded.detail.neuron_id
            assert shown == person.browse.review.review_state.current
            assert shown not in loaded


@pytest.mark.anyio
async def test_moving_the_focus_draws_the_detail_once(run, labels, counts):
    async with at_the_keys(run, labels) as person:
        await person.until(lambda: person.browse.detail.loaded is not None)
        for _ in range(2):
            counts.clear()
            await person.press("tab")
            assert counts["_build"] == 1
