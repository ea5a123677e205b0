"""Every question that can be asked of a worker process has a handler there."""

import inspect

import neurotui.probing.questions
import neurotui.workers.requests
from neurotui.worker_question import Question
from neurotui.workers.server import ANSWERS


def test_every_question_has_a_handler_and_every_handler_a_question():
    asked = {
        one
        for module in (neurotui.workers.requests, neurotui.probing.questions)
        for one in vars(module).values()
        if inspect.isclass(one) and issubclass(one, Question) and one.__module__ == module.__name__
    }
    assert len(asked) > 5
    assert set(ANSWERS) == asked
