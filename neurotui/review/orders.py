"""The orders of the list: what each puts first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

import numpy as np

from neurotui.review.filters import STATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from neurotui.store.records import Overview

Sort = Literal["score", "queue", "fires", "state", "label", "layer"]

SORTS: tuple[Sort, ...] = get_args(Sort)


class Ordered(Protocol):
    """What an order looks at, by neuron: ``positions`` and ``state`` are (neurons,), ``texts`` by neuron_id."""

    overview: Overview
    positions: NDArray[np.int64]
    state: NDArray[np.int8]
    texts: dict[int, str]


OPENING: Sort = "score"
"""The order in which a run opens: what can be said best."""

_OPEN = STATES.index("open")
# From the lowest correlation that there is to the highest.
_SPAN = 2.0
# A larger power would put what fires at every other token first, of which little can be said.
_FREQUENCY = 1 / 8


def _falling(column: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a sort key that puts large figures first and missing ones last."""
    key: NDArray[np.float32] = -column
    return key


def _by_score(overview: Overview) -> NDArray[np.float64]:
    """Return a sort key that puts what is described before what stands on thin evidence, best first."""
    return -(overview.score.astype(np.float64) + np.where(overview.described, _SPAN, 0.0))


def worth(overview: Overview) -> NDArray[np.float32]:
    """Return what a decision on each neuron is worth: near certain and frequent first, 0 where nothing is said.

    ``min(score, validation) * firing rate ** (1/8)``: the correlation that holds on both splits, and how often
    the neuron is active, whose range of several powers of ten the root brings near to that of the first.
    """
    with np.errstate(all="ignore"):
        certain = np.minimum(overview.score, overview.validation)
        found: NDArray[np.float32] = np.where(overview.described, certain, 0) * overview.firing_rate**_FREQUENCY
    return np.nan_to_num(found)


def _by_label(triage: Ordered) -> NDArray[np.int64]:
    """Return a sort key that puts what the list says in order of the alphabet, and nothing last."""
    names = [name.casefold() for name in triage.overview.names]
    said = {neuron_id: text.casefold() for neuron_id, text in triage.texts.items()}
    places = {text: place for place, text in enumerate(sorted({*names, *said.values()}))}
    # The extra place at the end is what -1, no descriptor, points at.
    key = np.array([*(places[name] for name in names), len(places)])[triage.overview.matched[:, 0]]
    key[list(said)] = [places[text] for text in said.values()]
    return key.astype(np.int64)


SORT_KEYS: dict[Sort, Callable[[Ordered], NDArray[Any]]] = {
    "layer": lambda triage: triage.positions,
    # Whatever is decided comes last.
    "queue": lambda triage: np.where(triage.state == _OPEN, _falling(worth(triage.overview)), 1),
    "score": lambda triage: _by_score(triage.overview),
    "fires": lambda triage: _falling(triage.overview.firing_rate),
    "state": lambda triage: triage.state,
    "label": _by_label,
}
