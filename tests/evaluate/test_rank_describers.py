"""Describers against a curated set: figures that can be worked out by hand, and whoever is better ranks first."""

import json
import sys
from dataclasses import asdict

import numpy as np
import pytest
from synthetic import add_describer, add_token_scope, write_run

import neurotui
from neurotui.cli import main
from neurotui.evaluate.described_by import described_by_all, described_by_scope
from neurotui.evaluate.description_sets import accepted_by, proposed_by, texts_of
from neurotui.evaluate.rank_describers import Curated, curated, rank, same_meaning
from neurotui.store.beside_run import journal_of
from neurotui.store.journal import Journal
from neurotui.store.labels import Labels
from neurotui.store.run import Run
from neurotui.types import Event, Label, Neuron, Proposal, no_progress

A, B, C, D = (Neuron(0, unit) for unit in range(4))
SET = [
    Label(A, "accepted", "cats", blind="machine"),
    Label(B, "accepted", "rain", also=(Proposal("storms", "person"),), blind="people"),
    Label(C, "accepted", "law"),
    Label(D, "rejected"),
    Label(Neuron(0, 4), "conflict"),
    Label(Neuron(0, 5), "skipped"),
]
RANKED = {A: ["dogs", " CATS "], B: ["rain", "storms", "snow"], D: ["music"]}
OTHER = {A: ["cats"], B: ["snow", "Snow", "rain"], C: ["courts"]}


class Encoder:
    """An encoder to which courts and law are one, and everything else is something of its own."""

    def __init__(self):
        self.asked = []

    def encode(self, texts, progress):  # noqa: ARG002 - as encoders are called
        self.asked += texts
        known = {"courts": "law"}
        axes = sorted({known.get(text, text) for text in texts})
        return np.array([np.eye(len(axes))[axes.index(known.get(text, text))] for text in texts])


def values(record, *names):
    return {name: getattr(record, name).value for name in names}


def test_the_set_says_what_is_right_what_is_left_out_and_who_saw_no_candidates():
    wanted = curated(SET)
    assert wanted.right == {A: ("cats",), B: ("rain", "storms"), C: ("law",), D: ()}
    assert (wanted.conflicts, wanted.skipped, wanted.unseen) == (1, 1, 1)


def test_every_figure_by_hand():
    ranking = rank({"other": OTHER, "one": RANKED}, curated(SET), 2)
    assert (ranking.accepted, ranking.rejected) == (3, 1)
    # Both hit as much and find the right name as high up: they stay in the order in which they came.
    other, one = ranking.describers
    # Of five names among the first two (two of A, two of B, one of D, who has no right one) three are right.
    assert one.name == "one"
    assert values(one, "precision", "recall") == {"precision": 3 / 5, "recall": 3 / 4}
    assert one.precision.of == 5
    assert one.hit.value == one.coverage.value == pytest.approx(2 / 3)
    assert one.reciprocal_rank.value == pytest.approx((1 / 2 + 1 + 0) / 3)
    # A name that is said twice has one place.
    assert other.precision.value == pytest.approx(2 / 4)
    assert other.recall.value == pytest.approx(2 / 4)
    assert other.hit.value == pytest.approx(2 / 3)
    assert other.reciprocal_rank.value == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert other.coverage.value == 1


def test_a_neuron_that_both_name_equally_well_is_half_a_win_each():
    (pair,) = rank({"one": RANKED, "other": OTHER}, curated(SET), 1).pairs
    # A goes to the other, B to the first, and C, which neither names, to both by half.
    assert pair.win_rate.value == pytest.approx(1 / 2)
    (same,) = rank({"one": RANKED, "again": RANKED}, curated(SET), 2).pairs
    assert (same.win_rate.value, same.win_rate.lower, same.win_rate.upper) == (0.5, 0.5, 0.5)
    assert (same.difference.value, same.difference.lower, same.difference.upper) == (0, 0, 0)


def test_a_describer_that_says_nothing_comes_last_and_has_no_precision():
    ranking = rank({"silent": {}, "one": RANKED}, curated(SET), 2)
    assert [one.name for one in ranking.describers] == ["one", "silent"]
    silent = ranking.describers[-1]
    nothing = {"hit": 0, "precision": None, "recall": 0, "reciprocal_rank": 0, "coverage": 0}
    assert values(silent, *nothing) == nothing


def test_a_set_without_an_accepted_label_has_no_hits_but_a_precision():
    (one,) = rank({"one": RANKED}, curated([Label(D, "rejected")]), 2).describers
    assert values(one, "hit", "reciprocal_rank", "precision") == {
        "hit": None,
        "reciprocal_rank": None,
        "precision": 0,
    }


def test_by_meaning_another_word_for_it_is_right_and_by_text_it_is_not():
    wanted, describers, encoder = curated(SET), {"other": OTHER}, Encoder()
    same = same_meaning(describers, wanted.right, encoder, no_progress)
    (by_meaning,) = rank(describers, wanted, 2, same).describers
    (by_text,) = rank(describers, wanted, 2).describers
    assert (by_meaning.hit.value, by_text.hit.value) == (1, pytest.approx(2 / 3))
    assert sorted(set(encoder.asked)) == sorted(encoder.asked)


