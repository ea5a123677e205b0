"""The probe view's requests to its worker process, which answers one at a time.

Meanwhile only the latest request waits: texts typed in between are out of date.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from neurotui.probing.questions import Prepare, Probe, Silence
from neurotui.review.latest_only import LatestOnly

if TYPE_CHECKING:
    from neurotui.workers.client import WorkerClient

ProbeRequest = Prepare | Probe | Silence


@dataclass
class ProbeSession:
    """What the probe view keeps between two visits: the worker process, the model's folder, the text."""

    worker: WorkerClient
    model: str = ""
    text: str = ""


class Questions(LatestOnly[ProbeRequest]):
    """The request that is running, and the one that waits."""

    @property
    def text(self) -> str | None:
        """The text of the running request, or None."""
        return self.under_way.text if isinstance(self.under_way, Probe) else None

    def drop(self) -> None:
        """Drop the waiting requests about a text; a request to prepare the model keeps waiting."""
        self.waiting = [one for one in self.waiting if isinstance(one, Prepare)]
