"""Figures that can be worked out by hand come out so, and their intervals behave."""

import re

import duckdb
import numpy as np
import pytest
from synthetic import NAMES, write_run

from neurotui.cli import main
from neurotui.evaluate.bootstrap import ratio, ratios
from neurotui.evaluate.by_labels import at_k, by_hidden, consistency, consistency_neurons, described, judge
from neurotui.evaluate.headline import headline
from neurotui.evaluate.predictive import predictive, sentences
from neurotui.evaluate.rank_describers import curated
from neurotui.store.labels import Labels
from neurotui.store.run import Run
from neurotui.types import Event, Label, Neuron, Proposal

A, B, C, D = (Neuron(0, unit) for unit in range(4))


def accepted(neuron, text):
    return Label(neuron, "accepted", text)


def rejected(neuron):
    return Label(neuron, "rejected")


def test_precision_recall_and_hit_by_hand():
    proposed = {A: ["cats", "dogs"], B: ["rain"], C: ["law", "money"]}
    labels = [accepted(A, " Dogs "), accepted(B, "snow"), rejected(C), accepted(D, "music")]
    two = at_k(proposed, [labels], 2)
    assert (two.precision.value, two.precision.of) == (1 / 5, 5)
    assert (two.recall.value, two.recall.of) == (1 / 3, 3)
    assert (two.hit.value, two.hit.of) == (1 / 3, 3)
    one = at_k(proposed, [labels], 1)
    assert (one.precision.value, one.recall.value) == (0, 0)


def test_what_two_people_accepted_both_counts():
    both = at_k({A: ["cats", "dogs"]}, [[accepted(A, "cats")], [accepted(A, "dogs")]], 2)
    assert (both.precision.value, both.recall.value) == (1, 1)


def test_each_of_several_labels_of_a_neuron_counts():
    label = Label(A, "accepted", "cats", also=(Proposal("Dogs", "person"),))
    two = at_k({A: ["dogs", "rain"]}, [[label]], 2)
    assert (two.hit.value, two.recall.value, two.precision.value) == (1, 1 / 2, 1 / 2)


def test_blind_decisions_are_told_from_those_that_may_be_anchored():
    proposed = {A: ["cats"], B: ["rain"], C: ["law"]}
    ada = {A: accepted(A, "cats"), B: accepted(B, "rain"), C: rejected(C)}
    bob = {A: accepted(A, "Cats")._replace(blind="both"), B: accepted(B, "snow")._replace(blind="both")}
    eve = {C: accepted(C, "courts")._replace(blind="machine")}
    found = by_hidden(proposed, {"ada": ada, "bob": bob, "eve": eve})
    assert [(one.hidden, one.decisions, one.first.hit.value) for one in found] == [
        ("nothing", 3, 1),
        ("machine", 1, 0),
        ("both", 2, 1 / 2),
    ]
    assert by_hidden(proposed, {"ada": ada}) == ()


def test_what_was_added_to_a_blind_label_once_the_machine_was_seen_is_not_blind():
    widened = accepted(A, "mine")._replace(blind="both", also=(Proposal("cats", "keywords"),))
    found = by_hidden({A: ["cats"], B: ["rain"]}, {"ada": {A: widened}, "bob": {B: accepted(B, "rain")}})
    assert [(one.hidden, one.first.hit.value) for one in found] == [("nothing", 1), ("both", 0)]
    assert curated([widened]).unseen == 0


def test_nothing_decided_gives_no_figure():
    figure = at_k({A: ["cats"]}, [[]], 2).precision
    assert (figure.value, figure.lower, figure.upper, figure.of) == (None, None, None, 0)


def test_consistency_is_the_mean_jaccard_over_neurons_that_either_split_describes():
    own, other = {A: {"x", "y"}, B: {"x"}}, {A: {"x"}, C: {"z"}}
    figure = consistency_neurons(own, other)
    assert figure.value == pytest.approx((1 / 2 + 0 + 0) / 3)
    assert figure.of == 3
    together = consistency(own, other)
    assert (together.value, together.of) == (pytest.approx(1 / 3), 3)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    random = np.random.default_rng(5)
    inside = 0
    for _ in range(200):
        hits = random.random(150) < 0.3
        figure = ratio(hits.astype(float), np.ones(150))
        inside += figure.lower <= 0.3 <= figure.upper
    assert 180 <= inside <= 199


def test_the_same_labels_give_the_same_figures():
    assert ratio(np.arange(9.0), np.full(9, 9.0)) == ratio(np.arange(9.0), np.full(9, 9.0))


