"""The matches of both scopes for a block of neurons, and the order in which they are ranked."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from neurotui.describe.described_rule import may_lead

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class BestMatches:
    """The best few descriptors of a block of neurons in one list, best first; all (neurons, k).

    ``descriptor`` is -1 where there are fewer. ``certain`` is the ``certainty`` of the correlation on calibration,
    by which lists are merged. The other fields are the columns of the table ``matches``.
    """

    descriptor: NDArray[np.int64]
    side: NDArray[np.int8]
    certain: NDArray[np.float64]
    auroc_calibration: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    auroc_validation: NDArray[np.float64]
    average_precision: NDArray[np.float64]
    correlation_calibration: NDArray[np.float64]
    correlation_validation: NDArray[np.float64]
    top_with: NDArray[np.int64]
    top_of: NDArray[np.int64]
    described: NDArray[np.bool_]
    described_validation: NDArray[np.bool_]


_TYPES: dict[str, type[np.generic]] = {
    "side": np.int8,
    "top_with": np.int16,
    "top_of": np.int16,
    "described": np.bool_,
    "described_validation": np.bool_,
}
# Bounds at a normal distribution's ends may lie beyond what an AUROC can be.
_BOUNDS = {"lower", "upper"}


def chosen(values: NDArray[Any], columns: NDArray[np.int64]) -> NDArray[Any]:
    """Return `values` (neurons, descriptors) at the named `columns` (neurons, k), whatever it is at -1."""
    picked: NDArray[Any] = np.take_along_axis(values, np.maximum(columns, 0), axis=1)
    return picked


def only_described(found: BestMatches) -> BestMatches:
    """Return a list without the pairs that are not described: the others move up, in their order."""
    order = np.argsort(~found.described, axis=1, kind="stable")
    moved = {
        field.name: np.take_along_axis(getattr(found, field.name), order, axis=1) for field in fields(BestMatches)
    }
    return BestMatches(**moved | {"descriptor": np.where(moved["described"], moved["descriptor"], -1)})


def rows(first: int, lists: list[BestMatches], late: BestMatches) -> dict[str, NDArray[np.generic]]:
    """Merge the lists of a block of neurons, of which `first` is the first, into rows of the table ``matches``.

    What is said first is the most certain of the lists' heads that is described and predicts the activation,
    else the head of the first list. The rest follows by certainty, within each list in its own order; what is
    `late` comes last.
    """
    lists = [one for one in lists if one.descriptor.shape[1]]
    keys = [_falling(one) for one in lists]
    heads = [
        np.where(may_lead(one.described[:, 0], one.certain[:, 0]), one.certain[:, 0], -number)
        for number, one in enumerate(lists)
    ]
    leading = np.argmax(heads, axis=0) if heads else np.empty(0, np.int64)
    for number, key in enumerate(keys):
        key[leading == number, 0] = np.inf
    every = [*lists, late]
    key = np.hstack([*keys, np.full(late.descriptor.shape, -np.inf)])
    order = np.argsort(-key, axis=1, kind="stable")
    together = {
        field.name: np.take_along_axis(np.hstack([getattr(one, field.name) for one in every]), order, axis=1)
        for field in fields(BestMatches)
    }
    kept = together["descriptor"] >= 0
    neuron, _ = np.nonzero(kept)
    columns: dict[str, NDArray[np.generic]] = {
        "neuron_id": (first + neuron).astype(np.int32),
        "rank": (np.arange(len(neuron)) - np.searchsorted(neuron, neuron)).astype(np.int16),
        "descriptor_id": together["descriptor"][kept].astype(np.int32),
    }
    for name, values in together.items():
        if name not in {"descriptor", "certain"}:
            held = np.clip(values[kept], 0, 1) if name in _BOUNDS else values[kept]
            columns[name] = held.astype(_TYPES.get(name, np.float32))
    return columns


def _falling(found: BestMatches) -> NDArray[np.float64]:
    """Return a key that never rises along a list, so that merging by it keeps the list's own order.

    The head may be less certain than what follows it: it does not draw that down.
    """
    key = np.where(found.descriptor >= 0, found.certain, -np.inf)
    key[:, 0] = key[:, :2].max(axis=1)
    falling: NDArray[np.float64] = np.minimum.accumulate(key, axis=1)
    return falling
