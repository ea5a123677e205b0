"""What a worker process is asked."""

from __future__ import annotations

from typing import Generic, TypeVar

Answer = TypeVar("Answer")
"""The type of a question's answer."""


class Question(Generic[Answer]):
    """A request that a worker process answers with an ``Answer``; the handlers are in ``workers/server.py``."""

    __slots__ = ()