def test_many_figures_at_once_are_those_of_each_alone():
    random = np.random.default_rng(2)
    above = random.integers(0, 2, (60, 4)).astype(float)
    below = np.ones((60, 4))
    below[:, 2] = 0
    together = ratios(above, below)
    assert together == [ratio(above[:, column], below[:, column]) for column in range(4)]
    assert together[2].value is None


def test_a_run_is_judged_by_what_it_describes(tmp_path):
    with Run(write_run(tmp_path / "run.duckdb", texts=30)) as run:
        named = {n: run.detail(n).matches[0] for n in range(96)}
        sure = [number for number, match in named.items() if match.described]
        events = [
            Event(str(n), "2026-01-01", "ann", "accept", run.model, run.weights, 0, n, named[n].name)
            for n in sure
            if n < 48
        ]
        labels = Labels(run.weights)
        labels.apply(events)
        judged = judge(run, {"ann": labels}, 2)
    assert judged.neurons == len(events)
    figures = dict(judged.figures())
    assert list(figures) == [
        "precision@1",
        "recall@1",
        "hit@1",
        "precision@2",
        "recall@2",
        "hit@2",
        "consistency",
        "consistency_neurons",
        "replication",
    ]
    assert figures["precision@1"].value == figures["recall@1"].value == 1
    assert figures["precision@2"].value <= 1
    assert 0 < figures["consistency_neurons"].value < 1
    assert figures["replication"].of == 0


def test_conflicts_are_counted_and_left_out(tmp_path):
    with Run(write_run(tmp_path / "run.duckdb", texts=30)) as run:
        said = described(run).first
        first, second, third, *others = sorted(said)
        decisions = [
            (first, "ann", "accept", said[first][0], "machine"),
            (second, "ann", "accept", "what nobody says", "both"),
            (third, "ann", "accept", said[third][0], "people"),
            (others[0], "ann", "reject", "", ""),
            (others[1], "ann", "accept", "rain", ""),
            (others[1], "bob", "reject", "", ""),
        ]
        events = [
            Event(str(n), f"2026-01-0{n + 1}", by, action, run.model, run.weights, *of, text, blind=blind)
            for n, (of, by, action, text, blind) in enumerate(decisions)
        ]
        judged = judge(run, {"run": Labels(run.weights, events)}, 1)
        differing = judge(run, {"run": Labels(run.weights, events[4:])}, 1)
    assert (judged.neurons, judged.conflicts) == (4, 1)
    told = headline(judged, "settle")
    assert "1 neuron is in conflict and left out." in told
    assert headline(differing, "settle") == "1 neuron is in conflict and left out."


def test_each_layer_is_judged_as_a_run_of_it_alone_would_be(tmp_path):
    with Run(write_run(tmp_path / "run.duckdb", texts=30)) as run:
        own = [range(48), range(48, 96)]
        matches = [run.detail(n).matches for n in range(96)]
        best = [ranked[0] for ranked in matches]
        labels = Labels(run.weights)
        for number in (1, 2, 50):
            neuron, name = Neuron(*divmod(number, 48)), best[number].name
            event = Event(
                str(number),
                f"2026-01-0{number % 9 + 1}",
                "ann",
                "accept",
                run.model,
                run.weights,
                *neuron,
                name,
            )
            labels.apply([event])
        judged = judge(run, {"ann": labels}, 2)
    assert [(one.layer, one.neurons) for one in judged.layers] == [(0, 2), (1, 1)]
    for one in judged.layers:
        assert one.described == sum(matches[n][0].described for n in own[one.layer] if matches[n])
    for name in ("precision@1", "recall@2"):
        parts = [dict(one.figures())[name] for one in judged.layers]
        whole = dict(judged.figures())[name]
        assert sum(part.of for part in parts) == whole.of
        assert sum((part.value or 0) * part.of for part in parts) == pytest.approx((whole.value or 0) * whole.of)


def test_many_neurons_have_the_interval_that_theory_gives():
    hits = np.zeros(40_000)
    hits[:10_000] = 1
    figure = ratio(hits, np.ones(40_000))
    half = 1.96 * np.sqrt(0.25 * 0.75 / 40_000)
    assert (figure.value, figure.of) == (0.25, 40_000)
    assert figure.lower == pytest.approx(0.25 - half, abs=half / 10)
    assert figure.upper == pytest.approx(0.25 + half, abs=half / 10)


