"""Similar neurons: the correlation of pooled activations over a run's texts.

Plain Pearson correlation of the activations themselves, not of their ranks. A neuron's codes are its pooled
activations up to scale and offset, which do not change a correlation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from neurotui.store.run import Run

SIMILAR_KEPT = 50
"""How many neighbours are shown on either side by default."""

# Neurons read at once: 512 of them on 10,000 texts take 10 MB as codes and 20 MB as numbers.
_ROWS = 512


class Nearest(NamedTuple):
    """The ids of the neurons most like one, the highest r first, and most opposed to it, the lowest first."""

    alike: NDArray[np.intp]
    opposed: NDArray[np.intp]


def correlation(codes: NDArray[np.generic], one: NDArray[np.generic]) -> NDArray[np.float32]:
    """Return Pearson's r of every row of `codes` (neurons, texts) with `one` (texts,): (neurons,).

    NaN where either is the same on every text.
    """
    found: NDArray[np.float32] = np.full(len(codes), np.nan, np.float32)
    if not one.max() > one.min():
        return found
    wanted = one - one.mean(dtype=np.float64)
    wanted /= np.sqrt(wanted @ wanted)
    values = codes.astype(np.float32)
    values -= values.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
    lengths = np.sqrt(np.einsum("nt,nt->n", values, values))
    np.divide(values @ wanted.astype(np.float32), lengths, out=found, where=lengths > 0)
    return found.clip(-1, 1, out=found)


def correlations(run: Run, neuron_id: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield r of one neuron with all of a run's, in blocks: the first neuron_id and r (neurons,).

    Memory is bounded by the block, whatever the number of neurons. ``UserError`` if the run is damaged.
    """
    one = run.pooled(neuron_id)
    for first, codes in run.pooled_codes(rows=_ROWS):
        yield first, correlation(codes, one)


def nearest(r: NDArray[np.float32], neuron_id: int, kept: int) -> Nearest:
    """Choose, by the r of all neurons, the `kept` highest above 0 and lowest below, without the neuron itself.

    Of ties the lower id comes first.
    """
    others = np.flatnonzero(np.arange(len(r)) != neuron_id)
    rising = others[np.argsort(r[others], kind="stable")]
    falling = others[np.argsort(-r[others], kind="stable")]
    return Nearest(falling[r[falling] > 0][:kept], rising[r[rising] < 0][:kept])