def test_a_better_describer_ranks_first_with_an_interval_above_0():
    random = np.random.default_rng(3)
    neurons = [Neuron(1, unit) for unit in range(150)]
    wanted = Curated(dict.fromkeys(neurons, ("right",)), 0, 0, 0)

    def describer(skill):
        return {neuron: ["right" if random.random() < skill else "wrong", "other"] for neuron in neurons}

    ranking = rank({"worse": describer(0.4), "better": describer(0.7), "equal": describer(0.7)}, wanted, 2)
    pair = {(one.first, one.second): one for one in ranking.pairs}
    ahead = pair[ranking.describers[0].name, "worse"]
    assert ranking.describers[-1].name == "worse"
    assert ahead.difference.lower > 0
    assert ahead.win_rate.lower > 0.5
    level = pair[ranking.describers[0].name, ranking.describers[1].name].difference
    assert level.lower <= 0 <= level.upper
    # Paired: of two that are right on the very same neurons but for a few, the interval is of those few.
    nearly = dict(describer(0.5))
    much = nearly | {neuron: ["right"] for neuron in neurons[:12]}
    (close,) = rank({"nearly": nearly, "much": much}, wanted, 1).pairs
    alone = rank({"nearly": nearly}, wanted, 1).describers[0].hit
    assert close.difference.lower > 0
    assert close.difference.upper - close.difference.lower < (alone.upper - alone.lower) / 1.5


def test_what_people_accepted_is_no_proposal_of_the_machine_nor_moves_one_up(journal_of_two):
    labels, neuron = journal_of_two
    assert texts_of(proposed_by(labels, [neuron])) == {"smollm2": {neuron: ["first", "second"]}}
    assert texts_of(accepted_by(labels, [neuron])) == {"ada": {neuron: ["second"]}}


@pytest.fixture
def journal_of_two():
    """Return the labels of a neuron whose second candidate somebody accepted, beside a descriptor."""
    about = ("m", "w", *A)
    return Labels(
        "w",
        [
            Event("1", "2026-01-01", "ada", "propose", *about, "first", "smollm2", batch="b", order="1"),
            Event("2", "2026-01-01", "ada", "propose", *about, "second", "smollm2", batch="b", order="2"),
            Event("3", "2026-01-02", "ada", "accept", *about, "rain", "keywords", order="3"),
            Event("4", "2026-01-03", "ada", "accept", *about, "second", "smollm2", order="4"),
        ],
    ), A


@pytest.fixture(scope="module")
def run_and_set(tmp_path_factory):
    """Return a run, a curated set as a journal and as an export of it, and what the run says of its neurons."""
    folder = tmp_path_factory.mktemp("against")
    path = write_run(folder / "run.duckdb", texts=30)
    with Run(path) as run:
        about = {"model": run.model, "weights": run.weights}
        said = described_by_scope(run)["text descriptors"]
    neurons = sorted(said)[:12]
    journal = Journal(folder / "set.jsonl")
    for place, neuron in enumerate(neurons):
        text = said[neuron][0] if place % 2 else "what nobody says"
        journal.append(neuron, "accept", by="ada", text=text, origin="person", **about)
    journal.append(neurons[0], "reject", by="bob", **about)
    own = Journal(journal_of(path))
    events = [
        Event(str(place), "", "ada", "propose", *about.values(), *neuron, "what nobody says", "smollm2", batch="b")
        for place, neuron in enumerate(neurons)
    ]
    own.extend(events)
    export = folder / "set.csv"
    assert main(["export", str(path), "--labels", str(journal.path), "-o", str(export)]) == 0
    theirs = folder / "theirs.csv"
    theirs.write_text("neuron,label\n" + "".join(f"{one},{said[one][0]}\n{one},rain\n" for one in neurons))
    return path, journal.path, export, theirs, neurons


