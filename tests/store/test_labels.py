"""What decisions add up to: order is time, undo and redo are decisions too."""

import itertools

from neurotui.store.labels import Labels
from neurotui.types import Event, Neuron


class Script:
    """Decisions of one model in the order in which they are said, a microsecond apart."""

    def __init__(self):
        self.count = itertools.count(1)

    def __call__(self, action, unit=0, by="ann", text="", of=None, weights="w", **more):
        number = next(self.count)
        time = f"2026-01-01T00:00:00.{number:06}+00:00"
        return Event(f"e{number}", time, by, action, "m", weights, 0, unit, text, "", of.id if of else "", **more)


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
        (target,) = labels.undoable("ann")
        labels.apply([say("undo", of=target)])
        seen.append(labels.label(Neuron(0, 0)).text)
    assert labels.undoable("ann") == []
    for _ in range(2):
        (target,) = labels.redoable("ann")
        labels.apply([say("redo", of=target)])
        seen.append(labels.label(Neuron(0, 0)).text)
    assert seen == ["cats", "", "cats", "dogs"]
    assert labels.redoable("ann") == []
    assert labels.label(Neuron(0, 0)).history == 2


def test_a_new_decision_ends_what_could_be_redone():
    say = Script()
    one = say("accept", text="cats")
    labels = folded(one, say("undo", of=one), say("skip", unit=1))
    assert labels.redoable("ann") == []


def test_each_person_undoes_their_own():
    say = Script()
    mine, theirs = say("accept", text="cats"), say("reject", unit=1, by="bob")
    labels = folded(mine, theirs)
    assert labels.undoable("ann") == [mine]
    assert labels.undoable("bob") == [theirs]
    assert labels.undoable("eve") == []


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
    one, two = say("accept", text="cats"), say("accept", unit=1, text="dogs")
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
        assert labels.undoable("ann") == [four]


def test_undoing_what_nobody_knows_changes_nothing():
    say = Script()
    one = say("accept", text="cats")
    stranger = say("skip", unit=9)
    assert folded(one, say("undo", of=stranger)).label(Neuron(0, 0)).state == "accepted"


def test_history_is_every_decision_and_note_by_time_and_knows_what_was_undone():
    say = Script()
    one, two, three = say("accept", text="cats"), say("note", unit=1, text="odd"), say("skip", by="bob")
    undo = say("undo", of=one)
    labels = folded(three, undo)
    labels.apply([two])
    labels.apply([one])
    assert list(labels.history()) == [one, two, three]
    assert [labels.undone(event) for event in labels.history()] == [True, False, False]
    labels.apply([say("redo", of=one)])
    assert not labels.undone(one)


def test_what_was_decided_together_is_undone_and_redone_together():
    say = Script()
    before, one, two = say("skip"), say("reject", unit=1, batch="b"), say("reject", unit=2, batch="b")
    labels = folded(before, one, two)
    assert labels.undoable("ann") == [two, one]
    labels.apply([say("undo", of=event) for event in labels.undoable("ann")])
    assert labels.undoable("ann") == [before]
    assert labels.redoable("ann") == [one, two]
    labels.apply([say("redo", of=event) for event in labels.redoable("ann")])
    assert labels.undoable("ann") == [two, one]


def test_what_was_written_stays_a_proposal_whatever_was_decided_since():
    say = Script()
    first = say("accept", text="cats")
    labels = folded(
        first, say("propose", text="dogs", fit=(0.9, 0.8, 1.0)), say("reject"), say("accept", text="owls")
    )
    assert [one.text for one in labels.proposals(Neuron(0, 0))] == ["owls", "dogs", "cats"]
    assert labels.proposals(Neuron(0, 0))[1].fit == (0.9, 0.8, 1.0)
    labels.apply([say("propose", text="dogs", token_fit=(0.7, 0.6, 0.8))])
    # What is known of a label in one scope outlives a proposal that says nothing of it.
    assert labels.proposals(Neuron(0, 0))[0] == ("dogs", "", (0.9, 0.8, 1.0), (0.7, 0.6, 0.8), 1, "")
    labels.apply([say("undo", of=first)])
    assert [one.text for one in labels.proposals(Neuron(0, 0))] == ["dogs", "owls"]


def test_of_what_was_written_the_last_comes_first_and_what_came_together_keeps_its_order():
    say = Script()
    labels = folded(
        say("propose", text="old"),
        say("propose", text="first", batch="b"),
        say("propose", text="second", batch="b"),
        say("propose", text="again"),
        say("propose", text="old"),
    )
    texts = [one.text for one in labels.proposals(Neuron(0, 0))]
    assert texts == ["old", "again", "first", "second"]


def test_a_proposal_decides_nothing_and_there_is_nothing_of_it_to_undo():
    say = Script()
    labels = folded(say("propose", text="dogs", batch="b"), say("propose", text="wolves", batch="b"))
    assert labels.label(Neuron(0, 0)).state == "open"
    assert labels.label(Neuron(0, 0)).history == 0
    assert labels.all() == []
    assert labels.undoable("ann") == []
    assert labels.draws(Neuron(0, 0)) == 1


def test_what_somebody_undid_of_anothers_is_hers_to_redo():
    say = Script()
    first = say("accept", by="ann", text="cats")
    second = say("reject", unit=1, by="ann")
    labels = folded(first, second, say("undo", by="bob", of=first))
    assert labels.label(Neuron(0, 0)).state == "open"
    assert labels.redoable("bob") == [first]
    assert labels.redoable("ann") == []
    assert labels.undoable("ann") == [second]
    labels.apply([say("redo", by="bob", of=first)])
    assert labels.label(Neuron(0, 0)).text == "cats"
    assert labels.redoable("bob") == []
    assert labels.undoable("ann") == [second]
    labels.apply([say("undo", by="ann", of=second)])
    assert labels.undoable("ann") == [first]


