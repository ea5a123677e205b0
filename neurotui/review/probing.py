"""What a probe asks of its child process, which answers one question at a time.

While it does, only the last that was asked waits: what was typed in between is of no interest any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from neurotui.probing.questions import Prepare, Probe, Silence

if TYPE_CHECKING:
    from collections.abc import Callable

    from neurotui.workers.client import Helper

Asked = Prepare | Probe | Silence


@dataclass
class Probing:
    """What lasts from one look at the view to the next: who answers, the model's folder, the text."""

    helper: Helper
    model: str = ""
    text: str = ""


class Turn:
    """The question that is under way, and the one that waits. `start` begins to ask, and returns at once."""

    def __init__(self, start: Callable[[Asked], None]) -> None:
        self._start = start
        self._waiting: Asked | None = None
        self.under_way: Asked | None = None

    @property
    def text(self) -> str | None:
        """The text that is being asked about, or None."""
        return self.under_way.text if isinstance(self.under_way, Probe) else None

    def want(self, question: Asked) -> None:
        """Ask when nothing else is being asked; what waited until now is not asked any more."""
        self._waiting = question
        self.next()

    def drop(self) -> None:
        """Ask nothing more about a text."""
        if not isinstance(self._waiting, Prepare):
            self._waiting = None

    def over(self) -> bool:
        """Take note that the question under way has its answer; tell whether another waits."""
        self.under_way = None
        return self._waiting is not None

    def next(self) -> None:
        """Begin with what waits, unless something is under way."""
        if self.under_way is None and self._waiting is not None:
            self.under_way, self._waiting = self._waiting, None
            self._start(self.under_way)
