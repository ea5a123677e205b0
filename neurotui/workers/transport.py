"""Messages between a worker process and its parent: pickles over a pipe that no other process holds.

Both ends are this program, started by the same user; nothing read here comes from elsewhere.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from neurotui.backends.llm.budget import Spent
    from neurotui.worker_question import Question


class QuestionMessage(NamedTuple):
    """A question, and what the session has spent before it, which counts towards the limits of its settings."""

    question: Question[Any]
    spent: Spent


class ProgressMessage(NamedTuple):
    """How far the work on a question is: the arguments of ``types.Progress``."""

    stage: str
    done: int
    total: int


class AnswerMessage(NamedTuple):
    """The answer to a question; if it cannot be answered, a ``UserError`` is sent instead."""

    value: object


class ConnectionLost(Exception):  # noqa: N818 - it is no fault: worker processes end
    """The other end is gone, possibly in the middle of a message."""


def send(stream: BinaryIO, message: object) -> None:
    """Write a message; ``ConnectionLost`` if the other end is gone."""
    try:
        pickle.dump(message, stream)
        stream.flush()
    except (OSError, ValueError) as error:
        raise ConnectionLost from error


def receive(stream: BinaryIO) -> object:
    """Read the next message; ``ConnectionLost`` if the other end is gone."""
    try:
        return pickle.load(stream)  # noqa: S301 - see above
    except (EOFError, OSError, ValueError, pickle.UnpicklingError) as error:
        raise ConnectionLost from error
