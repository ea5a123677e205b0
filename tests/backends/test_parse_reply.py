"""Reading replies: whatever they are, an answer and never an exception."""

import json
import random
from pathlib import Path

import pytest

from neurotui.backends.llm.parse_reply import (
    LEFT_OUT,
    NO_JSON,
    PHRASE_CHARACTERS,
    SHIFTED,
    clean,
    read_labels,
    read_phrases,
)
from neurotui.backends.protocol import MOST_PHRASES
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


DRAFT = '{"texts": [{"id": 1, "phrases": ["draft"]}, {"id": 2, "phrases": ["draft"]}]}'
FINAL = '{"texts": [{"id": 1, "phrases": ["cats"]}, {"id": 2, "phrases": ["dogs"]}]}'
MEANT = {1: ("cats",), 2: ("dogs",)}


@pytest.mark.parametrize(
    "reply",
    [
        "<think>say DRAFT</think>FINAL",
        "say DRAFT</think>\n\nFINAL",
        "Sure.\n<think>DRAFT</think>FINAL",
        "FINAL\n<think>I might have said DRAFT</think>",
        "<think>a <think> b</think> DRAFT </think>FINAL",
        "<thinking>\nDRAFT\n</thinking>FINAL",
        "<reasoning>DRAFT</reasoning><answer>FINAL</answer>",
        "<seed:think>DRAFT</seed:think>FINAL",
        "[THINK]DRAFT no[/THINK]FINAL",
        "\u25c1think\u25b7DRAFT\u25c1/think\u25b7FINAL",
        "<|channel|>analysis<|message|>DRAFT<|end|><|start|>assistant<|channel|>final<|message|>FINAL<|return|>",
        "<|channel|>analysis<|message|>DRAFT<|end|><|channel|>final <|constrain|>json<|message|>FINAL",
        "analysisWe could say DRAFT but better.assistantfinalFINAL",
        "<|channel>thought\nDRAFT<channel|>FINAL",
        "<|START_THINKING|>DRAFT<|END_THINKING|>FINAL",
        "```json\nDRAFT\n```\nWait. Corrected:\n```json\nFINAL\n```",
        'DRAFT FINAL like {"texts": [{"id": 1, "phrases": ["first phrase", "second phrase"]}]}',
    ],
)
def test_the_answer_is_what_stands_after_the_reasoning_and_the_last_of_several(reply):
    assert reply.count("DRAFT") == reply.count("FINAL") == 1
    assert read_phrases(reply.replace("DRAFT", DRAFT).replace("FINAL", FINAL), 2).phrases == MEANT


def test_a_draft_is_no_answer_where_the_answer_never_came():
    for cut in (f"<think>{DRAFT}", f"analysisWe say {DRAFT}", f"Sure.\n[THINK]{DRAFT}"):
        assert read_phrases(cut, 2).phrases == {}
    assert read_phrases(f"{DRAFT} Better:\n{FINAL[:60]}", 2).phrases == {1: ("cats",)}
    assert read_labels('{"labels": ["draft"]} Better: {"labels": ["fi') == ()


def test_a_mark_of_reasoning_within_a_phrase_is_none():
    reply = '{"texts": [{"id": 1, "phrases": ["the </think> tag", "cats"]}]}'
    assert read_phrases(reply, 1).phrases == {1: ("the </think> tag", "cats")}


