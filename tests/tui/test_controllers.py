"""Controllers of the Browse screen without a screen: each is given a shell made by hand."""

from types import SimpleNamespace

import pytest

from neurotui.errors import UserError
from neurotui.labelling.types import AurocInterval, Fit, Judged
from neurotui.review.session import Session
from neurotui.review.state import ReviewState
from neurotui.store.run import Run
from neurotui.tui.browse.current_review import CurrentReview
from neurotui.tui.browse.decisions import Decisions
from neurotui.tui.browse.navigation import Navigation
from neurotui.tui.browse.typed_fit import SAVES, TypedFit
from neurotui.types import Neuron
from neurotui.workers.requests import Score


class ScreenProtocol:
    """Keeps what it is asked to do later, or in the background, until somebody does it."""

    def __init__(self):
        self.place = "list"
        self.told, self.timers, self.work, self.messages = [], [], [], []
        self.host = SimpleNamespace(key=lambda action_id: action_id, say=lambda *told: self.told.append(told))

    def later(self, _, do):
        self.timers.append(do)

    def in_background(self, work, _):
        self.work.append(work)

    def post_message(self, message):
        self.messages.append(message)
        return True

    def pause(self):
        """Let the time pass that somebody waits for."""
        timers, self.timers = self.timers, []
        for do in timers:
            do()

    def do_one(self):
        """Do what has waited longest in the background; return what it said."""
        self.work.pop(0)()
        return self.messages.pop()


class Panes:
    """Counts how often anything is drawn, and keeps what was said to be saved."""

    def __init__(self, review):
        self.review = review
        self.drawn, self.said = [], []

    def __getattr__(self, name):
        return lambda: self.drawn.append(name)

    def saved(self, what, *, moved=False, **_):
        self.drawn.append("saved")
        self.said.append((what, moved))
        self.review.review_state.take(self.review.session.changed())


class Prompt:
    """A line to type a label into."""

    is_open, purpose, size = True, "label", SimpleNamespace(width=200)

    def __init__(self):
        self.said = []

    def say(self, text):
        self.said.append(text)


@pytest.fixture
def review(run, labels):
    with Run(run) as opened:
        session = Session.open(opened, labels=labels, annotator="ada", read_only=False)
        review = CurrentReview(session, lambda action_id: action_id)
        backends = [descriptor.backend for descriptor in opened.descriptors()]
        review.review_state = ReviewState(opened.overview(), session.seen, backends)
        yield review


def test_each_decision_is_saved_and_drawn_once_and_goes_on(review):
    told = []
    panes = Panes(review)
    decisions = Decisions(ScreenProtocol(), review, panes, lambda: told.append("decided"))
    decisions.accept()
    decisions.reject()
    decisions.undo()
    assert panes.drawn == ["saved"] * 3
    assert panes.said[1:] == [("saved: L0.1 rejected", True), ("saved: L0.1 undone", True)]
    assert review.review_state.current == 1
    assert [review.session.labels.label(Neuron(0, unit)).state for unit in (0, 1)] == ["accepted", "open"]
    assert told == ["decided"] * 3


def test_what_does_not_work_is_refused_before_anything_is_drawn(review):
    panes = Panes(review)
    decisions = Decisions(ScreenProtocol(), review, panes, lambda: None)
    with pytest.raises(UserError, match="candidates"):
        decisions.choose("9")
    with pytest.raises(UserError, match="empty label"):
        decisions.write_label(Neuron(0, 0), "")
    review.review_state = None
    with pytest.raises(UserError, match="could not be read"):
        decisions.accept()
    assert panes.drawn == []


def test_a_neuron_that_the_filter_hides_is_gone_to_all_the_same(review):
    shell, panes = ScreenProtocol(), Panes(review)
    navigation = Navigation(shell, review, panes)
    navigation.go_to_neuron(Neuron(1, 3))
    assert review.current_neuron() == Neuron(1, 3)
    navigation.go_to_neuron(Neuron(9, 9))
    assert shell.told == [("this run has no neuron L9.9", "it was made from other layers")]
    assert panes.drawn == ["show_rows"]


def test_of_what_is_typed_the_last_is_asked_about_once_and_told(review):
    asked = []

    class Scorer:
        def ask(self, question):
            if isinstance(question, Score):
                asked.append(question.labels[0])
                return Judged(tuple(Fit(one, AurocInterval(0.9, 0.8, 1.0)) for one in question.labels), 10, 20)
            return None

    shell, prompt, neuron = ScreenProtocol(), Prompt(), Neuron(0, 0)
    fit = TypedFit(shell, review, prompt, Scorer())
    fit.begin()
    shell.work.clear()
    for typed in ("d", "do", "dog"):
        fit.type(neuron, typed)
    shell.pause()
    first = shell.do_one()
    assert asked == ["dog"]
    for typed in ("dogs", "dogs o", "dogs or"):
        fit.type(neuron, typed)
        shell.pause()
    assert shell.work == []
    prompt.said.clear()
    fit.scored(first)
    assert not any("topic" in said for said in prompt.said)
    fit.scored(shell.do_one())
    assert asked == ["dog", "dogs or"]
    assert "as a topic 0.90" in prompt.said[-1]
    assert review.review_state.candidate_cache.fit(0, "dogs or").fit == (0.9, 0.8, 1.0)
    fit.type(neuron, "")
    shell.pause()
    assert prompt.said[-1] == SAVES
    assert shell.work == []
