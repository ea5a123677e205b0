"""What is hidden from whoever reviews blind, until their own decision is saved; and each person's share."""

import json

import numpy as np
import pytest
from synthetic import write_run

from neurotui.errors import UserError
from neurotui.labelling.types import NearName, Nearness
from neurotui.review.counts import GROUPINGS, groups, shares_by_layer
from neurotui.review.filtered_list import listed
from neurotui.review.filters import filter_of
from neurotui.review.session import Decision, Session
from neurotui.review.state import ReviewState
from neurotui.store.labels import Labels
from neurotui.store.run import Run
from neurotui.types import Neuron, Proposal

IT = Neuron(0, 0)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with Run(write_run(tmp_path_factory.mktemp("run") / "run.duckdb", units=200)) as opened:
        yield opened


@pytest.fixture
def sit_down(run, tmp_path):
    def sit_down(annotator, blind=""):
        labels = tmp_path / "run.labels.jsonl"
        return Session.open(run, labels=labels, annotator=annotator, read_only=False, blind=blind)

    return sit_down


def seen_by(session):
    run = session.run
    return ReviewState(run.overview(), session.seen, [one.backend for one in run.descriptors()])


def test_others_decisions_are_hidden_until_ones_own_is_saved(sit_down):
    sit_down("ada").decide([Decision(IT, "accept", "her words", "person"), Decision(IT, "note", "why")])
    bob = sit_down("bob", "people")
    state = seen_by(bob)
    assert (state.label(0).state, state.label(0).note, state.progress()["accepted"]) == ("open", "", 0)
    assert "her words" not in {one.text for one in state.candidates(0)}
    assert state.authors.get(0, ()) == ()
    assert bob.seen.history() == []
    assert state.says(0).grounds != "hidden"
    bob.decide([Decision(IT, "reject")])
    state.take(bob.changed())
    assert state.label(0).state == "conflict"
    assert [(one.by, one.text, one.note) for one in state.label(0).each] == [
        ("ada", "her words", "why"),
        ("bob", "", ""),
    ]
    assert "her words" in {one.text for one in state.candidates(0)}
    assert len(bob.seen.history()) == 3


def test_the_machines_candidates_are_hidden_until_one_has_written_or_skipped(sit_down):
    eva = sit_down("eva", "machine")
    state = seen_by(eva)
    assert state.candidates(0) == []
    assert state.says(0)[:2] == ("", "hidden")
    eva.decide([Decision(IT, "skip")])
    state.take(eva.changed())
    assert state.candidates(0)
    assert state.says(0).text


@pytest.mark.parametrize("blind", ["machine", "both"])
def test_blind_no_filter_finds_a_neuron_by_what_the_machine_says_before_it_is_decided(run, sit_down, blind):
    eva = sit_down("eva", blind)
    state, whole = seen_by(eva), run.overview()
    name = whole.names[whole.matched[0, 0]]
    word = name.split()[0]
    open_eyed = seen_by(sit_down("eva"))
    for text in (f'best:"{name}"', f'"{name}"', word, "score>0", "by:keywords", f"{word} OR score>0.1"):
        open_eyed.refilter(filter_of(text))
        assert len(open_eyed), text
        state.refilter(filter_of(text))
        assert state.rows.tolist() == [], text
    near = Nearness(
        (NearName(name, 0.9, 3, called=True),),
        (NearName(name, 0.9, 3, called=True),),
        np.ones(len(whole), np.float32),
    )
    state.know_near("kindred", near)
    state.refilter(filter_of("kindred"))
    assert (state.rows.tolist(), state.near["kindred"].names, state.near["kindred"].nearest) == ([], (), ())
    eva.decide([Decision(IT, "skip")])
    state.take(eva.changed())
    for text in (f'best:"{name}"', word, "kindred"):
        state.refilter(filter_of(text))
        assert state.rows.tolist() == [0], text


def test_blind_no_order_is_the_machines(sit_down):
    state = seen_by(sit_down("eva", "both"))
    by_name = state.rows.tolist()
    for sort in ("score", "queue", "label"):
        state.resort(sort)
        assert state.rows.tolist() == by_name, sort
    for sort in ("score", "queue"):
        open_eyed = seen_by(sit_down("eva", "people"))
        open_eyed.resort(sort)
        assert open_eyed.rows.tolist() != by_name, sort


def test_blind_no_count_and_no_column_tells_what_the_machine_says(run, sit_down):
    eva = sit_down("eva", "machine")
    state = seen_by(eva)
    by_descriptor = next(one for one in GROUPINGS if one.describes)
    assert [(one.name, one.described) for one in groups(state, by_descriptor)] == [("no candidate", 0)]
    assert shares_by_layer(state)[0] == [0.0] * len(shares_by_layer(state)[0])
    assert np.isnan(state.overview.score).all()
    eva.decide([Decision(IT, "skip")])
    state.take(eva.changed())
    assert state.overview.score[0] == run.overview().score[0]
    eva.undo()
    state.take(eva.changed())
    assert state.overview.score[0] == run.overview().score[0], "it has been seen"
    assert not np.isnan(run.overview().score).all()


