"""What the app says of a neuron is understood where it is typed as a label, for every kind of descriptor."""

import pytest

from neurotui.describe.descriptor_kinds import DESCRIPTOR_KINDS
from neurotui.labelling.typed_sentences import said_in
from neurotui.spelling import compared

NAMES = {
    "piece": "ing",
    "affix": "-ish",
    "class": "months: january, february",
    "before": 'before "wall"',
    "after": 'after "wall"',
    "sign": "full stop .",
    "shape": "a number",
    "position": "the first word of a sentence",
}
TOLD = {
    "class": "january, february (months)",
    "before": "before “wall”",
    "after": "after “wall”",
    "word": "“music”",
    "sign": "the full stop .",
}


def read(sentence):
    """Return what is read from a sentence about the negative, too: in two steps."""
    found = said_in(compared(sentence))
    return read(found) if found is not None and said_in(found) is not None else found


@pytest.mark.parametrize("kind", DESCRIPTOR_KINDS.values(), ids=lambda kind: kind.name)
@pytest.mark.parametrize("before", ["", "silent ", "most negative "])
def test_the_sentence_of_every_kind_is_read_as_the_name_in_it(kind, before):
    name = NAMES.get(kind.name, "music")
    assert read(before + kind.sentence(name)) == compared(TOLD.get(kind.name, name))


def test_no_other_text_is_a_sentence_of_ours():
    for text in ("music", "words of war", "it is at home", "what is right", "texts about music", "rights"):
        assert said_in(text) is None


def test_of_a_label_in_other_words_the_side_is_taken_off():
    assert said_in("silent: where it rains") == "where it rains"
