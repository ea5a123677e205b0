"""What decisions add up to: order is time, undo and redo are decisions too."""

import itertools

from neurotui.store.labels import Labels
from neurotui.words import Event, Neuron


class Script:
    """Decisions of one model in the order in which they are said, a microsecond apart."""

    def __init__(self):
        self.count = itertools.count(1)

    def __call__(self, action, unit=0, by="ann", text="", of=None, weights="w"):
        number = next(self.count)
        time = f"2026-01-01T00:00:00.{number:06}+00:00"
        return Event(f"e{number}", time, by, action, "m", weights, 0, unit, text, "", of.id if of else "")


def folded(*events):
    labels = Labels("w")
    labels.apply(events)
    return labels


def test_the_last_decision_counts_and_all_are_remembered():
    say = Script()
    labels = folded(say("accept", text="cats"), say("reject"), say("accept", text="dogs"))
    label = labels.label(Neuron(0, 0))
    assert (label.state, label.text, label.by, label.history) == ("accepted", "dogs", "ann", 3)


def test_a_neuron_of_which_nothing_was_said_is_open():
    label = folded().label(Neuron(3, 7))
    assert (label.state, label.history, label.neuron) == ("open", 0, Neuron(3, 7))


def test_decisions_of_another_model_do_not_count():
    say = Script()
    assert folded(say("accept", text="x", weights="other")).all() == []


def test_undo_goes_back_and_redo_forward_as_far_as_one_likes():
    say = Script()
    one, two = say("accept", text="cats"), say("accept", text="dogs")
    labels = folded(one, two)
    seen = []
    for _ in range(2):
        target = labels.undoable("ann")
        labels.apply([say("undo", of=target)])
        seen.append(labels.label(Neuron(0, 0)).text)
    assert labels.undoable("ann") is None
    for _ in range(2):
        target = labels.redoable("ann")
        labels.apply([say("redo", of=target)])
        seen.append(labels.label(Neuron(0, 0)).text)
    assert seen == ["cats", "", "cats", "dogs"]
    assert labels.redoable("ann") is None
    assert labels.label(Neuron(0, 0)).history == 2


def test_a_new_decision_ends_what_could_be_redone():
    say = Script()
    one = say("accept", text="cats")
    labels = folded(one, say("undo", of=one), say("skip", unit=1))
    assert labels.redoable("ann") is None


def test_each_person_undoes_their_own():
    say = Script()
    mine, theirs = say("accept", text="cats"), say("reject", unit=1, by="bob")
    labels = folded(mine, theirs)
    assert labels.undoable("ann") == mine
    assert labels.undoable("bob") == theirs
    assert labels.undoable("eve") is None


def test_undoing_a_note_brings_back_the_one_before():
    say = Script()
    first, second = say("note", text="odd"), say("note", text="very odd")
    labels = folded(first, second)
    assert labels.label(Neuron(0, 0)).note == "very odd"
    labels.apply([say("undo", of=second)])
    label = labels.label(Neuron(0, 0))
    assert (label.note, label.state, label.history) == ("odd", "open", 0)


def test_any_order_of_arrival_and_any_repeat_gives_the_same_labels():
    say = Script()
    one, two = say("accept", text="cats"), say("accept", unit=1, by="bob", text="dogs")
    three = say("undo", of=one)
    four = say("reject", unit=1)
    events = [one, two, three, four]
    expected = folded(*events).all()
    assert [label.state for label in expected] == ["open", "rejected"]
    for order in itertools.permutations(events):
        assert folded(*order, *order).all() == expected
        labels = Labels("w")
        for event in order:
            labels.apply([event])
        assert labels.all() == expected
        assert labels.undoable("ann") == four


def test_undoing_what_nobody_knows_changes_nothing():
    say = Script()
    one = say("accept", text="cats")
    stranger = say("skip", unit=9)
    assert folded(one, say("undo", of=stranger)).label(Neuron(0, 0)).state == "accepted"