def test_a_typed_label_of_a_blind_annotator_is_of_no_side_that_the_machine_chose(run, sit_down):
    negative = int(np.flatnonzero(run.overview().sides[:, 0] < 0)[0]) if (run.overview().sides < 0).any() else 0
    assert seen_by(sit_down("eva", "both")).candidate_cache.side(negative) == 1


def test_what_a_generator_wrote_for_others_is_the_machines(sit_down):
    sit_down("ada").propose(IT, [Proposal("it says so", "openai")])
    for blind, told in (("people", True), ("machine", False), ("both", False)):
        assert ("it says so" in {one.text for one in seen_by(sit_down("bob", blind)).candidates(0)}) is told


def test_what_was_hidden_is_kept_in_the_decision_and_only_there(sit_down, tmp_path):
    bob = sit_down("bob", "both")
    bob.decide([Decision(IT, "note", "x"), Decision(IT, "accept", "mine", "person")])
    bob.decide([Decision(IT, "accept", "changed", "person")])
    lines = [json.loads(line) for line in (tmp_path / "run.labels.jsonl").read_text().splitlines()]
    assert [line.get("blind", "") for line in lines] == ["", "both", ""]
    assert bob.labels.own(IT, "bob").blind == ""


@pytest.mark.parametrize("action", ["accept", "reject", "skip"])
def test_whoever_undoes_a_blind_decision_is_not_blind_again(sit_down, action):
    eva = sit_down("eva", "both")
    eva.decide([Decision(IT, action, "mine" if action == "accept" else "", "person")])
    assert eva.undo()
    eva.decide([Decision(IT, "accept", "the machine's", "keywords")])
    own = eva.labels.own(IT, "eva")
    assert (own.text, own.blind) == ("the machine's", "")


def test_a_note_shows_nothing_that_is_hidden(sit_down):
    eva = sit_down("eva", "both")
    eva.decide([Decision(IT, "note", "odd")])
    assert eva.seen.hidden(IT) == "both"


def test_settling_needs_a_conflict_that_one_may_see(sit_down):
    ada, bob = sit_down("ada"), sit_down("bob")
    ada.decide([Decision(IT, "accept", "x", "person")])
    with pytest.raises(UserError, match=r"L0\.0: people do not differ") as refused:
        ada.settle(IT, None)
    assert refused.value.hint == "state:conflict shows where they do"
    bob.decide([Decision(IT, "reject")])
    with pytest.raises(UserError, match="people do not differ"):
        sit_down("eva", "people").settle(IT, None)
    ada.settle(IT, Decision(IT, "accept", "x", "person"))
    assert (ada.labels.label(IT).state, ada.labels.label(IT).settled) == ("accepted", True)
    assert ada.undo()
    assert ada.labels.label(IT).state == "conflict"


def shown(run, filter_):
    return set(listed(run, Labels(run.weights), filter_).rows.tolist())


def test_shares_are_parts_with_something_in_common_for_all(run):
    shares = [shown(run, f"share:{number}/5") for number in range(1, 6)]
    common = shown(run, "share:common")
    assert set.union(*shares) == set(range(len(run.overview())))
    assert 0.05 < len(common) / len(run.overview()) < 0.15
    for number, share in enumerate(shares):
        for other in shares[number + 1 :]:
            assert share & other == common
    assert np.std([len(share) for share in shares]) < 0.3 * len(shares[0])


def test_a_neuron_is_in_the_same_share_in_a_run_of_fewer_layers(run, tmp_path):
    with Run(write_run(tmp_path / "less.duckdb", units=100)) as less:
        names = {run.overview().neuron(one) for one in shown(run, "share:2/5")}
        assert {less.overview().neuron(one) for one in shown(less, "share:2/5")} == {
            one for one in names if one.unit < 100
        }


@pytest.mark.parametrize("text", ["share:0/5", "share:6/5", "share:2", "share:a/b", "share:"])
def test_what_is_no_share_is_said(run, text):
    with pytest.raises(UserError, match="share"):
        listed(run, Labels(run.weights), text)


def test_who_has_which_share_is_in_the_journal_once(sit_down):
    ada = sit_down("ada")
    ada.take_share("1/2")
    ada.take_share("1/2")
    sit_down("bob").take_share("2/2")
    ada.refresh()
    assert len(ada.journal.events) == 2
    assert ada.labels.shares() == {"ada": "1/2", "bob": "2/2"}
    assert ada.undo() == []


def test_whoever_spells_their_name_in_other_capitals_has_one_share(sit_down):
    sit_down("ada").take_share("1/2")
    sit_down("Ada").take_share("1/2")
    assert len(sit_down("eve").journal.events) == 1
    sit_down("Ada").take_share("2/2")
    assert sit_down("eve").labels.shares() == {"Ada": "2/2"}
