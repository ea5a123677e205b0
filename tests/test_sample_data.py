"""The sample corpus is what it says it is."""

import json
from collections import Counter
from importlib.resources import files

import pytest


@pytest.fixture(scope="module")
def texts():
    lines = (files("neurotui.sample_data") / "texts.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_every_topic_and_style_has_its_share(texts):
    assert len(texts) >= 1200
    assert len(Counter(text["topic"] for text in texts)) >= 12
    pairs = Counter((text["topic"], text["style"]) for text in texts)
    assert len(pairs) == 12 * 4
    assert set(pairs.values()) == {30}


def test_texts_are_short_and_each_is_its_own(texts):
    assert all(10 <= len(text["text"].split()) <= 60 for text in texts)
    assert len({text["id"] for text in texts}) == len(texts)
    openings = Counter(" ".join(text["text"].lower().split()[:4]) for text in texts)
    assert openings.most_common(1)[0][1] <= 4
    runs = Counter(
        tuple(words[start : start + 8])
        for words in (text["text"].lower().split() for text in texts)
        for start in range(len(words) - 7)
    )
    assert runs.most_common(1)[0][1] == 1


def test_the_hostile_texts_hold_what_they_are_for():
    lines = (files("neurotui.sample_data") / "hostile.jsonl").read_text(encoding="utf-8").splitlines()
    together = "".join(json.loads(line)["text"] for line in lines)
    for needle in ("\x1b", "\x9b", "\x00", "\u202e", "[/]", "[@click=", "[CLS]", "\u200b"):
        assert needle in together
    assert any("\ud800" <= character <= "\udfff" for character in together)
