"""Where actions work: the parts of the first screen, and the views over it."""

from __future__ import annotations

from typing import Literal, get_args

ViewName = Literal["journal", "jobs", "similar", "compare", "frequency", "probe", "evaluation"]
"""The views, each by the place that its class names as ``PLACE``."""

Place = Literal["list", "detail", "filter", ViewName, "help"]

PANES: tuple[Place, ...] = ("list", "detail")
"""The parts of the first screen but for the filter line."""

VIEWS: tuple[Place, ...] = get_args(ViewName)

GOING: tuple[Place, ...] = ("journal", "jobs", "similar", "compare", "frequency", "probe")
"""The views where Enter goes to what stands under the cursor."""

TURNING: tuple[Place, ...] = ("similar", "compare", "frequency", "probe", "evaluation")
"""The views that have several sides."""
