"""Conflicts of wording alone are told apart from others, and settled in one step by somebody with a name."""

import json
from dataclasses import replace

import numpy as np
import pytest
from store.test_labels import Script, folded
from synthetic import write_run

import neurotui
from neurotui.cli import main
from neurotui.errors import UserError
from neurotui.evaluate.by_labels import judge
from neurotui.evaluate.find_wording_conflicts import find_wording_conflicts
from neurotui.evaluate.headline import headline
from neurotui.review.filtered_list import listed
from neurotui.review.session import Decision, Session
from neurotui.store.run import Run
from neurotui.types import Neuron

VECTORS = {"the word right": (1.0, 0.0), "right": (0.0, 1.0), "cats": (1.0, 0.0), "kittens": (0.9, 0.43)}


class Encoder:
    """An encoder that finds cats and kittens near, and a word far from itself in other wording."""

    def encode(self, texts, progress):  # noqa: ARG002 - as encoders are called
        return np.array([VECTORS.get(text, (-1.0, 0.0)) for text in texts], np.float32)


class Anything:
    """An encoder that finds everything near."""

    def encode(self, texts, progress):  # noqa: ARG002 - as encoders are called
        return np.ones((len(texts), 2), np.float32)


def said(*by_person):
    """Return the labels of one neuron on which each of some people says this; later ones later."""
    say = Script()
    return folded(*(say("accept", by=f"p{number}", text=text) for number, text in enumerate(by_person)))


def stands(labels, encoder=None):
    return [(one.stands.text, one.same_words) for one in find_wording_conflicts(labels, encoder)]


def test_what_most_said_stands_else_what_was_said_first():
    assert stands(said("the word right", "right", "Right")) == [("right", True)]
    assert stands(said("the word right", "right")) == [("the word right", True)]


def test_labels_near_in_meaning_are_settled_with_an_encoder_alone():
    assert stands(said("cats", "kittens")) == []
    assert stands(said("cats", "kittens"), Encoder) == [("cats", False)]
    assert stands(said("cats", "rain"), Encoder) == []
    assert stands(said("cats", "kittens", "rain"), Encoder) == []


def test_of_several_labels_near_in_their_mean_none_is_dropped():
    say = Script()
    hers = [say("accept", text="cats"), say("also", text="rain")]
    assert stands(folded(*hers, say("accept", text="kittens", by="bob")), Anything) == []


def test_nothing_is_loaded_where_there_is_nothing_to_compare():
    assert stands(said("right", "the word right"), lambda: pytest.fail("an encoder was made")) == [("right", True)]


def test_the_first_given_is_so_by_the_order_of_decisions_whatever_clocks_say():
    say = Script()
    first, second = say("accept", text="right", by="ann"), say("accept", text="the word right", by="bob")
    behind = first._replace(time="2027-01-01T00:00:00.000000+00:00", order=first.time)
    assert stands(folded(behind, second)) == [("right", True)]


def test_labels_of_the_same_words_are_settled_whatever_the_encoder_finds():
    assert stands(said("right", "the word right"), Encoder) == [("right", True)]


def test_who_rejects_or_speaks_of_the_other_side_differs_in_more_than_wording():
    say = Script()
    assert stands(folded(say("accept", text="cats"), say("reject", by="bob")), Encoder) == []
    other = say("accept", text="kittens", by="bob", side=-1)
    assert stands(folded(say("accept", text="cats"), other), Encoder) == []


def test_of_several_labels_none_is_dropped_without_a_word():
    say = Script()
    several = [say("accept", text="line"), say("also", text="set")]
    his = [say("accept", text="the word line", by="bob"), say("also", text="the word set", by="bob")]
    assert folded(*several, *his).label(Neuron(0, 0)).differ == "wording"
    assert stands(folded(*several, *his)) == []
    assert stands(folded(*several, say("accept", text="line, set", by="bob"))) == [("line, set", True)]


@pytest.fixture
def run(tmp_path):
    path = write_run(tmp_path / "run.duckdb", units=40)
    words = {
        0: ("right", "the word right"),
        1: ("cats", "dogs"),
        2: ("the word comma", "comma"),
        3: ("same", "same"),
    }
    with Run(path) as opened:
        for place, by in enumerate(("ada", "bob")):
            session = Session.open(opened, labels=None, annotator=by, read_only=False)
            session.decide([Decision(Neuron(0, unit), "accept", both[place]) for unit, both in words.items()])
    return path


def states(run):
    with neurotui.open_run(run, read_only=True) as opened:
        return {
            row["neuron"]: (row["state"], row["label"], row["annotator"]) for row in opened.labels().to_pylist()
        }


