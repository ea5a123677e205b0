"""How a text compares with what a run holds: who fires unusually, percentiles, ranks. Nothing but numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neurotui.probing.questions import Firing, Rank

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from neurotui.store.run_tables import Overview
    from neurotui.types import Exemplar, Kind

# How far apart float32 arithmetic may put the same activation, as a share of the largest.
_SAME = 1e-5


def unusual(
    traces: Mapping[int, NDArray[np.float32]], counts: NDArray[np.bool_], overview: Overview, top: int
) -> tuple[tuple[tuple[Firing, ...], ...], tuple[Firing, ...]]:
    """Return the `top` neurons by z at each token, and over the text, each there at its most unusual token.

    `traces` are (tokens, units) by layer; `counts` (tokens,) says which tokens count: the others have none. A
    neuron that never moved on the run's texts has no measure for what is unusual, and is left out.
    """
    positions = np.flatnonzero(counts).tolist()
    at: list[list[Firing]] = [[] for _ in counts]
    overall: list[Firing] = []
    for layer in np.unique(overview.layer).tolist():
        ids = np.flatnonzero(overview.layer == layer)
        activations = traces[layer][counts][:, overview.unit[ids]]
        std = overview.std[ids]
        with np.errstate(all="ignore"):
            z = np.where(std > 0, (activations - overview.mean[ids]) / std, -np.inf)

        def firing(row: int, column: int, of: tuple[Any, ...] = (ids, z, activations)) -> Firing:
            neurons, unusual_by, values = of
            z_here, value = float(unusual_by[row, column]), float(values[row, column])
            return Firing(overview.neuron(int(neurons[column])), positions[row], z_here, value)

        for row, position in enumerate(positions):
            at[position] += [firing(row, column) for column in highest(z[row], top)]
        best = z.argmax(axis=0)
        peaks = z[best, np.arange(len(ids))]
        overall += [firing(int(best[column]), column) for column in highest(peaks, top)]
    return tuple(_first(found, top) for found in at), _first(overall, top)


def percentile(value: float, among: NDArray[np.float32], tie: float = 0.0) -> float:
    """Return the share of `among` below `value` in percent; those no further than `tie` away count half."""
    away = among.astype(np.float64) - value
    ties = np.abs(away) <= tie
    return 100 * float(((away < 0) & ~ties).mean() + ties.mean() / 2)


def rank_among(kind: Kind, counted: NDArray[np.float32], exemplars: Sequence[Exemplar]) -> Rank | None:
    """Return where a text would stand among a neuron's exemplars of a kind; None where it has none of them.

    `counted` (tokens that count,) is the neuron's trace.
    """
    values = np.array([exemplar.value for exemplar in exemplars if exemplar.kind == kind], np.float32)
    if not len(values):
        return None
    value = float(counted.min() if kind == "bottom" else counted.max())
    # Texts that begin alike can peak alike, but for what a sum's order does to its last digits.
    tie = _SAME * float(np.abs(values).max())
    ahead = values < value - tie if kind == "bottom" else values > value + tie
    return Rank(kind, value, percentile(value, values, tie), int(ahead.sum()) + 1, len(values))


def peak_of(trace: NDArray[np.float32], counts: NDArray[np.bool_]) -> int:
    """Return where a trace is highest among the tokens that count."""
    return int(np.where(counts, trace, -np.inf).argmax())


def highest(values: NDArray[np.floating[Any]], count: int) -> list[int]:
    """Return the places of the highest finite values, highest first, ties in their order; one at least."""
    finite = np.flatnonzero(np.isfinite(values))
    if len(finite) > count:
        least = np.partition(values[finite], -count)[-count]
        finite = finite[values[finite] >= least]
    places: list[int] = finite[np.argsort(-values[finite], kind="stable")][:count].tolist()
    return places


def _first(firing: list[Firing], top: int) -> tuple[Firing, ...]:
    return tuple(sorted(firing, key=lambda one: (-one.z, one.neuron))[:top])
