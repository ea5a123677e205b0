"""Count neurons by best descriptor, by label, by layer and by state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from neurotui.review.terms import best, label, layer, score, state
from neurotui.spelling import compared
from neurotui.types import STATES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.review.state import ReviewState

Grouping = Literal["descriptor", "layer", "state", "label"]

GROUPINGS: tuple[Grouping, ...] = get_args(Grouping)
_OPEN = STATES.index("open")
_ACCEPTED = STATES.index("accepted")


@dataclass(frozen=True, slots=True)
class CountGroup:
    """One group of neurons: how many, and how many of them are described and accepted.

    ``filter`` is the filter that shows them in the list. It is empty if no filter can express the group, and
    matches more than the group if a descriptor's name contains quotes.
    """

    name: str
    filter: str
    neurons: int
    described: int
    accepted: int


def groups(triage: ReviewState, by: Grouping) -> list[CountGroup]:
    """Count the rows by their best match's descriptor, their layer or their state; empty groups are left out.

    Descriptors and layers are ordered by number, states as in ``STATES``.
    """
    if by == "descriptor":
        # Neurons without a match have -1: shifted by one, they are counted too.
        keys = triage.overview.matched[:, 0].astype(np.int64) + 1
        named = [
            ("no candidate", score.UNMATCHED),
            *((name, best.filter_text(name)) for name in triage.overview.names),
        ]
    elif by == "label":
        keys, named = _by_label(triage)
    elif by == "layer":
        keys = triage.overview.layer.astype(np.int64)
        named = [(f"L{number}", layer.filter_text(number)) for number in range(int(keys.max(initial=-1)) + 1)]
    else:
        keys = triage.state.astype(np.int64)
        named = [(name, state.filter_text(name)) for name in STATES]
    counts = _counted(keys, triage, len(named))
    return [CountGroup(*name, *map(int, count)) for name, count in zip(named, counts, strict=True) if count[0]]


def _by_label(triage: ReviewState) -> tuple[NDArray[np.int64], list[tuple[str, str]]]:
    """Return the label of each neuron (neurons,), as a place among the labels, and these with their filters.

    Neurons without a label come last; spellings of one label are one.
    """
    places: dict[str, int] = {}
    named: list[tuple[str, str]] = []
    keys = np.full(len(triage.overview), -1, np.int64)
    for neuron_id, text in triage.texts.items():
        place = places.setdefault(compared(text), len(named))
        if place == len(named):
            named.append((text, label.filter_text(text)))
        keys[neuron_id] = place
    keys[keys < 0] = len(named)
    return keys, [*named, ("no label", f"!{state.filter_text('accepted')}")]


def ordered(found: list[CountGroup], by: Grouping, *, by_name: bool) -> list[CountGroup]:
    """Sort groups: largest first (for descriptors: by how many neurons each describes), or by name."""
    if by_name:
        return sorted(found, key=lambda group: group.name.casefold()) if by in {"descriptor", "label"} else found
    if by == "descriptor":
        return sorted(found, key=lambda group: (-group.described, -group.neurons))
    return sorted(found, key=lambda group: -group.neurons)


def shares_by_layer(triage: ReviewState) -> tuple[list[float], list[float]]:
    """Return the shares (0 to 1) of each layer's neurons that are described and that are reviewed."""
    layer = triage.overview.layer
    neurons = np.maximum(np.bincount(layer), 1)
    shares = (
        np.bincount(layer, weights=of, minlength=len(neurons)) / neurons
        for of in (triage.overview.described, triage.state != _OPEN)
    )
    described, reviewed = (share.tolist() for share in shares)
    return described, reviewed


def open_here(triage: ReviewState) -> int:
    """Return how many of the rows shown by the filter are unreviewed."""
    return int((triage.state[triage.rows] == _OPEN).sum())


def _counted(keys: NDArray[np.int64], triage: ReviewState, width: int) -> NDArray[np.int64]:
    """Return, for each key, how many rows have it, and how many of those are described and accepted: (keys, 3)."""
    rows = triage.rows
    described, accepted = triage.overview.described[rows], triage.state[rows] == _ACCEPTED
    chosen = (keys[rows], keys[rows[described]], keys[rows[accepted]])
    return np.stack([np.bincount(some, minlength=width) for some in chosen], axis=1)
