"""A run's overview put together from the columns that it is read from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from neurotui.store.records import Overview, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from neurotui.store.records import Descriptor, Peaks
    from neurotui.words import Scope


class Columns(Protocol):
    """What reads a statement's columns."""

    def __call__(self, name: str, /) -> dict[str, NDArray[Any]]:
        """Return the columns of a statement by its name."""


def overview_of_best(columns: dict[str, Any]) -> Overview:
    """Return the overview of neurons that come each with the name of its best match alone."""
    names, scopes, kinds = (tuple(map(str, columns.pop(name))) for name in ("name", "scope", "kind"))
    matched = np.where([bool(name) for name in names], np.arange(len(names), dtype=np.int32), -1)
    sides = columns.pop("side").astype(np.int8)[:, np.newaxis]
    return Overview(
        **columns,
        matched=matched[:, np.newaxis],
        sides=sides,
        names=names,
        scopes=cast("tuple[Scope, ...]", scopes),
        kinds=kinds,
    )


def whole_overview(read: Columns, descriptors: Sequence[Descriptor], peaks: Peaks) -> Overview:
    """Read whole columns in whatever order they come, and put each figure in its neuron's place.

    To have the database order half a million neurons would take twice the memory of all that is kept.
    """
    neurons = read("overview")
    rows = neurons.pop("neuron_id")
    columns: dict[str, Any] = {name: placed(column, rows, len(rows)) for name, column in neurons.items()}
    matched, sides = _ranked(read, len(rows))
    best = read("best_matches")
    with_match = best.pop("neuron_id")
    scores: dict[str, Any] = {name: placed(column, with_match, len(rows)) for name, column in best.items()}
    first = (peaks.side > 0) & (peaks.rank == 0)
    peak, peak_count = np.full(len(rows), "", np.object_), np.zeros(len(rows), np.int16)
    peak[peaks.neuron_id[first]] = peaks.word[first]
    peak_count[peaks.neuron_id[first]] = peaks.exemplars[first]
    return Overview(
        **columns,
        **scores,
        matched=matched,
        sides=sides,
        names=tuple(descriptor.name for descriptor in descriptors),
        scopes=tuple(descriptor.scope for descriptor in descriptors),
        kinds=tuple(descriptor.kind for descriptor in descriptors),
        peak=peak,
        peak_count=peak_count,
    )


def _ranked(read: Columns, neurons: int) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """Return each neuron's descriptors and their sides, best first: (neurons, ranks)."""
    ranked = read("ranked")
    width = int(ranked["rank"].max()) + 1 if len(ranked["rank"]) else 1
    # Rank by rank in memory: that is how filters go through it.
    matched = np.full((neurons, width), -1, np.int32, order="F")
    sides = np.ones((neurons, width), np.int8, order="F")
    matched[ranked["neuron_id"], ranked["rank"]] = ranked["descriptor_id"]
    sides[ranked["neuron_id"], ranked["rank"]] = ranked["side"]
    return matched, sides