def test_a_command_settles_them_all_and_one_undo_takes_them_back(run, capsys):
    assert main(["settle", str(run), "--annotator", "eva", "--dry-run"]) == 0
    assert "2 neurons would be settled; 1 left in conflict" in capsys.readouterr().out
    assert states(run)["L0.0"][0] == "conflict"
    assert main(["settle", str(run), "--annotator", "eva", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["neuron"], one["stands"], one["each"]) for one in told["neurons"]] == [
        ("L0.0", "right", {"ada": ["right"], "bob": ["the word right"]}),
        ("L0.2", "the word comma", {"ada": ["the word comma"], "bob": ["comma"]}),
    ]
    assert states(run)["L0.0"] == ("accepted", "right", "eva")
    assert states(run)["L0.1"][0] == "conflict"
    with neurotui.open_run(run, annotator="eva") as opened:
        assert opened.undo() == [Neuron(0, 2), Neuron(0, 0)]
        assert opened.settle_wording() == [Neuron(0, 0), Neuron(0, 2)]
        assert opened.settle_wording() == []


def test_two_labels_and_one_label_with_a_comma_are_told_apart(run, capsys):
    said = {"ada": ["line, set"], "bob": ["line", "set"]}
    with Run(run) as opened:
        for by, labels in said.items():
            session = Session.open(opened, labels=None, annotator=by, read_only=False)
            for action, label in zip(("accept", "also"), labels, strict=False):
                session.decide([Decision(Neuron(0, 9), action, label)])
    assert main(["settle", str(run), "--dry-run"]) == 0
    said = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [words for words in said if "set" in words or "line" in words] == [
        ["L0.9", "words", "line,", "set", "ada", "line,", "set"],
        ["bob", "line"],
        ["set"],
    ]


def test_labels_of_the_negative_are_marked_as_such(run, capsys):
    with Run(run) as opened:
        for by, label in (("ada", "moon"), ("bob", "the word moon")):
            session = Session.open(opened, labels=None, annotator=by, read_only=False)
            session.decide([Decision(Neuron(0, 8), "accept", label, side=-1)])
    assert main(["settle", str(run), "--dry-run"]) == 0
    assert capsys.readouterr().out.count("\N{BLACK DOWN-POINTING SMALL TRIANGLE} ") == 3


def test_a_journal_that_is_not_there_is_no_journal_without_conflicts(run, tmp_path, capsys):
    for more in ([], ["--dry-run"]):
        assert main(["settle", str(run), "--labels", str(tmp_path / "mistyped.jsonl"), *more]) == 1
        assert "there is no journal" in capsys.readouterr().err
    assert not (tmp_path / "mistyped.jsonl").exists()


def test_evaluate_says_on_how_many_they_differ_in_wording_alone(run):
    with Run(run) as opened:
        labels = Session.open(opened, labels=None, annotator="eva", read_only=True).labels
        judged = judge(opened, {"": labels}, 2)
        assert (judged.conflicts, judged.same_words, judged.near_meaning) == (3, 2, None)
        told = headline(judged, "neurotui settle run")
        assert "On 2 of them people differ in wording alone; neurotui settle run settles these." in told
        both = headline(replace(judged, near_meaning=1), "neurotui settle run")
        assert "on 1 more their labels are near in meaning; neurotui settle run --equal meaning settles" in both
        near = judge(opened, {"": labels}, 2, encoder=Encoder)
        assert (near.same_words, near.near_meaning) == (2, 0)


def test_a_filter_and_an_export_tell_them(run, tmp_path):
    with Run(run) as opened:
        labels = Session.open(opened, labels=None, annotator="eva", read_only=True).labels
        assert listed(opened, labels, "state:wording").rows.tolist() == [0, 2]
        assert listed(opened, labels, "state:conflict !state:wording").rows.tolist() == [1]
    assert main(["export", str(run), "--state", "conflict", "-o", str(tmp_path / "out.jsonl")]) == 0
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert {(row["neuron"], row["differ"]) for row in rows} == {
        ("L0.0", "wording"),
        ("L0.1", "label"),
        ("L0.2", "wording"),
    }


def test_nothing_is_settled_of_what_is_hidden_or_agreed_meanwhile(run):
    with Run(run) as opened:
        eva = Session.open(opened, labels=None, annotator="eva", read_only=False, blind="people")
        with pytest.raises(UserError, match="people do not differ"):
            eva.settle_together(find_wording_conflicts(eva.labels))
    assert states(run)["L0.0"][0] == "conflict"


@pytest.mark.parametrize("meanwhile", [("reject",), ("accept", '"right"'), ("accept", "not right")])
def test_nothing_is_settled_that_somebody_has_decided_otherwise_since_it_was_worked_out(run, meanwhile):
    with Run(run) as opened:
        eva, cat = (Session.open(opened, labels=None, annotator=by, read_only=False) for by in ("eva", "cat"))
        found = find_wording_conflicts(eva.labels)
        cat.decide([Decision(Neuron(0, 0), *meanwhile)])
        with pytest.raises(UserError, match=r"L0.0: somebody has decided something else meanwhile"):
            eva.settle_together(found)
    assert states(run)["L0.2"][0] == "conflict"
