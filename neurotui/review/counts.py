"""Count neurons, for ``f``, by best descriptor, label, layer and state: ``GROUPINGS`` has a record for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.review.terms import best, label, layer, score, state
from neurotui.spelling import compared
from neurotui.types import STATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from neurotui.review.state import ReviewState

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


class Grouping(NamedTuple):
    """What neurons are counted by, and what it is called on the screen.

    ``keys`` returns each neuron's group, (neurons,), as a place among the groups, and these: their names, each
    with the filter that shows it or "". ``by_name``: they can be sorted by name; else they have an order of their
    own. ``describes``: a group is a descriptor, of which counts first how many neurons it describes.
    """

    name: str
    keys: Callable[[ReviewState], tuple[NDArray[np.int64], list[tuple[str, str]]]]
    by_name: bool
    describes: bool = False


def groups(review_state: ReviewState, by: Grouping) -> list[CountGroup]:
    """Count the rows by what a grouping says, in its own order; empty groups are left out."""
    keys, named = by.keys(review_state)
    counts = _counted(keys, review_state, len(named))
    return [CountGroup(*name, *map(int, count)) for name, count in zip(named, counts, strict=True) if count[0]]


def _by_descriptor(review_state: ReviewState) -> tuple[NDArray[np.int64], list[tuple[str, str]]]:
    """Return the descriptor of each neuron's best match; by number."""
    # Neurons without a match have -1: shifted by one, they are counted too.
    keys = review_state.overview.matched[:, 0].astype(np.int64) + 1
    names = [(name, best.filter_text(name)) for name in review_state.overview.names]
    return keys, [("no candidate", score.UNMATCHED), *names]


def _by_layer(review_state: ReviewState) -> tuple[NDArray[np.int64], list[tuple[str, str]]]:
    """Return each neuron's layer; by number."""
    keys = review_state.overview.layer.astype(np.int64)
    return keys, [(f"L{number}", layer.filter_text(number)) for number in range(int(keys.max(initial=-1)) + 1)]


def _by_state(review_state: ReviewState) -> tuple[NDArray[np.int64], list[tuple[str, str]]]:
    """Return the state of each neuron's label; as in ``STATES``."""
    return review_state.state.astype(np.int64), [(name, state.filter_text(name)) for name in STATES]


def _by_label(review_state: ReviewState) -> tuple[NDArray[np.int64], list[tuple[str, str]]]:
    """Return the label of each neuron (neurons,), as a place among the labels, and these with their filters.

    Neurons without a label come last; spellings of one label are one.
    """
    places: dict[str, int] = {}
    named: list[tuple[str, str]] = []
    keys = np.full(len(review_state.overview), -1, np.int64)
    for neuron_id, text in review_state.texts.items():
        place = places.setdefault(compared(text), len(named))
        if place == len(named):
            named.append((text, label.filter_text(text)))
        keys[neuron_id] = place
    keys[keys < 0] = len(named)
    return keys, [*named, ("no label", f"!{state.filter_text('accepted')}")]


GROUPINGS = (
    Grouping("descriptor", _by_descriptor, by_name=True, describes=True),
    Grouping("layer", _by_layer, by_name=False),
    Grouping("state", _by_state, by_name=False),
    Grouping("label", _by_label, by_name=True),
)
"""In the order in which tab goes through them; the first is that with which the view opens."""


def ordered(found: list[CountGroup], by: Grouping, *, by_name: bool) -> list[CountGroup]:
    """Sort groups: largest first (descriptors by how many neurons each describes), or by name or as they come."""
    if by_name:
        return sorted(found, key=lambda group: group.name.casefold()) if by.by_name else found
    if by.describes:
        return sorted(found, key=lambda group: (-group.described, -group.neurons))
    return sorted(found, key=lambda group: -group.neurons)


def shares_by_layer(review_state: ReviewState) -> tuple[list[float], list[float]]:
    """Return the shares (0 to 1) of each layer's neurons that are described and that are reviewed."""
    layer = review_state.overview.layer
    neurons = np.maximum(np.bincount(layer), 1)
    shares = (
        np.bincount(layer, weights=of, minlength=len(neurons)) / neurons
        for of in (review_state.overview.described, review_state.state != _OPEN)
    )
    described, reviewed = (share.tolist() for share in shares)
    return described, reviewed


def open_here(review_state: ReviewState) -> int:
    """Return how many of the rows shown by the filter are unreviewed."""
    return int((review_state.state[review_state.rows] == _OPEN).sum())


def _counted(keys: NDArray[np.int64], review_state: ReviewState, width: int) -> NDArray[np.int64]:
    """Return, for each key, how many rows have it, and how many of those are described and accepted: (keys, 3)."""
    rows = review_state.rows
    described, accepted = review_state.overview.described[rows], review_state.state[rows] == _ACCEPTED
    chosen = (keys[rows], keys[rows[described]], keys[rows[accepted]])
    return np.stack([np.bincount(some, minlength=width) for some in chosen], axis=1)
