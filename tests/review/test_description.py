"""What is said of a neuron is one thing, in words that people use."""

import math
from dataclasses import replace

import numpy as np
import pytest
from tui.figures import NAN, overview

from neurotui.review.description import SURENESS, THIN, Description, description_of, first, reading, sureness
from neurotui.store.labels import Labels
from neurotui.types import Event


@pytest.mark.parametrize(
    ("kind", "name", "sentence"),
    [
        ("topic", "football", "in texts about football"),
        ("word", "away", "at the word “away”"),
        ("stem", "choose, chose", "at forms of choose, chose"),
        ("class", "january, february", "at words like january, february"),
        ("class", "months: january, february", "at words like january, february (months)"),
        ("piece", "-ing", "at the piece -ing of a word"),
        ("affix", "-ish", "at words with -ish"),
        ("sign", "full stop .", "at the full stop ."),
        ("shape", "a number", "at a number"),
        ("position", "the first token of a text", "at the first token of a text"),
        ("before", 'after "wall"', "right after “wall”"),
        ("before", "after a comma ,", "right after a comma ,"),
        ("after", 'before "the"', "right before “the”"),
        ("of a later version", "anything", "at anything"),
    ],
)
def test_every_kind_reads_as_people_say_it_and_the_negative_says_so(kind, name, sentence):
    scope = "text" if kind == "topic" else "token"
    assert reading(name, scope, kind, 1) == sentence
    assert reading(name, scope, kind, -1) == f"most negative {sentence}"


def test_a_label_in_other_words_is_said_as_it_was_written():
    assert reading("away, and rinse", "", "", 1) == "away, and rinse"
    assert reading("away {}", "", "", 1) == "away {}"
    assert reading("months", "", "", -1) == "most negative: months"


def test_how_sure_it_is_falls_with_the_correlation_and_ends_in_thin_evidence():
    words = [sureness(r / 100, described=True) for r in range(100, -101, -1)]
    told = list(dict.fromkeys(words))
    assert told == [*(said_so for _, said_so in SURENESS), THIN]
    assert [sureness(least, described=True) for least, _ in SURENESS] == told[:-1]
    assert sureness(0.9, described=False) == THIN
    assert sureness(NAN, described=True) == ""


def labelled(action="accept", text="", **more):
    time = "2026-01-01T00:00:00.000000+00:00"
    return Labels("w", [Event("e", time, "ada", action, "m", "w", 0, 0, text=text, **more)])


SIDES = replace(
    overview([(0, 0, [1, 0], 0.6, 0.1, True, 0.55)], ["football", "away"]),
    sides=np.array([[-1, 1]], np.int8),
    scopes=("text", "token"),
    kinds=("topic", "word"),
)


def test_what_the_run_says_first_is_said_until_a_label_is_accepted():
    told = description_of(SIDES, Labels("w"), 0)
    assert told == first(SIDES, 0) == description_of(SIDES, labelled("reject"), 0)
    assert (told.sentence, told.short) == ("most negative at the word “away”", "▾ away")
    assert (told.grounds, told.correlation_validation) == ("described", pytest.approx(0.55))
    thin = replace(SIDES, described=np.array([False]))
    assert description_of(thin, Labels("w"), 0).told == "most negative at the word “away” (thin evidence)"
    assert description_of(replace(SIDES, matched=np.array([[-1, -1]], np.int32)), Labels("w"), 0) == Description()


def test_an_accepted_label_has_the_scores_of_the_descriptor_that_it_names_where_they_are_known():
    same = description_of(SIDES, labelled(text="away", side=-1, scope="token"), 0)
    assert (same.grounds, same.kind, same.correlation_calibration) == ("label", "word", pytest.approx(0.6))
    other_side = description_of(SIDES, labelled(text="away", scope="token"), 0)
    assert (other_side.descriptor_id, other_side.sentence) == (-1, "at away")
    second = description_of(SIDES, labelled(text="football"), 0)
    assert (second.descriptor_id, second.sentence) == (0, "in texts about football")
    assert math.isnan(second.correlation_validation)


def test_a_record_holds_nothing_where_nothing_is_known():
    assert set(Description().record().values()) == {None, "nothing"}
    assert description_of(SIDES, Labels("w"), 0).record() == {
        "says": "away",
        "sentence": "most negative at the word “away”",
        "grounds": "described",
        "side": -1,
        "scope": "token",
        "kind": "word",
        "correlation_calibration": 0.6,
        "correlation_validation": 0.55,
    }
