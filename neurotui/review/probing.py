"""What a probe asks of its child process, which answers one question at a time.

While it does, only the last that was asked waits: what was typed in between is of no interest any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from neurotui.probing.questions import Prepare, Probe, Silence
from neurotui.review.latest import LatestOnly

if TYPE_CHECKING:
    from neurotui.workers.client import Helper

ProbeRequest = Prepare | Probe | Silence


@dataclass
class Probing:
    """What lasts from one look at the view to the next: who answers, the model's folder, the text."""

    helper: Helper
    model: str = ""
    text: str = ""


class Questions(LatestOnly[ProbeRequest]):
    """The question that is under way, and the one that waits."""

    @property
    def text(self) -> str | None:
        """The text that is being asked about, or None."""
        return self.under_way.text if isinstance(self.under_way, Probe) else None

    def drop(self) -> None:
        """Ask nothing more about a text; what prepares the model goes on waiting."""
        self.waiting = [one for one in self.waiting if isinstance(one, Prepare)]
