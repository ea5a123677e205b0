"""Neurons counted by kind: what can be counted on one's fingers."""

import pytest
from tui.figures import NAN, SMALL, overview

from neurotui.review import counts
from neurotui.review.counts import GROUPINGS, CountGroup
from neurotui.review.filters import Filter, parse
from neurotui.review.state import ReviewState
from neurotui.review.terms.best import filter_text
from neurotui.review.visible_labels import VisibleLabels
from neurotui.store.labels import Labels
from neurotui.types import STATES

BY_NAME = {one.name: one for one in GROUPINGS}


def groups(state, by):
    """Count by the grouping of a name."""
    return counts.groups(state, BY_NAME[by])


def ordered(found, by, *, by_name):
    """Sort the groups of the grouping of a name."""
    return counts.ordered(found, BY_NAME[by], by_name=by_name)


def review_state(of=SMALL):
    return ReviewState(of, VisibleLabels(Labels("w")), [""] * len(of.names))


def test_by_descriptor_the_best_match_counts_and_none_is_a_kind_too():
    found = groups(review_state(), "descriptor")
    assert [(group.name, group.neurons, group.described) for group in found] == [
        ("no candidate", 1, 0),
        ("football match", 2, 1),
        ("night sky", 1, 1),
        ("Straßenbahn und Bus", 1, 1),
        ("[CLS] of a\x1b[2J text", 1, 0),
    ]


def test_by_layer_and_by_state_every_neuron_counts_once():
    small = review_state()
    small.state[2] = STATES.index("accepted")
    assert [(g.name, g.neurons, g.accepted) for g in groups(small, "layer")] == [
        ("L0", 2, 0),
        ("L3", 2, 1),
        ("L4", 1, 0),
        ("L12", 1, 0),
    ]
    assert [(g.name, g.neurons) for g in groups(small, "state")] == [("open", 5), ("accepted", 1)]


def test_only_what_the_filter_shows_is_counted():
    small = review_state()
    small.state[2] = STATES.index("accepted")
    small.refilter(parse("L3"))
    assert [(g.name, g.neurons, g.accepted) for g in groups(small, "layer")] == [("L3", 2, 1)]
    assert [(g.name, g.neurons) for g in groups(small, "state")] == [("open", 1), ("accepted", 1)]
    assert sum(group.neurons for group in groups(small, "descriptor")) == 2


@pytest.mark.parametrize("by", ["descriptor", "layer", "state"])
def test_every_group_has_a_filter_that_shows_all_of_it(by):
    small = review_state()
    found = groups(small, by)
    assert len(found) == {"descriptor": 5, "layer": 4, "state": 1}[by]
    for group in found:
        chosen = parse(group.filter)
        assert isinstance(chosen, Filter)
        shown = int(chosen.mask(small.columns).sum())
        assert shown >= group.neurons if by == "descriptor" else shown == group.neurons


def test_a_name_with_quotes_is_found_by_what_stands_between_them():
    names = ('the "night" sky', '"')
    of = overview([(0, 0, [0], 0.9, 0.5), (0, 1, [1], 0.9, 0.5), (0, 2, [], NAN, 0)], names)
    assert filter_text(names[0]) == '"the " "night" " sky"'
    chosen = parse(filter_text(names[0]))
    assert isinstance(chosen, Filter)
    assert chosen.mask(review_state(of).columns).tolist() == [True, False, False]
    assert filter_text(names[1]) == ""


def test_the_largest_comes_first_and_of_descriptors_what_describes_most():
    few, many, thin = CountGroup("b", "", 3, 2, 0), CountGroup("a", "", 5, 1, 0), CountGroup("c", "", 9, 0, 0)
    assert ordered([few, many, thin], "descriptor", by_name=False) == [few, many, thin]
    assert ordered([few, many, thin], "state", by_name=False) == [thin, many, few]
    assert ordered([few, many, thin], "descriptor", by_name=True) == [many, few, thin]
    assert ordered([few, many, thin], "layer", by_name=True) == [few, many, thin]


def test_a_run_without_neurons_has_no_kinds():
    assert groups(review_state(overview([])), "layer") == []


def test_a_grouping_is_one_record():
    starred = counts.Grouping(
        "unit", lambda of: (of.overview.unit.astype("int64") % 2, [("even", ""), ("odd", "")]), by_name=True
    )
    found = counts.groups(review_state(), starred)
    assert sum(group.neurons for group in found) == len(SMALL)
    assert [group.name for group in counts.ordered(found, starred, by_name=True)] == ["even", "odd"]
