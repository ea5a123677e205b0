"""Order, filter, cursor and labels, without a screen."""

import random
from dataclasses import replace

import numpy as np
import pytest
from tui.figures import NAN, SMALL, overview

from neurotui.labelling.types import AurocInterval, Fit, NearName, Nearness
from neurotui.review.candidates import KEYED, PEAKS, Candidate
from neurotui.review.counts import shares_by_layer
from neurotui.review.filters import Filter, parse
from neurotui.review.meaning_requests import MeaningRequests, filter_summary, nothing
from neurotui.review.orders import SORTS, worth
from neurotui.review.state import ReviewState
from neurotui.review.visible_labels import VisibleLabels
from neurotui.store.labels import Labels
from neurotui.types import Event, Neuron, Peak

BACKENDS = ("keywords", "keywords", "openai", "stranger")


class Journal:
    """Decisions in memory, each a second after the one before."""

    def __init__(self):
        self.labels = Labels("w")
        self.count = 0

    def write(self, neuron, action, text="", of="", **more):
        self.count += 1
        time = f"2026-01-01T00:00:{self.count:02}.000000+00:00"
        name = Neuron.parse(neuron)
        event = Event(f"e{self.count}", time, "ada", action, "m", "w", *name, text=text, of=of, **more)
        return self.labels.apply([event])


@pytest.fixture
def journal():
    return Journal()


@pytest.fixture
def review_state(journal):
    return ReviewState(SMALL, VisibleLabels(journal.labels), BACKENDS)


def shown(review_state):
    return [str(review_state.overview.neuron(int(row))) for row in review_state.rows]


def at(review_state):
    return str(review_state.overview.neuron(review_state.current))


def only(review_state, text):
    review_state.refilter(parse(text))


def test_the_list_begins_with_every_neuron_by_layer_and_unit(journal):
    mixed = overview([(1, 5, [], NAN, 0), (0, 9, [], NAN, 0), (1, 0, [], NAN, 0), (0, 10, [], NAN, 0)], ())
    review_state = ReviewState(mixed, VisibleLabels(journal.labels), ())
    assert shown(review_state) == ["L0.9", "L0.10", "L1.0", "L1.5"]
    assert at(review_state) == "L0.9"


@pytest.mark.parametrize(
    ("sort", "neurons"),
    [
        ("layer", ["L0.0", "L0.1", "L3.797", "L3.1535", "L4.7", "L12.40"]),
        ("score", ["L0.0", "L0.1", "L3.797", "L3.1535", "L12.40", "L4.7"]),
        ("fires", ["L12.40", "L0.0", "L3.1535", "L0.1", "L3.797", "L4.7"]),
        ("state", ["L0.1", "L3.1535", "L4.7", "L12.40", "L3.797", "L0.0"]),
    ],
)
def test_each_order_puts_what_is_wanted_first_and_what_is_missing_last(review_state, journal, sort, neurons):
    review_state.take(journal.write("L3.797", "accept", "trams"))
    review_state.take(journal.write("L0.0", "reject"))
    review_state.resort(sort)
    assert shown(review_state) == neurons


@pytest.mark.parametrize("sort", SORTS)
def test_the_cursor_stays_on_its_neuron_in_another_order(review_state, sort):
    review_state.move(3)
    review_state.choose(1)
    review_state.resort(sort)
    assert at(review_state) == "L3.1535"
    assert review_state.chosen == 1


def test_a_filter_keeps_the_cursor_on_its_neuron_if_it_can(review_state):
    review_state.move(3)
    review_state.choose(2)
    only(review_state, "football")
    # Who is called so comes first.
    assert shown(review_state) == ["L0.0", "L3.1535", "L0.1"]
    assert at(review_state) == "L3.1535"
    assert review_state.chosen == 2
    only(review_state, "layer:0")
    assert at(review_state) == "L0.1"
    assert review_state.chosen == 0


@pytest.mark.parametrize("between", ["layer:0", "submarine", "layer:12"])
def test_a_filter_that_is_typed_and_left_puts_the_cursor_back(review_state, between):
    review_state.move(3)
    only(review_state, between)
    only(review_state, "")
    assert at(review_state) == "L3.1535"


@pytest.mark.parametrize(
    "act",
    [
        ReviewState.stay,
        lambda review_state: review_state.move(0),
        lambda review_state: review_state.resort("layer"),
    ],
)
def test_a_filter_that_is_kept_or_moved_in_leaves_the_cursor_where_it_is(review_state, act):
    review_state.move(3)
    only(review_state, "layer:0")
    act(review_state)
    only(review_state, "")
    assert at(review_state) == "L0.1"