def test_what_each_undid_is_redone_by_each_in_whatever_order_it_arrives():
    say = Script()
    one, two = say("accept", text="cats"), say("accept", unit=1, text="dogs")
    undone = [say("undo", of=two), say("undo", by="bob", of=one)]
    # Bob may not redo what Ann undid, nor what nobody undid.
    events = [one, two, *undone, say("redo", by="bob", of=two), say("redo", by="bob", of=one)]
    for order in itertools.permutations(events):
        labels = Labels("w")
        for event in order:
            labels.apply([event])
        assert [label.text for label in labels.all()] == ["cats", ""]
        assert (labels.undoable("ann"), labels.redoable("ann")) == ([one], [two])
        assert (labels.undoable("bob"), labels.redoable("bob")) == ([], [])


def test_one_of_several_that_was_undone_and_redone_is_undone_with_the_others_again():
    say = Script()
    one, two, after = say("reject", batch="b"), say("reject", unit=1, batch="b"), say("skip", unit=2)
    labels = folded(one, two, after, say("undo", by="bob", of=one), say("redo", by="bob", of=one))
    assert labels.undoable("ann") == [after]
    labels.apply([say("undo", of=after)])
    assert labels.undoable("ann") == [two, one]


def test_decisions_of_one_moment_give_the_same_label_in_either_order():
    say = Script()
    mine = say("accept", text="cats")
    theirs = say("reject", by="bob")._replace(time=mine.time)
    assert folded(mine, theirs).all() == folded(theirs, mine).all()
    labels = folded(theirs)
    labels.apply([mine])
    assert labels.all() == folded(mine, theirs).all()


def test_what_comes_late_tells_every_neuron_that_it_may_have_changed():
    say = Script()
    one = say("accept", text="cats")
    undo, late, redo = say("undo", of=one), say("skip", unit=1), say("redo", of=one)
    labels = folded(one, undo, redo)
    assert labels.label(Neuron(0, 0)).state == "accepted"
    assert labels.apply([late]) == {Neuron(0, 0), Neuron(0, 1)}
    # Deciding something else in between had ended what could be redone.
    assert labels.label(Neuron(0, 0)).state == "open"


def test_a_label_bears_the_fits_of_the_decision_that_it_stands_on():
    say = Script()
    labels = folded(say("accept", text="cats", fit=(0.9, 0.8, 1.0), token_fit=(0.7, 0.6, 0.8)))
    label = labels.label(Neuron(0, 0))
    assert (label.fit, label.token_fit) == ((0.9, 0.8, 1.0), (0.7, 0.6, 0.8))
    labels.apply([say("accept", text="dogs")])
    label = labels.label(Neuron(0, 0))
    assert (label.fit, label.token_fit) == ((), ())


def test_a_name_in_other_capitals_or_another_spelling_undoes_and_redoes_the_same_persons_decisions():
    say = Script()
    mine = say("accept", text="cats", by="Zoe\u0301 Adams")
    labels = folded(mine, say("reject", unit=1, by="bob"))
    for name in ("zo\u00e9 adams", "ZO\u00c9  ADAMS"):
        assert labels.undoable(name) == [mine]
    labels.apply([say("undo", by="ZO\u00c9 adams", of=mine)])
    assert labels.label(Neuron(0, 0)).state == "open"
    assert labels.redoable("Zo\u00e9 Adams") == [mine]
    assert labels.redoable("bob") == []


def test_decisions_of_another_model_are_counted_each_once():
    say = Script()
    theirs = [say("accept", unit=unit, weights="other") for unit in range(3)]
    note, draft = say("note", weights="other"), say("propose", weights="other", text="x")
    labels = folded(*theirs, *theirs, note, draft, say("accept", text="cats"))
    assert (labels.others, len(labels.all())) == (4, 1)
    assert labels.fold_anew([say("skip", unit=7)]) == {Neuron(0, 0), Neuron(0, 7)}
    assert (labels.others, [one.neuron.unit for one in labels.all()]) == (0, [7])


def test_events_count_in_their_order_and_where_there_is_none_in_that_of_their_times():
    say = Script()
    old = say("accept", text="old, and from the future")._replace(time="2031-01-01T00:00:00.000000+00:00")
    new = say("accept", text="of today")._replace(order="2031-01-01T00:00:00.000001+00:00")
    newer = say("accept", text="after that")._replace(order="2031-01-01T00:00:00.000002+00:00")
    for order in itertools.permutations([old, new, newer]):
        label = folded(*order).label(Neuron(0, 0))
        assert (label.text, label.time[:4]) == ("after that", "2026")


def test_a_note_has_its_own_author_and_time():
    say = Script()
    labels = folded(say("accept", text="cats", by="ada"), say("note", text="odd", by="bob"))
    label = labels.label(Neuron(0, 0))
    assert (label.by, label.time[-9:-6], label.note_by, label.note_time[-9:-6]) == ("ada", "001", "bob", "002")


def test_what_was_imported_is_undone_by_whoever_imported_it():
    say = Script()
    events = [say("accept", unit=unit, by="bob", batch="b", importer="Ada") for unit in range(3)]
    labels = folded(say("skip", unit=9, by="bob"), *events)
    assert labels.undoable("ada") == events[::-1]
    assert [event.unit for event in labels.undoable("bob")] == [9]