@pytest.fixture(scope="module")
def two_scopes(tmp_path_factory):
    """Return a run in which descriptors 4 to 7 are token descriptors, neurons 0 to 9 described by two of them.

    Those come before all text descriptors; validation describes the first of each neuron's two again.
    """
    path = write_run(tmp_path_factory.mktemp("scopes") / "run.duckdb", texts=30)
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE descriptors SET scope = 'token', kind = 'word' WHERE descriptor_id >= 4")
        connection.execute("DELETE FROM matches WHERE descriptor_id >= 4")
        connection.execute("UPDATE matches SET rank = rank + 2")
        for neuron in range(10):
            for rank in range(2):
                connection.execute(
                    """
                    INSERT INTO matches SELECT $neuron, $rank, 4 + $rank, CASE WHEN $neuron < 5 THEN -1 ELSE 1 END,
                    0.9, 0.8, 1, 0.9, 0.5, 0.4, $neuron / 20, 3, 4, true, $rank = 0
                    """,
                    {"neuron": neuron, "rank": rank},
                )
    return path


def test_what_was_said_first_may_be_a_token_descriptor(two_scopes):
    with Run(two_scopes) as run:
        said = described(run)
        names = [descriptor.name for descriptor in run.descriptors()]
        own = [
            [names[match.descriptor_id] for match in run.detail(n).matches if match.described] for n in range(96)
        ]
    assert {neuron.unit + 48 * neuron.layer: first for neuron, first in said.first.items()} == {
        number: first for number, first in enumerate(own) if first
    }
    assert said.first[A][:2] == names[4:6]
    labels = [accepted(A, names[4]), accepted(B, names[5])]
    assert at_k(said.first, [labels], 1).hit.value == 1 / 2
    assert at_k(said.first, [labels], 2).recall.value == 1


def test_consistency_is_over_text_descriptors_and_replication_over_token_descriptors(two_scopes):
    with Run(two_scopes) as run:
        said = described(run)
        judged = judge(run, {}, 2)
    token = set(NAMES[4:])
    for split in (said.calibration, said.validation):
        assert split
        assert not token & {name for names in split.values() for name in names}
    assert (judged.replication.value, judged.replication.of) == (1 / 2, 20)
    assert [layer.replication.of for layer in judged.layers] == [20, 0]


def test_a_neuron_whose_first_match_is_not_described_is_not_described_anywhere(tmp_path, capsys):
    path = write_run(tmp_path / "run.duckdb", texts=30)
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE matches SET described = rank <> 0 WHERE neuron_id < 48")
    with Run(path) as run:
        judged, first = judge(run, {}, 2), predictive(run)
        there = run.overview().described
    layers = [(one.layer, one.described) for one in judged.layers]
    assert layers == [(0, 0), (1, there.sum())]
    assert first.described.value == pytest.approx(there.mean())
    assert main(["evaluate", str(path)]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"L0\W+0\W", shown)


def test_what_is_said_first_is_counted_as_a_query_counts_it(two_scopes):
    with Run(two_scopes) as run:
        judged = predictive(run)
    asked = """
        SELECT avg((coalesce(correlation_validation, -1) >= 0.2)::INT), avg((coalesce(correlation_validation, -1) >= 0.5)::INT),
            avg(coalesce(described, false)::INT), avg((correlation_validation >= 0.2)::INT) FILTER (described),
            avg((side < 0)::INT) FILTER (described), count(*) FILTER (described AND kind = 'word')
        FROM neurons LEFT JOIN (SELECT * FROM matches JOIN descriptors USING (descriptor_id) WHERE rank = 0)
            USING (neuron_id)
    """
    with duckdb.connect(str(two_scopes), read_only=True) as connection:
        at_2, at_5, said, holds, negative, words = connection.execute(asked).fetchone()
    shares = {one.level: one.share.value for one in judged.at_least}
    found = (shares[0.2], shares[0.5], judged.described.value, judged.holds.value, judged.negative.value)
    assert found == pytest.approx((at_2, at_5, said, holds, negative))
    assert judged.kinds["word"] == words == 10
    assert (judged.neurons, negative) == (96, 1 / 2)
    assert all(len(sentence) <= 80 for sentence in sentences(judged))
    assert any(f"{100 * at_2:.1f} % " in sentence for sentence in sentences(judged))


def test_descriptors_however_many_are_read_once(tmp_path, monkeypatch):
    with Run(write_run(tmp_path / "run.duckdb", texts=30)) as run:
        read, asked = run.descriptors, []
        monkeypatch.setattr(run, "descriptors", lambda: asked.append(1) or read())
        judge(run, {"a": Labels(run.weights)}, 2)
        predictive(run)
        assert len(asked) == 1
