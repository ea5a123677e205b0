"""Run one background request at a time; a new request replaces those that still wait, as they are out of date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class LatestOnly(Generic[T]):
    """Starts requests one after another; new ones replace all that wait, but do not stop the one that is running.

    `start` starts a request in the background and returns at once; when it has ended, the caller calls ``over``
    and then ``next``.
    """

    def __init__(self, start: Callable[[T], object]) -> None:
        self._start = start
        self.under_way: T | None = None
        self.waiting: list[T] = []

    def want(self, *things: T) -> None:
        """Replace what waits with these: they start in this order, the first as soon as nothing is running."""
        self.waiting = [thing for thing in things if thing != self.under_way]
        self.next()

    def drop(self) -> None:
        """Drop all requests that wait."""
        self.waiting = []

    def over(self) -> bool:
        """Record that the running request has ended; return whether another waits."""
        self.under_way = None
        return bool(self.waiting)

    def next(self) -> None:
        """Start the next waiting request, unless one is running."""
        if self.under_way is None and self.waiting:
            self.under_way = self.waiting.pop(0)
            self._start(self.under_way)
