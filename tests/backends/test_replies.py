"""Reading replies: whatever they are, an answer and never an exception."""

import json
import random
from pathlib import Path

import pytest

from neurotui.backends.llm.parse_reply import (
    LEFT_OUT,
    MOST_PHRASES,
    NO_JSON,
    PHRASE_CHARACTERS,
    clean,
    read_labels,
    read_phrases,
)
from neurotui.sanitize import visible

HOSTILE = Path(__file__).parents[3] / "shared" / "data" / "hostile_json"
GOOD = json.dumps({"texts": [{"id": place, "phrases": [f"phrase {place}", "b"]} for place in (1, 2, 3)]})


def check(reply, number=3):
    """Read a reply in every way; what comes out is well-formed whatever went in."""
    answer = read_phrases(reply, number)
    assert answer.phrases.keys() | answer.faults.keys() == set(range(1, number + 1))
    assert not answer.phrases.keys() & answer.faults.keys()
    for phrases in (*answer.phrases.values(), read_labels(reply)):
        assert len(phrases) <= MOST_PHRASES
        assert all(phrase == visible(phrase) and phrase.strip() and "\n" not in phrase for phrase in phrases)
    return answer


@pytest.mark.skipif(not HOSTILE.is_dir(), reason="the corpus of hostile JSON is not on this machine")
def test_no_hostile_json_is_an_exception():
    files = sorted(HOSTILE.glob("*.json"))
    assert len(files) > 300
    for file in files:
        for encoding in ("utf-8", "latin-1", "utf-16"):
            raw = file.read_bytes().decode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")
            check(raw)
            check(raw, 1)
            check(f'{{"texts": [{{"id": 1, "phrases": {raw}}}]}}')
            # What stands before it does not spoil what comes after it, wherever that is valid JSON by itself.
            check(f"{raw}\n{GOOD}")


def test_a_reply_cut_anywhere_gives_whole_phrases_of_its_own_texts():
    for end in range(len(GOOD) + 1):
        answer = check(GOOD[:end])
        for place, phrases in answer.phrases.items():
            assert set(phrases) <= {f"phrase {place}", "b"}
    assert check(GOOD).faults == {}
    assert check(GOOD[:-20]).faults == {3: LEFT_OUT}


def test_a_single_text_cut_short_keeps_the_phrases_that_are_whole():
    reply = '{"texts": [{"id": 1, "phrases": ["football", "late goal", "the str'
    assert read_phrases(reply, 1).phrases == {1: ("football", "late goal")}


def test_garbled_replies_never_give_what_was_not_said():
    chance = random.Random(0)  # noqa: S311 - repeatable, not secret
    said = {"phrase 1", "phrase 2", "phrase 3", "b"}
    for _ in range(3_000):
        garbled = list(GOOD)
        for _ in range(chance.randint(1, 4)):
            garbled[chance.randrange(len(garbled))] = chance.choice('[]{}",: \x00\x1b\ud800\\1')
        for phrases in check("".join(garbled)).phrases.values():
            for phrase in phrases:
                assert any(len(set(phrase) & set(word)) for word in said)


@pytest.mark.parametrize(
    "reply",
    [
        "[" * 200_000,
        '{"a":' * 200_000,
        '"' * 500_000,
        "\\" * 500_000,
        '["a",' * 200_000,
        "{" * 10 + '"' + "\\" * 300_000,
    ],
)
def test_replies_made_to_be_slow_are_read(reply):
    assert check(reply).faults.keys() == {1, 2, 3}


@pytest.mark.parametrize(
    "reply",
    [
        '[{"id": "1", "phrases": ["cats"]}]',
        '{"id": 1, "phrases": ["cats"]}',
        '{"1": ["cats"]}',
        '{"results": [{"id": 1, "phrases": ["cats"]}]}',
        '{"phrases": ["cats"]}',
        '["cats"]',
        'Phrases: ["cats"]',
    ],
)
def test_other_shapes_that_leave_no_doubt_are_understood(reply):
    assert read_phrases(reply, 1).phrases == {1: ("cats",)}


def test_shapes_that_leave_doubt_are_not_guessed_at():
    assert read_phrases('["cats", "dogs"]', 2).phrases == {}
    assert read_phrases('{"phrases": ["cats"]}', 2).phrases == {}
    assert read_phrases('{"texts": [{"id": 1.0, "phrases": ["cats"]}]}', 2).phrases == {}
    assert read_phrases("cats", 1).faults == {1: NO_JSON}


def test_labels_come_as_a_list_or_alone():
    assert read_labels('{"labels": ["a b", "c"]}') == ("a b", "c")
    assert read_labels('{"label": " sports. "}') == ("sports",)
    assert read_labels('["x"]') == ("x",)
    assert read_labels('{"labels": []}') == read_labels("7") == read_labels("") == ()


def test_clean_keeps_what_people_write_and_drops_what_is_no_phrase():
    assert clean(["- C++ code,", '"quoted"', "caf\u0065\u0301", "日本語", "don't"], PHRASE_CHARACTERS) == (
        "C++ code",
        "quoted",
        "caf\N{LATIN SMALL LETTER E WITH ACUTE}",
        "日本語",
        "don't",
    )
    assert clean(["...", "", " ", None, 3, ["x"], "y" * 81], PHRASE_CHARACTERS) == ()
    assert clean("a string", PHRASE_CHARACTERS) == clean(None, PHRASE_CHARACTERS) == ()