@pytest.mark.parametrize(
    "reply",
    [
        "{'texts': [{'id': 1, 'phrases': ['cats',]}, {'id': 2, 'phrases': ['dogs']},]}",
        '{"texts": [{"id": 1, "phrases": ["cats"]}, // a comment\n {"id": 2, /* and */ "phrases": ["dogs"]}]}',
        '{texts: [{id: 1, phrases: ["cats"], sure: True}, {id: 2, phrases: ["dogs"], sure: None}]}',
        "[{\u201cid\u201d: 1, \u201cphrases\u201d: [\u201ccats\u201d]}, {'id': 2, \u201cphrases\u201d: ['dogs']}]",
        '{"id": 1, "phrases": ["cats"]}\n{"id": 2, "phrases": ["dogs"]}',
        '{"2": ["dogs"], "1": ["cats"], "7": ["nobody"]}',
        '{"texts": {"text_1": ["cats"], "text_2": {"phrases": ["dogs"]}}}',
        '[{"text_id": "text_2", "keywords": ["dogs"]}, {"text_id": "text_1", "keywords": ["cats"]}]',
        '{"texts": [{"id": "#1", "text": "Cats sleep", "phrases": "cats"}, {"id": "2", "phrases": ["dogs"]}]}',
        '{"texts": [{"id": 1, "phrases": [{"phrase": "cats", "score": 1}]}, {"id": 2, "phrases": [{"tag": "dogs"}]}]}',
        '{"texts": [{"id": 1, "phrases": ["1. cats"]}, {"id": 2, "phrases": ["Label: dogs", "None", "2."]}]}',
        '{"texts": [{"id": 0, "phrases": ["cats"]}, {"id": 1, "phrases": ["dogs"]}]}',
    ],
)
def test_what_is_nearly_the_json_that_was_asked_for_is_read(reply):
    assert read_phrases(reply, 2).phrases == MEANT


def test_ids_from_zero_never_shift_a_phrase_to_another_text():
    said = {place: {"id": place, "phrases": [f"word{place}"]} for place in range(4)}
    assert read_phrases(json.dumps(list(said.values())), 4).phrases[1] == ("word0",)
    for left_out in (1, 2, 3):
        reply = json.dumps([entry for place, entry in said.items() if place != left_out])
        assert read_phrases(reply, 4).faults == dict.fromkeys(range(1, 5), SHIFTED)


def test_a_string_that_holds_quotes_is_whole():
    assert read_phrases('{"phrases": ["the "best" one", "it\'s"]}', 1).phrases == {1: ('the "best" one', "it's")}
    assert read_phrases("{'phrases': ['it's late', 'cats']}", 1).phrases == {1: ("it's late", "cats")}


@pytest.mark.parametrize(
    "said",
    [
        *("None", "N/A", "n.a.", "null", "Unknown", "No clear pattern", "no common theme found", "Not sure", "1."),
        *("Label:", "Topics", "best label", "third phrase", "None of the above", "Insufficient data", "keine"),
    ],
)
def test_what_says_nothing_is_no_phrase(said):
    assert clean([said, f"- {said}", f'"{said}"'], PHRASE_CHARACTERS) == ()
    assert read_labels(json.dumps({"labels": [said]})) == ()


def test_numbers_of_a_list_and_announcements_are_no_part_of_a_phrase():
    assert clean(["1. late goal", "(2) cup final", "c) Label 3: FC K\u00f6ln"], PHRASE_CHARACTERS) == (
        "late goal",
        "cup final",
        "FC K\u00f6ln",
    )
    kept = ["1984", "2. Bundesliga", "no smoking", "unknown soldier", "names of labels", "a. m."]
    assert clean(kept, PHRASE_CHARACTERS)[:4] == ("1984", "Bundesliga", "no smoking", "unknown soldier")
    assert clean(["war", "of 1812", "1. FC K\u00f6ln"], PHRASE_CHARACTERS)[2] == "1. FC K\u00f6ln"


def test_shapes_that_leave_doubt_are_not_guessed_at():
    assert read_phrases('["cats", "dogs"]', 2).phrases == {}
    assert read_phrases('{"phrases": ["cats"]}', 2).phrases == {}
    assert read_phrases('{"texts": [{"id": 1.0, "phrases": ["cats"]}]}', 2).phrases == {}
    assert read_phrases("cats", 1).faults == {1: NO_JSON}


def test_labels_come_as_a_list_or_alone():
    assert read_labels('{"labels": ["a b", "c"]}') == ("a b", "c")
    assert read_labels('{"label": " sports. "}') == ("sports",)
    assert read_labels('["x"]') == ("x",)
    assert read_labels('{"labels": ["1. x y", "Label: z"]}') == ("x y", "z")
    assert read_labels('{"labels": [{"label": "x", "confidence": 0.9}, {"label": "y"}]}') == ("x", "y")
    assert read_labels('{"label": "cats, dogs"}') == ("cats, dogs",)
    assert read_labels('{"labels": "cats, dogs"}') == ("cats", "dogs")
    assert read_labels('{"result": {"labels": ["x"]}} as in ["peak"]') == ("x",)
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
