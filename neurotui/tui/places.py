"""Where actions work: the parts of the first screen, and the one table of the views over it."""

from __future__ import annotations

from typing import Literal, NamedTuple

ViewName = Literal["journal", "jobs", "similar", "compare", "frequency", "probe", "evaluation"]
Place = Literal["list", "detail", "filter", ViewName, "help"]


class ViewPlace(NamedTuple):
    """A view, by the place that its class names as ``PLACE``.

    ``goes``: Enter goes from there to what stands under the cursor. ``turns``: it has several sides.
    """

    name: ViewName
    goes: bool = False
    turns: bool = False


_VIEWS = (
    ViewPlace("journal", goes=True),
    ViewPlace("jobs", goes=True),
    ViewPlace("similar", goes=True, turns=True),
    ViewPlace("compare", goes=True, turns=True),
    ViewPlace("frequency", goes=True, turns=True),
    ViewPlace("probe", goes=True, turns=True),
    ViewPlace("evaluation", turns=True),
)

VIEWS: tuple[Place, ...] = tuple(view.name for view in _VIEWS)
GOING: tuple[Place, ...] = tuple(view.name for view in _VIEWS if view.goes)
TURNING: tuple[Place, ...] = tuple(view.name for view in _VIEWS if view.turns)
PANES: tuple[Place, ...] = ("list", "detail")
"""The parts of the first screen but for the filter line."""