def answered(capsys, *arguments):
    capsys.readouterr()
    assert main([*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_evaluate_ranks_the_run_its_journals_proposals_and_files_against_a_set(run_and_set, capsys):
    path, journal, export, theirs, neurons = run_and_set
    found = answered(capsys, "evaluate", path, "--against", journal, "--describer", theirs, "--k", "1")
    assert (found["equal"], found["accepted"], found["conflicts"]) == ("text", len(neurons) - 1, 1)
    hits = {one["name"]: one["hit"]["value"] for one in found["describers"]}
    assert hits["text descriptors"] == hits["theirs.csv"] == pytest.approx(6 / 11)
    assert hits["smollm2"] == pytest.approx(5 / 11)
    assert list(hits.values()) == sorted(hits.values(), reverse=True)
    # An export of the set has its accepted labels; a person in it is a describer too.
    again = answered(capsys, "evaluate", path, "--against", export, "--describer", journal, "--k", "1")
    assert {one["name"]: one["hit"]["value"] for one in again["describers"]}["ada"] == 1
    assert again["conflicts"] == 0
    assert not Journal(journal_of(path)).events[len(neurons) :], "nothing is taken into the run's journal"


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """Return a run with two other describers, of whom one says otherwise of texts, and a set of what that one says."""
    folder = tmp_path_factory.mktemp("several")
    path = add_token_scope(write_run(folder / "run.duckdb", texts=30))
    with Run(path) as run:
        said = described_by_scope(run)["text descriptors"]
        called = {one.name: f"all about {one.name}" for one in run.descriptors() if one.scope == "text"}
        about = {"model": run.model, "weights": run.weights}
    add_describer(add_describer(path, "poet", called), "echo", {})
    journal = Journal(folder / "set.jsonl")
    neurons = sorted(said)[:12]
    for place, neuron in enumerate(neurons):
        text = called[said[neuron][0]] if place % 3 else "what nobody says"
        journal.append(neuron, "accept", by="ada", text=text, origin="poet", **about)
    return path, journal.path, said, called


def test_each_describer_of_a_run_is_ranked_by_its_name_in_both_scopes_and_in_each_that_is_its_own(several, capsys):
    path, journal, said, called = several
    with Run(path) as run:
        found = described_by_all(run)
        own = described_by_scope(run)
    assert list(found) == [*own, "echo", "echo, text descriptors", "poet", "poet, text descriptors"]
    assert found["echo"] == own["text and token"]
    assert found["poet, text descriptors"] == {
        one: [called[name] for name in names] for one, names in said.items()
    }
    ranked = answered(capsys, "evaluate", path, "--against", journal, "--k", "1")
    hits = {one["name"]: one["hit"]["value"] for one in ranked["describers"]}
    assert hits.keys() == found.keys()
    assert hits["poet, text descriptors"] == pytest.approx(8 / 12) == max(hits.values())
    assert hits["echo"] == hits["text and token"] == 0
    ahead = next(
        one for one in ranked["pairs"] if one["second"] == "echo" and one["first"].endswith("descriptors")
    )
    assert ahead["difference"]["lower"] > 0


def test_one_that_is_named_is_ranked_alone_with_others_that_are_and_a_file_is_one_more(several, tmp_path, capsys):
    path, journal, *_ = several
    theirs = tmp_path / "theirs.csv"
    theirs.write_text("neuron,label\nL0.0,rain\n")

    def ranked(*chosen):
        options = [option for one in chosen for option in ("--describer", one)]
        found = answered(capsys, "evaluate", path, "--against", journal, *options)["describers"]
        return sorted(one["name"] for one in found)

    assert ranked("POET", "text  and token") == ["poet", "text and token"]
    assert ranked("poet", theirs) == ["poet", "theirs.csv"]
    assert len(ranked(theirs)) == 8
    assert main(["evaluate", str(path), "--against", str(journal), "--describer", "nobody"]) == 1
    told = capsys.readouterr().err
    assert "no describer of the run, and no file" in told
    assert "poet, text descriptors" in told


def test_python_ranks_as_the_command_does(several, capsys):
    path, journal, *_ = several
    ranking = neurotui.evaluate_against(path, journal, describers=["poet", "text and token"], k=1)
    command = ("evaluate", path, "--against", journal, "--describer", "poet", "--describer", "text and token")
    told = answered(capsys, *command, "--k", "1")
    assert json.loads(json.dumps(asdict(ranking))) == {key: told[key] for key in asdict(ranking)}
    everyone = neurotui.evaluate_against(str(path), str(journal), labels=[journal])
    assert len(everyone.describers) == 7


def test_the_output_says_what_counts_as_the_same(run_and_set, capsys, monkeypatch):
    path, journal, *_ = run_and_set
    monkeypatch.setattr("neurotui.cli.ranking_tables.load_encoder", Encoder)
    monkeypatch.setenv("COLUMNS", "80")
    for equal in ("text", "meaning"):
        assert main(["evaluate", str(path), "--against", str(journal), "--equal", equal]) == 0
        printed = capsys.readouterr().out
        assert f"By {equal}: " in printed
        assert "1 in conflict" in printed
        assert max(len(line.rstrip()) for line in printed.splitlines()) <= 80


def test_what_cannot_be_ranked_is_refused_with_a_way_out(run_and_set, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "neurotui.models.encoder", None)
    path, journal, _, theirs, neurons = run_and_set
    only = tmp_path / "only.csv"
    only.write_text(f"neuron,label,state\n{neurons[0]},rain,candidate\n")
    empty = tmp_path / "foreign.csv"
    empty.write_text("id,explanation\n1,rain\n")
    capsys.readouterr()
    for arguments, told in (
        (["--against", journal, "--gold"], "leave --gold and --sanity out"),
        (["--describer", theirs], "add --against SET"),
        (["--equal", "meaning"], "add --against SET"),
        (["--against", tmp_path / "none.csv"], "name a journal, or a file that neurotui export wrote"),
        (["--against", journal, "--equal", "meaning"], "pip install"),
        (["--against", only], "--as-decisions"),
        (["--against", journal, "--describer", empty], "neurotui import"),
    ):
        assert main(["evaluate", *map(str, (path, *arguments))]) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert told in err.partition("hint: ")[2]
