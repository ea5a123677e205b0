"""A sitting without a screen: its pace, and what one person undoes of another's."""

import pytest

from neurotui.review.session import Decision, Session
from neurotui.store.run import Run
from neurotui.types import Neuron


class Clock:
    """A clock that stands still until told."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("neurotui.review.session.monotonic", clock)
    return clock


@pytest.fixture
def sit_down(run, labels):
    """Return what opens a sitting of somebody's at one run and one journal."""
    opened = []

    def sit_down(annotator):
        opened.append(Run(run))
        return Session.open(opened[-1], labels=labels, annotator=annotator, read_only=False)

    yield sit_down
    for one in opened:
        one.close()


def rejected(first, count=1):
    return [Decision(Neuron(0, first + place), "reject") for place in range(count)]


def test_a_rest_is_no_part_of_the_pace(sit_down, clock):
    session = sit_down("ada")
    for unit in range(10):
        clock.now += 3600 if unit == 5 else 6
        session.decide(rejected(unit))
    assert session.rate() == 10
    clock.now += 3600
    assert session.rate() == 10


def test_what_is_decided_together_took_the_time_since_the_decision_before(sit_down, clock):
    session = sit_down("ada")
    for unit in range(0, 40, 8):
        assert session.rate() == 0
        clock.now += 60
        session.decide(rejected(unit, 8), together=True)
    assert session.rate() == 8


def test_who_undid_anothers_decision_redoes_it_and_the_other_goes_on_from_her_own_last(sit_down):
    ada, bob = sit_down("ada"), sit_down("bob")
    first, last = [ada.decide(rejected(unit))[0] for unit in range(2)]
    bob.revert(first)
    ada.refresh()
    assert ada.redo() == []
    assert [event.id for event in bob.redo()] == [first.id]
    assert bob.undo() == []
    ada.refresh()
    assert [event.id for event in ada.undo()] == [last.id]
    assert ada.labels.label(first.neuron).state == "rejected"


def test_one_redo_brings_back_what_one_step_undid(sit_down):
    ada = sit_down("ada")
    events = ada.decide(rejected(0, 3), together=True)

    def places(turned):
        ids = [event.id for event in events]
        return [ids.index(event.id) for event in turned]

    ada.revert(events[1])
    assert places(ada.undo()) == [2, 0]
    assert places(ada.redo()) == [0, 2]
    assert ada.labels.undone(events[1])
    assert places(ada.redo()) == [1]
    assert ada.redo() == []
    for event in events[:2]:
        ada.revert(event)
    assert places(ada.undo()) == [2]
    assert [places(ada.redo()) for _ in range(3)] == [[2], [1], [0]]
