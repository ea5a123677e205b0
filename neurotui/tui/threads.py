"""The app's threads, for which nobody waits long once the app has ended.

Python would wait for them, however long a thread takes: ``q`` would seem dead.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

T = TypeVar("T")

_NAME = "neurotui"
_PATIENCE = 2.0


class Threads(ThreadPoolExecutor):
    """The threads in which the app reads and works something out."""

    def __init__(self) -> None:
        super().__init__(thread_name_prefix=_NAME)

    def shutdown(self, *_: object, **__: object) -> None:
        """Drop what has not begun, and wait for the rest, but not for long."""
        super().shutdown(wait=False, cancel_futures=True)
        end = time.monotonic() + _PATIENCE
        for thread in _at_work():
            thread.join(max(0.0, end - time.monotonic()))


def started(work: Callable[[], T]) -> Future[T]:
    """Begin work in a thread that ends with it; return its result to come."""
    thread = ThreadPoolExecutor(1, thread_name_prefix=_NAME)
    result = thread.submit(work)
    thread.shutdown(wait=False)
    return result


def leave(status: int) -> None:
    """End this process now, with an exit status, if one of its threads is still at work."""
    if _at_work():
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _at_work() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(_NAME)]