def test_a_filter_that_hides_the_cursors_neuron_puts_it_on_the_next_one_shown(review_state):
    review_state.move(1)
    only(review_state, "!football")
    assert at(review_state) == "L3.797"


def test_a_filter_that_holds_for_nothing_leaves_no_cursor_and_nothing_to_do(review_state):
    only(review_state, "submarine")
    assert len(review_state) == 0
    assert review_state.current is None
    assert review_state.candidates() == []
    assert review_state.candidate() is None
    review_state.move(1)
    review_state.move(-5)
    assert review_state.cursor == 0
    assert not review_state.go_to(2)
    assert not review_state.go_to_open(1)
    assert not review_state.go_to_open(-1)
    assert not review_state.go_to_layer(1)
    review_state.resort("score")
    only(review_state, "")
    assert len(review_state) == 6


def test_moving_stops_at_the_ends_and_begins_with_the_best_candidate(review_state):
    review_state.move(1)
    review_state.choose(1)
    review_state.move(0)
    assert (review_state.cursor, review_state.chosen) == (1, 1)
    review_state.move(-3)
    assert (review_state.cursor, review_state.chosen) == (0, 0)
    review_state.move(1000)
    assert at(review_state) == "L12.40"
    review_state.move(-1000)
    assert at(review_state) == "L0.0"


def test_next_and_previous_unreviewed_pass_over_what_was_decided(review_state, journal):
    for neuron, action in (("L0.1", "accept"), ("L3.797", "reject"), ("L3.1535", "skip")):
        review_state.take(journal.write(neuron, action, "x"))
    assert review_state.go_to_open(1)
    assert at(review_state) == "L4.7"
    assert review_state.go_to_open(1)
    assert at(review_state) == "L12.40"
    assert not review_state.go_to_open(1)
    assert at(review_state) == "L12.40"
    review_state.go_to_open(-1)
    review_state.go_to_open(-1)
    assert at(review_state) == "L0.0"
    assert not review_state.go_to_open(-1)


def test_layers_are_those_that_the_list_holds(review_state):
    assert review_state.go_to_layer(1)
    assert at(review_state) == "L3.797"
    review_state.move(1)
    assert review_state.go_to_layer(1)
    assert at(review_state) == "L4.7"
    assert review_state.go_to_layer(-1)
    assert at(review_state) == "L3.797"
    only(review_state, "!layer:4")
    assert review_state.go_to_layer(1)
    assert at(review_state) == "L12.40"
    assert not review_state.go_to_layer(1)
    review_state.resort("score")
    review_state.go_to_layer(-1)
    assert at(review_state) == "L3.797"
    review_state.go_to_layer(-1)
    assert at(review_state) == "L0.0"
    assert not review_state.go_to_layer(-1)


def test_a_jump_finds_every_neuron_in_every_order_and_filter(journal):
    chance = random.Random(5)  # noqa: S311 - not a secret
    rows = [
        (chance.randrange(4), unit, [chance.randrange(3)], chance.random(), chance.random()) for unit in range(60)
    ]
    review_state = ReviewState(overview(rows), VisibleLabels(journal.labels), BACKENDS)
    for sort in SORTS:
        review_state.resort(sort)
        for text in ("", "football", "layer:1-2 score>0.3"):
            only(review_state, text)
            hidden = set(range(60)) - set(review_state.rows.tolist())
            for neuron_id in range(60):
                before = review_state.cursor
                assert review_state.go_to(neuron_id) == (neuron_id not in hidden)
                assert review_state.current == neuron_id or review_state.cursor == before


def test_a_neuron_that_the_run_lacks_is_not_found(review_state):
    assert review_state.find(Neuron(3, 797)) == 2
    assert review_state.find(Neuron(3, 798)) is None
    assert review_state.find(Neuron(999_999, 999_999_999)) is None
    assert ReviewState(overview([], ()), VisibleLabels(Labels("w")), ()).find(Neuron(0, 0)) is None


