"""A label is a person's: what the labels of several add up to, and what settles where they differ."""

import itertools

import pytest
from store.test_labels import Script, folded

from neurotui.store.labels import Labels
from neurotui.store.standing_label import answer
from neurotui.types import Neuron

IT = Neuron(0, 0)


def stands(*events):
    label = folded(*events).label(IT)
    return label.state, label.text


def test_nobodys_decision_erases_anothers():
    say = Script()
    labels = folded(say("accept", text="cats"), say("reject", by="bob"), say("note", by="bob", text="too broad"))
    assert labels.label(IT).state == "conflict"
    assert labels.own(IT, "ann")[1:3] == ("accepted", "cats")
    assert labels.own(IT, "Bob")[1:3] == ("rejected", "")
    assert (labels.own(IT, "ann").note, labels.own(IT, "bob").note) == ("", "too broad")
    assert labels.own(IT, "eva").state == "open"
    assert labels.annotators(IT) == labels.annotators() == ["ann", "bob"]


@pytest.mark.parametrize(
    ("hers", "his", "state", "text"),
    [
        (("accept", "cats"), ("accept", "Cats "), "accepted", "Cats "),
        (("accept", "cats"), ("accept", "dogs"), "conflict", ""),
        (("accept", "cats"), ("reject", ""), "conflict", ""),
        (("reject", ""), ("reject", ""), "rejected", ""),
        (("accept", "cats"), ("skip", ""), "accepted", "cats"),
        (("skip", ""), ("reject", ""), "rejected", ""),
        (("skip", ""), ("skip", ""), "skipped", ""),
    ],
)
def test_what_two_peoples_labels_add_up_to(hers, his, state, text):
    say = Script()
    assert stands(say(hers[0], text=hers[1]), say(his[0], text=his[1], by="bob")) == (state, text)


@pytest.mark.parametrize(
    ("hers", "his", "differ"),
    [
        (("accept", "right"), ("accept", "the word right"), "wording"),
        (("accept", "right"), ("accept", "left"), "label"),
        (("accept", "right"), ("reject", ""), "decision"),
        (("accept", "right"), ("accept", "Right"), ""),
        (("accept", "right"), ("skip", ""), ""),
    ],
)
def test_what_people_differ_in(hers, his, differ):
    say = Script()
    assert folded(say(hers[0], text=hers[1]), say(his[0], text=his[1], by="bob")).label(IT).differ == differ


def test_labels_of_the_same_words_on_different_sides_differ_in_more_than_wording():
    say = Script()
    hers, his = say("accept", text="right"), say("accept", text="the word right", by="bob", side=-1)
    assert folded(hers, his).label(IT).differ == "label"


def test_several_labels_are_of_the_same_words_as_one_that_names_them_all():
    say = Script()
    hers = say("accept", text="line"), say("also", text="set")
    assert folded(*hers, say("accept", text="line and set", by="bob")).label(IT).differ == "wording"


def test_one_text_of_the_other_side_is_another_label():
    say = Script()
    assert stands(say("accept", text="cats"), say("accept", text="cats", by="bob", side=-1))[0] == "conflict"


def test_who_changes_their_mind_to_the_others_ends_the_conflict():
    say = Script()
    hers, his = say("accept", text="cats"), say("reject", by="bob")
    assert stands(hers, his, say("accept", text="cats", by="bob")) == ("accepted", "cats")
    undone = say("undo", by="bob", of=his)
    assert stands(hers, his, undone) == ("accepted", "cats")


def test_what_was_settled_stands_until_somebody_decides_otherwise_after_it():
    say = Script()
    hers, his = say("accept", text="cats"), say("reject", by="bob")
    settled = say("settle", by="eva", text="cats")
    label = folded(hers, his, settled).label(IT)
    assert (label.state, label.text, label.by, label.settled) == ("accepted", "cats", "eva", True)
    assert [one.by for one in label.each] == ["ann", "bob"]
    assert folded(hers, his, settled).own(IT, "bob").state == "rejected"
    assert stands(hers, his, settled, say("accept", text="CATS", by="bob")) == ("accepted", "cats")
    assert stands(hers, his, settled, say("accept", text="dogs", by="bob"))[0] == "conflict"
    assert stands(hers, his, settled, say("undo", by="eva", of=settled))[0] == "conflict"
    assert stands(hers, his, say("settle", by="eva")) == ("rejected", "")


def test_a_decision_that_comes_late_but_was_made_before_does_not_reopen_what_was_settled():
    say = Script()
    events = say("accept", text="cats"), say("reject", by="bob"), say("skip", by="eva"), say("settle", text="cats")
    for order in itertools.permutations(events):
        labels = Labels("w")
        for event in order:
            labels.apply([event])
        assert labels.label(IT)[1:3] == ("accepted", "cats")


def test_several_labels_each_with_its_side_and_a_new_one_begins_anew():
    say = Script()
    first, second = say("accept", text="cats"), say("also", text="full stops", side=-1)
    label = folded(first, second).label(IT)
    assert [(one.text, one.side) for one in label.accepted] == [("cats", 1), ("full stops", -1)]
    assert [one.text for one in folded(first, second, say("also", text="cats")).label(IT).accepted] == [
        "cats",
        "full stops",
    ]
    assert [one.text for one in folded(first, second, say("accept", text="dogs")).label(IT).accepted] == ["dogs"]
    assert folded(first, second, say("reject")).label(IT).accepted == ()
    assert [one.text for one in folded(first, second, say("undo", of=second)).label(IT).accepted] == ["cats"]
    alone = folded(first, second, say("undo", of=first)).label(IT)
    assert (alone.text, alone.side, alone.also) == ("full stops", -1, ())


def test_of_several_labels_those_stand_that_all_have_in_common():
    say = Script()
    hers = say("accept", text="cats"), say("also", text="dogs")
    his = say("accept", text="Dogs", by="bob"), say("also", text="birds", by="bob")
    label = folded(*hers, *his).label(IT)
    assert (label.state, [one.text for one in label.accepted]) == ("accepted", ["Dogs"])


def test_a_label_added_to_a_blind_one_is_not_blind_where_it_is_what_stands():
    say = Script()
    his = say("accept", text="dogs", by="bob")
    hers = say("accept", text="cats", blind="both"), say("also", text="dogs")
    alone, both = folded(*hers).label(IT), folded(his, *hers).label(IT)
    assert (alone.text, alone.blind) == ("cats", "both")
    assert (both.text, both.blind) == ("dogs", "")


def test_a_note_is_a_persons_too_and_clearing_ones_own_leaves_the_others():
    say = Script()
    hers, his = say("note", text="hers"), say("note", by="bob", text="his")
    assert folded(hers, his).label(IT)[6:7] == ("his",)
    cleared = folded(hers, his, say("note", by="bob", text="")).label(IT)
    assert (cleared.note, cleared.note_by) == ("hers", "ann")


def test_who_has_which_share_is_known_by_the_last_that_each_took():
    say = Script()
    labels = folded(say("share", text="1/5"), say("share", by="bob", text="2/5"), say("share", text="3/5"))
    assert labels.shares() == {"ann": "3/5", "bob": "2/5"}
    assert labels.all() == []


def test_answers_are_compared_as_texts_are():
    say = Script()
    hers = folded(say("accept", text="Cafe\u0301")).label(IT)
    assert answer(hers) == answer(folded(say("accept", text="caf\u00e9  ")).label(IT))
