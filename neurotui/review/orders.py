"""The sort orders of the list: those of ``o``, the queue among them.

In which order the hits of a search for words stand, ``terms/word.py`` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

import numpy as np

from neurotui.types import STATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from neurotui.store.run_tables import Overview

Sort = Literal["score", "queue", "fires", "state", "label", "layer"]

SORTS: tuple[Sort, ...] = get_args(Sort)


class Ordered(Protocol):
    """What an order sorts by: ``positions`` and ``state`` are (neurons,), ``texts`` is by neuron_id."""

    overview: Overview
    positions: NDArray[np.int64]
    state: NDArray[np.int8]
    texts: dict[int, str]


OPENING: Sort = "score"
"""The order in which a run opens: the best descriptions first."""

_OPEN = STATES.index("open")
# The distance from the lowest possible correlation to the highest.
_SPAN = 2.0
# A larger power would put neurons first that fire at every other token, which are hard to describe.
_FREQUENCY = 1 / 8


def _falling(column: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a sort key that puts large values first and NaN last."""
    key: NDArray[np.float32] = -column
    return key


def _by_score(overview: Overview) -> NDArray[np.float64]:
    """Return a sort key that puts described neurons before those with thin evidence, best first."""
    return -(overview.score.astype(np.float64) + np.where(overview.described, _SPAN, 0.0))


def opens_on(overview: Overview) -> int:
    """Return the neuron_id with which a run opens: the first one in the order ``OPENING``."""
    return int(np.argmin(np.nan_to_num(_by_score(overview), nan=np.inf))) if len(overview) else -1


def worth(overview: Overview) -> NDArray[np.float32]:
    """Return the worth of deciding each neuron, (neurons,): high if near certain and frequent, 0 without a match.

    ``min(score, validation) * firing rate ** (1/8)``: the correlation that holds on both splits, times a power of
    the firing rate; the root brings its range of several orders of magnitude close to that of the correlation.
    """
    with np.errstate(all="ignore"):
        certain = np.minimum(overview.score, overview.validation)
        found: NDArray[np.float32] = np.where(overview.described, certain, 0) * overview.firing_rate**_FREQUENCY
    return np.nan_to_num(found)


def _by_label(review_state: Ordered) -> NDArray[np.int64]:
    """Return a sort key that sorts by the text that the list shows, alphabetically, neurons without any last."""
    names = [name.casefold() for name in review_state.overview.names]
    said = {neuron_id: text.casefold() for neuron_id, text in review_state.texts.items()}
    places = {text: place for place, text in enumerate(sorted({*names, *said.values()}))}
    # The extra place at the end is what -1 (no descriptor) indexes.
    key = np.array([*(places[name] for name in names), len(places)])[review_state.overview.matched[:, 0]]
    key[list(said)] = [places[text] for text in said.values()]
    return key.astype(np.int64)


SORT_KEYS: dict[Sort, Callable[[Ordered], NDArray[Any]]] = {
    "layer": lambda review_state: review_state.positions,
    # Decided neurons come last.
    "queue": lambda review_state: np.where(review_state.state == _OPEN, _falling(worth(review_state.overview)), 1),
    "score": lambda review_state: _by_score(review_state.overview),
    "fires": lambda review_state: _falling(review_state.overview.firing_rate),
    "state": lambda review_state: review_state.state,
    "label": _by_label,
}
