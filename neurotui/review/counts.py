"""How many neurons there are of each kind: by best descriptor, by layer, by state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from neurotui.review.filters import STATES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.review.state import ReviewState

Grouping = Literal["descriptor", "layer", "state"]

GROUPINGS: tuple[Grouping, ...] = get_args(Grouping)
_OPEN = STATES.index("open")
_ACCEPTED = STATES.index("accepted")


@dataclass(frozen=True, slots=True)
class CountGroup:
    """Neurons of one kind: how many, and how many of them are described and accepted.

    ``filter`` shows them in the list. It is empty where no filter says it, and shows more than them where a
    descriptor's name has quotes in it.
    """

    name: str
    filter: str
    neurons: int
    described: int
    accepted: int


def groups(triage: ReviewState, by: Grouping) -> list[CountGroup]:
    """Count the rows by their best match's descriptor, their layer or their state; no group is empty.

    Groups come in the order of their kind: descriptors and layers by number, states as ``STATES`` has them.
    """
    if by == "descriptor":
        # Neurons without a match stand at -1: one place further, they count too.
        keys = triage.overview.matched[:, 0].astype(np.int64) + 1
        named = [("no candidate", "!score>=0"), *((name, phrase(name)) for name in triage.overview.names)]
    elif by == "layer":
        keys = triage.overview.layer.astype(np.int64)
        named = [(f"L{layer}", f"layer:{layer}") for layer in range(int(keys.max(initial=-1)) + 1)]
    else:
        keys = triage.state.astype(np.int64)
        named = [(state, f"state:{state}") for state in STATES]
    counts = _counted(keys, triage, len(named))
    return [CountGroup(*name, *map(int, count)) for name, count in zip(named, counts, strict=True) if count[0]]


def phrase(name: str) -> str:
    """Return a filter for a best descriptor's name, or where it has quotes itself, for what is between them."""
    if '"' not in name and name:
        return f'best:"{name}"'
    return " ".join(f'"{part}"' for part in name.split('"') if part.strip())


def ordered(found: list[CountGroup], by: Grouping, *, by_name: bool) -> list[CountGroup]:
    """Put groups in order: the largest first, those of a descriptor by how many it describes; or by name."""
    if by_name:
        return sorted(found, key=lambda group: group.name.casefold()) if by == "descriptor" else found
    if by == "descriptor":
        return sorted(found, key=lambda group: (-group.described, -group.neurons))
    return sorted(found, key=lambda group: -group.neurons)


def shares_by_layer(triage: ReviewState) -> tuple[list[float], list[float]]:
    """Return which share of each layer's neurons is described, and which is reviewed."""
    layer = triage.overview.layer
    neurons = np.maximum(np.bincount(layer), 1)
    shares = (
        np.bincount(layer, weights=of, minlength=len(neurons)) / neurons
        for of in (triage.overview.described, triage.state != _OPEN)
    )
    described, reviewed = (share.tolist() for share in shares)
    return described, reviewed


def open_here(triage: ReviewState) -> int:
    """Return how many of the rows that the filter shows are unreviewed."""
    return int((triage.state[triage.rows] == _OPEN).sum())


def _counted(keys: NDArray[np.int64], triage: ReviewState, width: int) -> NDArray[np.int64]:
    """Return for each key how many rows have it, how many of those are described and accepted: (keys, 3)."""
    rows = triage.rows
    described, accepted = triage.overview.described[rows], triage.state[rows] == _ACCEPTED
    chosen = (keys[rows], keys[rows[described]], keys[rows[accepted]])
    return np.stack([np.bincount(some, minlength=width) for some in chosen], axis=1)
