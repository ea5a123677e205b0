"""Does what is said of a neuron say what the neuron does? Checked by a forward pass of its own.

    python studies/meaning.py RUN.duckdb ...

The model that a run was made with is loaded again and run over the texts in which its validation tokens stand;
the correlation of each neuron's first match with the activations found there is worked out from the public
tables alone: nothing of what ``describe`` computed is used but which descriptor is said first, and where
descriptors hold. Printed is a Markdown table:

- r >= .2, .3, .5: the share of all neurons whose first description has that correlation;
- described, of those the share with r >= .2, and the share that speaks of the negative;
- word at 15, at 10: of the neurons so many of whose 20 top exemplars peak at one word, the share whose first
  description holds that word;
- differs: by how much an r found here differs at most from the one that the run gives.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import numpy as np

from neurotui.models.activations import Model
from neurotui.models.run_model import RunModel
from neurotui.segmentation import units

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS = (0.2, 0.3, 0.5)
COLUMNS = (
    "run",
    "neurons",
    *(f"r >= {level}" for level in LEVELS),
    "described",
    "of them r >= 0.2",
    "negative",
    "word at 15",
    "at 10",
    "differs",
)
FIRST = """
    SELECT neuron_id, layer, unit, descriptor_id, name, side, described, correlation_validation,
        coalesce(word, ''), coalesce(exemplars, 0)
    FROM neurons LEFT JOIN (SELECT * FROM matches JOIN descriptors USING (descriptor_id) WHERE rank = 0)
        USING (neuron_id)
    LEFT JOIN (SELECT neuron_id, word, exemplars FROM peaks WHERE peaks.side = 1 AND peaks.rank = 0)
        USING (neuron_id)
    ORDER BY neuron_id
"""
PLACES = """
    SELECT text_id, position, weight, place FROM token_sample WHERE split = 'validation' ORDER BY text_id, place
"""
HOLDS = """
    SELECT descriptor_id, place FROM token_descriptors
    UNION ALL
    SELECT descriptor_id, place FROM text_descriptors JOIN token_sample USING (text_id)
"""


class First(NamedTuple):
    """What a run says first of a neuron, and the word at which so many of its top exemplars peak."""

    neuron_id: int
    layer: int
    unit: int
    descriptor_id: int | None
    name: str | None
    side: int | None
    described: bool | None
    r: float | None
    word: str
    exemplars: int


def activations(run: duckdb.DuckDBPyConnection, places: list[tuple[int, int, float, int]]) -> dict[int, NDArray]:
    """Return the activations at some places by layer, (places, units) float32, from a new forward pass."""
    again = RunModel(dict(run.execute("SELECT key, value FROM meta").fetchall()), Model)
    bodies = dict(run.execute("SELECT text_id, body FROM texts").fetchall())
    wanted: dict[int, list[tuple[int, int]]] = {}
    for row, (text, position, *_) in enumerate(places):
        wanted.setdefault(text, []).append((row, position))
    found: dict[int, NDArray] = {}
    for text, own in wanted.items():
        rows, positions = map(list, zip(*own, strict=True))
        for layer, trace in again.trace(again.tokens(bodies[text])).items():
            table = found.setdefault(layer, np.zeros((len(places), trace.shape[1]), np.float32))
            table[rows] = trace[positions]
    return found


def correlation(values: NDArray, flags: NDArray, weight: NDArray) -> float:
    """Return the weighted correlation of activations with where a descriptor holds, all (places,)."""
    spread = np.cov(np.stack([values, flags]), aweights=weight)
    below = spread[0, 0] * spread[1, 1]
    return float(spread[0, 1] / np.sqrt(below)) if below > 0 else 0.0


def correlations(run: duckdb.DuckDBPyConnection, first: list[First]) -> NDArray[np.float64]:
    """Return the correlation of each first match, on its side, with activations found anew: (neurons,)."""
    places = run.execute(PLACES).fetchall()
    weight = np.array([place[2] for place in places], np.float64)
    row_of = {place[3]: row for row, place in enumerate(places)}
    flags: dict[int, NDArray[np.float64]] = {}
    for descriptor, place in run.execute(HOLDS).fetchall():
        if place in row_of:
            flags.setdefault(descriptor, np.zeros(len(places)))[row_of[place]] = 1
    found = activations(run, places)
    nothing = np.zeros(len(places))
    return np.array(
        [
            (one.side or 1)
            * correlation(found[one.layer][:, one.unit], flags.get(one.descriptor_id or 0, nothing), weight)
            if one.name is not None
            else -np.inf
            for one in first
        ]
    )


def names_the_word(one: First) -> bool:
    """Say whether a neuron's first description holds the word at which its top exemplars peak."""
    said = {unit.text for unit in units((one.name or "").casefold()) if unit.is_word}
    return (one.side or 1) > 0 and one.word.casefold() in said


def row(path: Path) -> list[str]:
    """Return a run's row of the table."""
    with duckdb.connect(str(path), read_only=True) as run:
        first = [First(*one) for one in run.execute(FIRST).fetchall()]
        r = correlations(run, first)
    said = np.array([bool(one.described) for one in first])
    stored = np.array([one.r if one.r is not None else -np.inf for one in first])
    negative = np.array([one.side == -1 for one in first])
    told = np.isfinite(stored)
    words = []
    for least in (15, 10):
        peaked = [one for one in first if one.exemplars >= least and one.word[:1].isalnum()]
        named = [names_the_word(one) for one in peaked]
        words.append(f"{np.mean(named):.3f} ({len(named):,})" if named else "-")
    return [
        path.stem,
        f"{len(first):,}",
        *(f"{(r >= level).mean():.3f}" for level in LEVELS),
        f"{said.sum():,} ({said.mean():.3f})",
        f"{(r[said] >= 0.2).mean():.3f}" if said.any() else "-",
        f"{negative[said].mean():.3f}" if said.any() else "-",
        *words,
        f"{np.abs(r[told] - stored[told]).max():.3f}",
    ]


def main(paths: list[str]) -> None:
    """Print the table of all runs."""
    for line in (COLUMNS, ["---"] * len(COLUMNS)):
        print("| " + " | ".join(line) + " |")
    for path in paths:
        print("| " + " | ".join(row(Path(path))) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