def test_a_decision_changes_what_the_list_says_but_moves_no_row(review_state, journal):
    only(review_state, "state:open")
    review_state.resort("state")
    before = shown(review_state)
    assert review_state.take(journal.write("L0.1", "accept", "own words"))
    assert review_state.says(1)[:2] == ("own words", "label")
    assert shown(review_state) == before
    assert review_state.progress() == {"open": 5, "accepted": 1, "rejected": 0, "skipped": 0, "conflict": 0}
    review_state.refilter()
    assert "L0.1" not in shown(review_state)


def test_what_the_list_says_follows_the_decision_and_its_undoing(review_state, journal):
    assert review_state.says(0)[:2] == ("football match", "described")
    assert review_state.says(3)[:2] == ("football match", "thin")
    assert review_state.says(4)[:2] == ("", "nothing")
    review_state.take(journal.write("L0.0", "accept", "penalties"))
    review_state.take(journal.write("L0.0", "reject"))
    assert review_state.says(0)[:2] == ("football match", "described")
    review_state.take(journal.write("L0.0", "undo", of="e2"))
    assert review_state.says(0)[:2] == ("penalties", "label")
    assert review_state.progress()["accepted"] == 1


def test_decisions_for_other_runs_of_the_model_change_nothing_here(review_state, journal):
    assert not review_state.take(journal.write("L9.9", "accept", "elsewhere"))
    assert review_state.progress()["accepted"] == 0


def test_a_triage_begins_with_what_the_journal_holds(journal):
    journal.write("L0.0", "accept", "penalties")
    journal.write("L9.9", "accept", "elsewhere")
    review_state = ReviewState(SMALL, VisibleLabels(journal.labels), BACKENDS)
    assert review_state.says(0)[:2] == ("penalties", "label")
    assert review_state.progress() == {"open": 5, "accepted": 1, "rejected": 0, "skipped": 0, "conflict": 0}


def test_candidates_are_the_descriptors_best_first_and_who_proposed_them(review_state):
    review_state.move(3)
    assert [one.descriptor for one in review_state.candidates()] == [0, 1, 2]
    assert review_state.candidate() == Candidate("football match", "keywords", descriptor=0, scope="text")
    review_state.choose(2)
    assert review_state.candidate() == Candidate("Straßenbahn und Bus", "openai", descriptor=2, scope="text")


def test_on_an_accepted_neuron_the_accepted_candidate_is_the_chosen_one(review_state, journal):
    review_state.take(journal.write("L3.1535", "accept", "night sky"))
    review_state.move(3)
    assert review_state.candidate() == Candidate("night sky", "keywords", descriptor=1, scope="text")
    review_state.take(journal.write("L3.1535", "accept", "own words"))
    review_state.move(1)
    review_state.move(-1)
    assert review_state.candidate() == Candidate("own words", "")


def test_after_a_reload_order_filter_and_cursor_go_on_in_the_new_run(review_state, journal):
    review_state.resort("score")
    only(review_state, "layer:0-3")
    review_state.go_to(2)
    larger = overview(
        [(0, 0, [0], 0.2, 0.1), (3, 797, [1], 0.9, 0.1), (3, 798, [1], 0.95, 0.1), (5, 0, [], NAN, 0)]
    )
    again = ReviewState(larger, VisibleLabels(journal.labels), BACKENDS)
    again.continue_from(review_state, same_model=True)
    assert shown(again) == ["L3.798", "L3.797", "L0.0"]
    assert at(again) == "L3.797"
    assert again.sort == "score"
    assert again.filter == review_state.filter


@pytest.mark.parametrize("text", ["", "submarine"])
def test_a_reload_without_the_cursors_neuron_or_any_begins_at_the_top(review_state, journal, text):
    only(review_state, text)
    review_state.move(2)
    again = ReviewState(
        overview([(0, 0, [0], 0.2, 0.1), (0, 1, [1], 0.9, 0.1)]), VisibleLabels(journal.labels), BACKENDS
    )
    again.continue_from(review_state, same_model=True)
    assert again.cursor == 0
    empty = ReviewState(overview([], ()), VisibleLabels(journal.labels), ())
    empty.continue_from(again, same_model=True)
    assert empty.current is None


def test_the_filter_that_holds_for_all_is_the_one_without_terms(review_state):
    only(review_state, "football")
    review_state.refilter(Filter())
    assert np.array_equal(review_state.rows, np.arange(6))


