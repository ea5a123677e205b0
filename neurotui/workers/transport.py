"""How a helper and its parent talk: one pickle after another, over a pipe that nobody else holds.

Both ends are this program, started by the same person; nothing that is read here comes from elsewhere.
"""

from __future__ import annotations

import pickle
from typing import BinaryIO, NamedTuple


class Told(NamedTuple):
    """How far the work on a question is: the arguments of ``types.Progress``."""

    stage: str
    done: int
    total: int


class Answered(NamedTuple):
    """The answer to a question. What cannot be answered comes as a ``UserError`` in its place."""

    value: object


class Broken(Exception):  # noqa: N818 - it is no fault: helpers end
    """The other end is gone, be it in the middle of a message."""


def send(stream: BinaryIO, message: object) -> None:
    """Write a message; ``Broken`` where nobody reads any more."""
    try:
        pickle.dump(message, stream)
        stream.flush()
    except (OSError, ValueError) as error:
        raise Broken from error


def receive(stream: BinaryIO) -> object:
    """Read the next message; ``Broken`` where none comes any more."""
    try:
        return pickle.load(stream)  # noqa: S301 - see above
    except (EOFError, OSError, ValueError, pickle.UnpicklingError) as error:
        raise Broken from error
