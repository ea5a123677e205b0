"""One thing at a time, and of what waits the last that was wanted: nobody waits for what is out of date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class LatestOnly(Generic[T]):
    """Begins one thing after another; to want others replaces all that waits, and leaves what is under way.

    `start` begins a thing in the background and returns at once; whoever hears that it has ended calls ``over``
    and then ``next``.
    """

    def __init__(self, start: Callable[[T], object]) -> None:
        self._start = start
        self.under_way: T | None = None
        self.waiting: list[T] = []

    def want(self, *things: T) -> None:
        """Begin the first of these when nothing else is under way, and then the others in their order."""
        self.waiting = [thing for thing in things if thing != self.under_way]
        self.next()

    def drop(self) -> None:
        """Want nothing any more."""
        self.waiting = []

    def over(self) -> bool:
        """Take note that what was under way has ended; tell whether something waits."""
        self.under_way = None
        return bool(self.waiting)

    def next(self) -> None:
        """Begin with what waits, unless something is under way."""
        if self.under_way is None and self.waiting:
            self.under_way = self.waiting.pop(0)
            self._start(self.under_way)
