"""How `evaluate` and `score` show the tests of their measures."""

from __future__ import annotations

from dataclasses import asdict, astuple
from typing import TYPE_CHECKING

from neurotui.cli import console

if TYPE_CHECKING:
    from rich.console import RenderableType

    from neurotui.evaluate.sanity import Sanity

SHORT = {"correlation": "r", "average precision": "AP", "balanced accuracy": "accuracy"}
"""The names of measures where a table has no room for the long ones."""

PLACES = {"text": "texts", "token": "tokens"}
"""What each scope is over."""


def sanity_shown(tested: Sanity, which: str = "") -> list[RenderableType]:
    """Return how often each measure fell for what was made worse, and `which` descriptions were tested."""
    from neurotui.evaluate.sanity import PASSES

    rows = [
        (PLACES[one.scope], SHORT.get(one.measure, one.measure), one.test, *astuple(one.falls), one.passed)
        for one in tested.outcomes
    ]
    drawn = " and ".join(f"{count} over {PLACES[scope]}" for scope, count in tested.pairs.items())
    return [
        console.table(("over", "score", "places", "falls", "lower", "upper", "of", "passes"), rows),
        *console.folded(
            f"Tested: {drawn}, each made worse {tested.draws} times{which}.",
            f"removed: with half of what it holds for gone, a score should fall in {PASSES:.0%} of draws.",
            f"added: with as much that is wrong added, a score should fall in {PASSES:.0%} too.",
        ),
    ]


def sanity_record(tested: Sanity) -> dict[str, object]:
    """Return the tests of the measures as a JSON object."""
    return {**asdict(tested), "outcomes": [{**asdict(one), "passed": one.passed} for one in tested.outcomes]}
