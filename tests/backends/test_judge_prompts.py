"""A judge's replies are read in the shapes that models give, and never by guess."""

import pytest
from tiny_texts import TINY_MODEL

from neurotui.backends.judge_protocol import Question
from neurotui.backends.llm.judge_prompts import probability, read_answers
from neurotui.backends.llm.reply_cache import Cache
from neurotui.backends.transformers.judge import LocalJudge

ALL = {1: True, 2: False, 3: True}


@pytest.mark.parametrize(
    "reply",
    [
        '{"answers": [{"id": 1, "holds": 1}, {"id": 2, "holds": 0}, {"id": 3, "holds": 1}]}',
        '[{"id": 3, "holds": true}, {"id": 1, "holds": "yes"}, {"id": 2, "holds": false}]',
        '{"answers": [1, 0, 1]}',
        "[1,0,1]",
        "I think so: [true, false, true]",
        '{"1": 1, "2": 0, "3": 1}',
        "```json\n[1, 0, 1]\n```",
        "<think>[0, 0, 0]</think>[1, 0, 1]",
    ],
)
def test_the_usual_shapes_are_read(reply):
    assert read_answers(reply, 3) == ALL


@pytest.mark.parametrize(
    "reply", ["", "yes", "[1, 0]", "[1, 0, 1, 1]", "[1, 0, 2]", '{"answers": []}', "[[]]", "null"]
)
def test_a_list_of_another_length_or_with_something_else_in_it_says_nothing(reply):
    assert read_answers(reply, 3) == {}


def test_what_is_told_by_its_id_counts_and_the_rest_does_not():
    reply = '{"answers": [{"id": 2, "holds": 1}, {"id": 9, "holds": 1}, {"id": 3, "holds": "perhaps"}]}'
    assert read_answers(reply, 3) == {2: True}


def test_a_yes_as_likely_as_a_no_is_even():
    assert probability(-3.0, -3.0) == 0.5
    assert probability(-1.0, -2000.0) == pytest.approx(1)
    assert 0 < probability(-2.0, -1.0) < 0.5


def test_a_local_model_answers_every_example_and_is_asked_once():
    cache = Cache()
    questions = [Question("rain", ("it rained", "the oven"), marked) for marked in (False, True)]
    judge = LocalJudge("transformers", "tiny", str(TINY_MODEL), cache, "cpu")
    before = judge.estimate(questions)
    found = judge.answer(questions)
    assert (before.texts, before.asked, before.calls, before.cost) == (4, 4, 0, None)
    assert [len(one) for one in found] == [2, 2]
    for one in (answer for own in found for answer in own):
        assert 0 < one.probability < 1
        assert one.probability != round(one.probability, 6)
        assert one.holds is (one.probability > 0.5)
    again = LocalJudge("transformers", "tiny", str(TINY_MODEL), cache, "cpu")
    assert again.estimate(questions).asked == 0
    assert again.answer(questions) == found
    assert "_generator" not in vars(again)