def test_the_queue_puts_what_is_near_certain_and_frequent_first_and_what_is_decided_last(journal):
    certain, often = (0, [0], 0.9, 0.1, True, 0.9), (1, [0], 0.5, 0.1, True, 0.5)
    rare, odd = (2, [0], 0.9, 0.0001, True, 0.9), (3, [0], 0.9, 0.1, True, 0.2)
    thin, silent = (4, [0], 0.9, 0.1, False, 0.9), (5, [], NAN, 0.9)
    made = overview([(0, *row) for row in (silent, thin, odd, rare, often, certain)])
    review_state = ReviewState(made, VisibleLabels(journal.labels), BACKENDS)
    review_state.resort("queue")
    assert shown(review_state)[:4] == ["L0.0", "L0.1", "L0.2", "L0.3"]
    assert np.all(np.isfinite(worth(review_state.overview)))
    review_state.take(journal.write("L0.0", "reject"))
    review_state.resort("queue")
    assert shown(review_state)[-1] == "L0.0"


def test_each_layer_has_its_share_of_described_and_of_reviewed_neurons(review_state, journal):
    review_state.take(journal.write("L0.1", "accept", "own words"))
    review_state.take(journal.write("L12.40", "skip"))
    described, reviewed = shares_by_layer(review_state)
    # Layers that the run lacks have none of either.
    assert described == [1, 0, 0, 0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    assert reviewed == [0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]


def test_how_often_a_neuron_fires_counts_by_its_eighth_root(journal):
    """So that a sure neuron that fires at a thousandth as many tokens still comes before an unsure one."""
    sure, unsure = (0, 0, [0], 0.9, 0.0001, True, 0.8), (0, 1, [0], 0.3, 0.1, True, 0.4)
    made = overview([unsure, sure])
    assert worth(made).tolist() == pytest.approx([0.3 * 0.1 ** (1 / 8), 0.8 * 0.0001 ** (1 / 8)], rel=1e-5)
    review_state = ReviewState(made, VisibleLabels(journal.labels), BACKENDS)
    review_state.resort("queue")
    assert shown(review_state) == ["L0.0", "L0.1"]


def test_the_order_of_scores_puts_what_is_described_before_what_is_thin_and_nothing_last(journal):
    rows = [
        (0, 0, [], NAN, 0),
        (0, 1, [0], 0.9, 0, False),
        (0, 2, [0], 0.3, 0, True),
        (0, 3, [0], 0.4, 0, True),
    ]
    review_state = ReviewState(overview(rows), VisibleLabels(journal.labels), BACKENDS, "score")
    assert shown(review_state) == ["L0.3", "L0.2", "L0.1", "L0.0"]


def two_sided(journal, peaks=()):
    """Return a review state of a neuron of which one name is said of texts, of tokens and of the negative."""
    made = replace(
        overview([(0, 0, [0, 1, 2], 0.9, 0.1)], ["away", "away", "months"]),
        sides=np.array([[1, 1, -1]], np.int8),
        scopes=("text", "token", "token"),
        kinds=("topic", "word", "class"),
    )
    review_state = ReviewState(made, VisibleLabels(journal.labels), ["keywords", "texts", "texts"])
    review_state.candidate_cache.know(0, tuple(peaks))
    return review_state


def test_a_candidate_is_told_from_others_of_its_name_by_scope_and_side(journal):
    review_state = two_sided(journal)
    review_state.choose(1)
    decision = review_state.candidate().accepted_for(Neuron(0, 0))
    assert (decision.text, decision.scope, decision.side) == ("away", "token", 1)
    review_state.take(journal.write("L0.0", "accept", "away", scope="token"))
    assert review_state.says(0).sentence == "at the word “away”"
    review_state.take(journal.write("L0.0", "accept", "away", scope="text"))
    assert review_state.says(0).sentence == "in texts about away"
    review_state.take(journal.write("L0.0", "accept", "months", scope="token", side=-1))
    assert review_state.says(0).sentence == "most negative at words like months"
    # What was accepted is a candidate that is there already.
    assert [one.identity for one in review_state.candidates()] == [
        ("away", 0, 1, "text"),
        ("away", 1, 1, "token"),
        ("months", 2, -1, "token"),
    ]


def test_a_label_of_an_older_journal_names_the_first_candidate_of_its_name(journal):
    review_state = two_sided(journal)
    review_state.take(journal.write("L0.0", "accept", "away"))
    assert review_state.says(0).descriptor_id == 0
    review_state.take(journal.write("L0.0", "accept", "months"))
    assert review_state.says(0).descriptor_id == -1, "it says nothing of the negative"


def test_words_at_which_it_peaks_are_candidates_unless_a_descriptor_names_them(journal):
    peaks = [Peak(1, "Away", 9), Peak(1, "off", 4), Peak(1, "far", 1), Peak(-1, "near", 9)]
    found = two_sided(journal, peaks).candidates()
    assert [(one.text, one.origin, one.scope) for one in found[3:]] == [("off", PEAKS, "token")]


def test_labels_stand_in_order_of_the_alphabet_and_nothing_last(review_state, journal):
    review_state.take(journal.write("L0.0", "accept", "Aardvarks"))
    review_state.resort("label")
    *said, nothing = [review_state.says(int(row)).text.casefold() for row in review_state.rows]
    assert said == sorted(said)
    assert "aardvarks" in said
    assert nothing == ""


def test_marks_are_set_one_by_one_and_by_the_range(review_state):
    review_state.mark()
    review_state.mark()
    assert review_state.marked == set()
    review_state.mark()
    review_state.move(3)
    review_state.mark_range()
    assert review_state.marked == {0, 1, 2, 3}


def test_a_range_begins_at_a_mark_that_still_stands(review_state):
    review_state.mark()
    review_state.marked.clear()
    review_state.move(3)
    review_state.mark_range()
    assert review_state.marked == {3}


def test_deciding_speaks_of_the_marked_that_the_filter_shows(review_state):
    review_state.mark()
    review_state.move(4)
    review_state.mark()
    only(review_state, "layer:0-3")
    assert review_state.marked_here == [0]


def test_marks_go_on_in_a_new_run_of_the_same_model_only(review_state, journal):
    review_state.move(2)
    review_state.mark()
    rows = [(3, 797, [1], 0.9, 0.1), (5, 0, [], NAN, 0)]
    for same_model, marked in ((True, {0}), (False, set())):
        again = ReviewState(overview(rows), VisibleLabels(journal.labels), BACKENDS)
        again.continue_from(review_state, same_model=same_model)
        assert again.marked == marked


def many_candidates(journal):
    """Return a review state of one neuron with twelve descriptors."""
    names = [f"name {number}" for number in range(12)]
    return ReviewState(
        overview([(0, 0, list(range(12)), 0.9, 0.1)], names), VisibleLabels(journal.labels), ["keywords"] * 12
    )


def test_of_many_descriptors_the_last_give_their_keys_to_what_was_written(journal):
    review_state = many_candidates(journal)
    assert [one.descriptor for one in review_state.candidates()] == list(range(12))
    review_state.choose(7)
    review_state.take(journal.write("L0.0", "propose", "poor", fit=(0.6, 0.5, 0.7)))
    review_state.take(journal.write("L0.0", "propose", "good", fit=(0.9, 0.8, 1.0)))
    review_state.take(journal.write("L0.0", "propose", "unknown"))
    texts = [one.text for one in review_state.candidates()]
    assert texts[:KEYED] == [*(f"name {number}" for number in range(6)), "good", "poor", "unknown"]
    assert texts[KEYED:] == [f"name {number}" for number in range(6, 12)]
    # What was chosen before others came stays chosen.
    assert review_state.candidate().text == "name 7"
    review_state.choose(6)
    assert review_state.candidate().text == "good"
    for number in range(9):
        review_state.take(journal.write("L0.0", "propose", f"more {number}"))
    keyed = review_state.candidates()[:KEYED]
    assert [one.descriptor for one in keyed[:3]] == [0, 1, 2]
    assert [one.text for one in keyed[3:6]] == ["good", "poor", "more 8"]


def test_what_was_written_stands_after_the_descriptors_with_its_fit(review_state, journal):
    review_state.take(journal.write("L0.1", "propose", "stars", fit=(0.8, 0.7, 0.9)))
    review_state.take(journal.write("L0.1", "propose", "night sky", fit=(0.9, 0.8, 1.0)))
    review_state.move(1)
    assert review_state.candidates() == [
        Candidate("night sky", "keywords", (0.9, 0.8, 1.0), 1, scope="text"),
        Candidate("football match", "keywords", (), 0, scope="text"),
        Candidate("stars", "", (0.8, 0.7, 0.9)),
    ]
    review_state.candidate_cache.know_fits(1, [Fit("football match", AurocInterval(0.6, 0.5, 0.7))])
    assert review_state.candidates()[1].fit == (0.6, 0.5, 0.7)


NEAR_MUSIC = Nearness(
    (NearName("tune", 0.7, 2, called=True), NearName("songs", 0.8, 1, called=False)),
    (NearName("tune", 0.7, 2, called=True),),
    np.array([0, 0, 0.3, 0, 0.6, 0], np.float32),
)


def test_a_search_shows_what_is_called_so_then_peaks_then_what_is_near_and_then_the_rest(journal):
    peak = np.array([0, 0, 1, 0, 0, 2], np.int32)
    peaking = replace(SMALL, peak_words=("", "the", "Footballers"), peak=peak)
    review_state = ReviewState(peaking, VisibleLabels(journal.labels), BACKENDS)
    only(review_state, "football")
    assert shown(review_state) == ["L0.0", "L3.1535", "L12.40", "L0.1"]
    review_state.know_near("football", NEAR_MUSIC)
    review_state.refilter()
    assert shown(review_state) == ["L0.0", "L3.1535", "L12.40", "L4.7", "L3.797", "L0.1"]
    # The list's order holds within each, but for what is near: there the nearest comes first.
    review_state.resort("score")
    assert shown(review_state) == ["L0.0", "L3.1535", "L12.40", "L4.7", "L3.797", "L0.1"]
    for literally in ('"football"', "!football"):
        only(review_state, literally)
        assert not {"L4.7", "L3.797"} & set(shown(review_state)) or literally.startswith("!")
    assert {"L4.7", "L3.797"} <= set(shown(review_state))
    only(review_state, "football layer:4")
    assert shown(review_state) == ["L4.7"]
    only(review_state, "layer:0")
    assert shown(review_state) == ["L0.0", "L0.1"]


def test_a_search_that_hides_the_cursors_neuron_begins_with_the_best(review_state):
    review_state.move(4)
    only(review_state, "sky")
    assert at(review_state) == "L0.1"
    review_state.go_to(3)
    assert at(review_state) == "L3.1535"
    only(review_state, "")
    assert at(review_state) == "L3.1535"


def test_what_speaks_of_another_number_of_neurons_is_not_taken(review_state):
    review_state.know_near("music", NEAR_MUSIC._replace(neurons=np.ones(7, np.float32)))
    assert review_state.near == {}
    only(review_state, "music")
    assert shown(review_state) == []


def test_what_is_said_of_a_search_tells_names_from_what_is_near(review_state):
    only(review_state, "football")
    assert filter_summary(review_state) == "3 of 6 · looking for what is near in meaning · enter keeps, esc clears"
    review_state.know_near("football", NEAR_MUSIC)
    review_state.refilter()
    assert filter_summary(review_state) == "5 of 6 · 2 by name, 2 near: tune, songs · enter keeps, esc clears"
    only(review_state, '"football"')
    assert filter_summary(review_state) == "3 of 6 · enter keeps, esc clears"
    only(review_state, "state:open")
    assert filter_summary(review_state) == "6 of 6 · enter keeps, esc clears"


def test_an_empty_list_says_where_was_looked_and_what_is_near(review_state):
    only(review_state, "musik")
    assert nothing(review_state, "esc") == (
        "no neuron is called, or peaks at, “musik”",
        "looking for what is near in meaning · esc clears it",
    )
    review_state.know_near("musik", NEAR_MUSIC._replace(neurons=np.zeros(6, np.float32), names=()))
    assert nothing(review_state, "esc")[1] == "near in meaning: tune (2 neurons) · type best:tune · esc clears it"
    only(review_state, "football layer:12")
    assert nothing(review_state, "esc", "no model here") == (
        "no neuron fits “football” and the rest",
        "esc clears it",
    )
    only(review_state, "music or film")
    assert "OR in capitals" in nothing(review_state, "esc")[1]
    only(review_state, "layer:99")
    assert nothing(review_state, "esc") == ("no neuron fits the filter", "esc clears it")


def test_only_the_last_words_are_asked_about_once_and_after_a_pause():
    asked, timers = [], []
    meanings = MeaningRequests(asked.append, lambda _, call: timers.append(call))
    for typed in ("mu", "mus", "music"):
        meanings.want([typed])
    for timer in timers:
        timer()
    assert asked == ["music"]
    meanings.want(["music", "film"])
    timers[-1]()
    assert asked == ["music"]
    meanings.came()
    assert asked == ["music", "film"]
    meanings.came("no model here")
    meanings.want(["law"])
    assert asked == ["music", "film"]
