"""How far people agree on neurons: on what they decided, on the words and on what the words mean."""

import json
import re

import numpy as np
import pytest
from synthetic import write_run

import neurotui
from neurotui.cli import main
from neurotui.errors import UserError
from neurotui.evaluate.agreement import agreements, decided_by, have_meanings
from neurotui.evaluate.by_labels import judge
from neurotui.store.beside_run import journal_of
from neurotui.store.journal import Journal
from neurotui.store.labels import Labels
from neurotui.store.run import Run
from neurotui.types import Event, Label, Neuron, Proposal
from neurotui.wording import together

VECTORS = {"cats": (1.0, 0.0), "kittens": (0.9, np.sqrt(0.19)), "rain": (0.0, 1.0)}


class Encoder:
    """An encoder that knows three words."""

    def encode(self, texts, progress):  # noqa: ARG002 - as encoders are called
        return np.array([VECTORS[text] for text in texts], np.float32)


def labels(*said, side=1):
    """Return a person's labels of the neurons from 0 on: a text accepts, None rejects, "" decides nothing."""
    made = {}
    for unit, text in enumerate(said):
        neuron = Neuron(0, unit)
        state = "rejected" if text is None else "accepted" if text else "skipped"
        made[neuron] = Label(neuron, state, text or "", side=side)
    return made


def by_level(people, encoder=None):
    return {one.level: one for one in agreements(people, encoder)}


def test_decisions_and_words_are_compared_apart():
    ada = labels("cats", "cats", None, None, "rain", "")
    bob = labels("Cats ", None, None, None, "cats", "cats")
    found = by_level({"ada": ada, "bob": bob})
    assert list(found) == ["decision", "text"]
    decision, text = found["decision"], found["text"]
    assert (decision.raw.value, decision.raw.of) == (4 / 5, 5)
    # Cohen: chance = 3/5 * 2/5 + 2/5 * 3/5 = 12/25, observed 4/5
    assert decision.kappa.value == pytest.approx((4 / 5 - 12 / 25) / (13 / 25))
    assert (text.raw.value, text.raw.of) == (1 / 2, 2)
    assert decision.annotators == text.annotators == ("ada", "bob")


def test_words_that_mean_nearly_the_same_agree_in_meaning():
    ada = labels("cats", "cats", "rain", "rain", None)
    bob = labels("kittens", "kittens", "rain", "cats", "cats")
    found = by_level({"ada": ada, "bob": bob}, Encoder())
    meaning = found["meaning"]
    assert (meaning.raw, meaning.kappa, meaning.ac1) == (None, None, None)
    assert (meaning.near.value, meaning.near.of) == (3 / 4, 4)
    assert found["text"].raw.value == 1 / 4
    assert meaning.alpha.value > found["text"].alpha.value
    assert [name for name, _ in meaning.figures()] == ["alpha", "near"]


def test_labels_of_different_sides_differ_in_words_and_in_meaning():
    found = by_level({"ada": labels("cats", "rain"), "bob": labels("cats", "rain", side=-1)}, Encoder())
    assert (found["text"].raw.value, found["meaning"].near.value) == (0, 0)
    assert found["decision"].raw.value == 1


def test_three_people_are_compared_together_and_by_pairs():
    people = {name: labels("cats", None) for name in ("ada", "bob", "eve")}
    compared = [one.annotators for one in agreements(people) if one.level == "decision"]
    assert compared == [("ada", "bob", "eve"), ("ada", "bob"), ("ada", "eve"), ("bob", "eve")]
    assert [together(names) for names in compared[:2]] == ["ada, bob and eve", "ada and bob"]


def test_one_person_alone_is_compared_with_nobody():
    assert agreements({"ada": labels("cats")}) == ()


def test_people_who_judged_no_neuron_in_common_have_no_figures_and_are_told_why():
    ada, bob = {Neuron(0, 0): Label(Neuron(0, 0), "accepted", "cats")}, labels("", "rain")
    assert not have_meanings({"ada": ada, "bob": bob})
    for one in agreements({"ada": ada, "bob": bob}, Encoder()):
        assert {figure.value for _, figure in one.figures()} == {None}
        assert one.remarks == ("no neuron in common: there is nothing to compare",)


def test_only_what_both_accepted_has_a_meaning_to_compare():
    assert have_meanings({"ada": labels("cats"), "bob": labels("rain")})
    assert not have_meanings({"ada": labels("cats"), "bob": labels(None)})


def test_what_says_little_is_said_beside_its_figures():
    found = by_level({"ada": labels(*["cats"] * 120), "bob": labels(*["cats"] * 120)})
    assert found["decision"].remarks == ("only 'accepted' was said: kappa and alpha cannot tell that from chance",)
    assert found["text"].remarks == ("only 'cats' was said: kappa and alpha cannot tell that from chance",)
    assert (found["text"].ac1.value, found["text"].alpha.value) == (1, None)
    few = by_level({"ada": labels("cats", None), "bob": labels("cats", None)})
    assert few["decision"].remarks == ("only 2 neurons in common: with fewer than 100, go by the intervals",)


def test_two_spellings_of_a_label_agree():
    ada = ["caf\u00e9 culture", "Music", "night  sky", "\u0130stanbul", "\ufb01sh", "cats"]
    bob = ["cafe\u0301 culture", "music", "night sky", "istanbul", "FISH", "dogs"]
    assert by_level({"ada": labels(*ada), "bob": labels(*bob)})["text"].raw.value == 5 / 6


