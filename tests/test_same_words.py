"""Labels of the same words: how they introduce, quote, order and join them does not matter."""

import pytest

from neurotui.same_words import words_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("right", "the word right"),
        ("right", 'The word "Right"'),
        ("line, set", 'the words "line" and "set"'),
        ("line, set", "set; line"),
        ("know, see", "the words know and see"),
        ("and, or", "the words 'and' and 'or'"),
        ("\u201cnight sky\u201d", "night sky"),
    ],
)
def test_labels_of_the_same_words(one, other):
    assert words_of(one) == words_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("the", "a"),
        ("the", "word"),
        ("won't", "won't; making"),
        ("and", "or"),
        ("and, but", "but"),
        ("night sky", "night, sky"),
        ("and, or", "and"),
        ("but, and", "but"),
        ("not, or", "not"),
        (". ,", "."),
        ("a number", "the word number"),
        ("'s", "s"),
        ("'t", "t"),
        ("form of address", "address"),
        ("forms of know", "know"),
        (",", ";"),
        ('"', "'"),
        ("", "the"),
    ],
)
def test_labels_of_other_words(one, other):
    assert words_of(one) != words_of(other)


def test_a_label_always_names_something():
    for label in ("the word", "a", "the words and", '""', " and ", ",", "word word"):
        assert words_of(label), label