def test_of_several_labels_of_a_neuron_all_count():
    both = {Neuron(0, 0): Label(Neuron(0, 0), "accepted", "cats", also=(Proposal("rain", "person"),))}
    turned = {Neuron(0, 0): Label(Neuron(0, 0), "accepted", "rain", also=(Proposal("Cats", "person"),))}
    found = by_level({"ada": both, "bob": turned, "eve": labels("cats")}, Encoder())
    assert found["text"].raw.value == 0  # of the last pair, bob and eve
    assert found["meaning"].near.value == 1  # their cosine is 0.71
    assert by_level({"ada": both, "bob": turned})["text"].raw.value == 1


def decided(run, by, said, blind=""):
    """Return the events of a person who said something of the neurons from 0 on."""
    made = labels(*said)
    actions = {"accepted": "accept", "rejected": "reject", "skipped": "skip"}
    return [
        Event(
            f"{by}{n.unit}",
            "2026-01-01",
            by,
            actions[one.state],
            run.model,
            run.weights,
            *n,
            one.text,
            blind=blind,
        )
        for n, one in made.items()
    ]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with Run(write_run(tmp_path_factory.mktemp("agreed") / "run.duckdb", texts=30)) as opened:
        yield opened


def test_the_annotators_of_one_journal_are_compared(run):
    journal = [
        *decided(run, "ada", ["cats", None, "rain", ""]),
        *decided(run, "bob", ["cats", None, None, ""]),
    ]
    people = decided_by({"run": Labels(run.weights, journal)})
    assert {name: len(own) for name, own in people.items()} == {"ada": 3, "bob": 3}
    decision = next(one for one in judge(run, {"run": Labels(run.weights, journal)}, 2).agreement)
    assert (decision.annotators, decision.raw.value) == (("ada", "bob"), 2 / 3)


def test_one_name_in_two_journals_is_told_apart(run):
    journals = {
        name: Labels(run.weights, decided(run, "ada", said)) for name, said in (("a", ["cats"]), ("b", [None]))
    }
    assert list(decided_by(journals)) == ["ada in a", "ada in b"]


def test_meanings_are_compared_only_where_there_is_something_to_compare(run):
    asked = []
    journal = [*decided(run, "ada", ["cats", None]), *decided(run, "bob", [None, "rain"])]
    judged = judge(run, {"run": Labels(run.weights, journal)}, 2, encoder=lambda: asked.append(1))
    assert not asked
    assert [one.level for one in judged.agreement] == ["decision", "text"]
    journal += decided(run, "eve", ["kittens"])
    judged = judge(run, {"run": Labels(run.weights, journal)}, 2, encoder=Encoder)
    assert [one.level for one in judged.agreement][:3] == ["decision", "text", "meaning"]


def test_python_compares_meanings_as_the_command_does(run, monkeypatch):
    known = decided(run, "ada", ["cats", "rain"]), decided(run, "bob", ["kittens", "rain"])
    Journal(journal_of(run.path), run.path).extend([*known[0], *known[1]])
    # Its module is loaded first: what it imports would stay replaced for other tests.
    evaluate = neurotui.evaluate
    monkeypatch.setattr("neurotui.models.load_encoder.load_encoder", Encoder)
    judged = evaluate(run.path)
    assert [one.level for one in judged.agreement] == ["decision", "text", "meaning"]
    assert (judged.conflicts, judged.near_meaning) == (1, 1)

    def missing():
        raise UserError("the sentence encoder is not installed", "")

    monkeypatch.setattr("neurotui.models.load_encoder.load_encoder", missing)
    assert evaluate(run.path).near_meaning is None


def test_evaluate_shows_how_far_the_people_of_a_journal_agree(run, capsys, monkeypatch):
    monkeypatch.setattr("neurotui.cli.commands.evaluate.encoder_of_meanings", Encoder)
    path = journal_of(run.path)
    journal = Journal(path, run.path)
    journal.extend(
        [*decided(run, "ada", ["cats", None, "rain"]), *decided(run, "bob", ["kittens", None, "rain"], "both")]
    )
    assert main(["evaluate", str(run.path)]) == 0
    shown = capsys.readouterr().out
    assert "agreement of ada and bob" in shown
    assert re.search(r"^ *nothing +3 .*\n *both +3 ", shown, re.MULTILINE)
    assert re.search(r"^ *decision +raw +1\.000", shown, re.MULTILINE)
    assert "meaning: only 2 neurons in common: with fewer than 100, go by the intervals." in shown
    assert main(["evaluate", "--json", str(run.path)]) == 0
    record = json.loads(capsys.readouterr().out)
    found = record["agreement"]
    assert [(one["hidden"], one["decisions"]) for one in record["by_hidden"]] == [("nothing", 3), ("both", 3)]
    assert [one["level"] for one in found] == ["decision", "text", "meaning"]
    assert found[0]["annotators"] == ["ada", "bob"]
    assert found[1]["raw"] == {"value": 0.5, "lower": 0.0, "upper": 1.0, "of": 2}
    assert (found[2]["raw"], found[2]["near"]["value"]) == (None, 1.0)


def test_of_many_people_the_pairs_with_the_most_in_common_are_compared():
    said = ["cats", None, "rain", "cats"] * 10
    people = {f"p{number:03}": labels(*said[: number % 40]) for number in range(80)}
    found = [one for one in agreements(people) if one.level == "decision"]
    assert len(found) == 1 + 45
    assert found[0].remarks[-1] == "of their pairs, the 45 with the most neurons in common are compared"
    assert {figure.of for one in found[1:] for _, figure in one.figures()} == {35, 36, 37, 38, 39}
    assert (found[0].kappa.value, found[0].alpha.value) == (None, 1)
    apart = {f"p{number}": {Neuron(0, number): Label(Neuron(0, number), "accepted", "x")} for number in range(60)}
    assert [one.annotators for one in agreements(apart)] == [tuple(apart)] * 2
