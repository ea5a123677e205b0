"""Every neuron's figures as columns, read at once; or, to begin with, those of a few."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from neurotui.store.run_tables import Overview, placed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from neurotui.store.reader import Reader
    from neurotui.store.run_tables import Descriptor
    from neurotui.types import Scope

# More rows than a screen has lines.
_BEGINNING = 200
# Far more than a neuron has matches: memory is set aside for each.
_MOST_RANKS = 1000


def read_beginning(reader: Reader) -> Overview:
    """Return the neurons of which most can be said, best first: what a list shows until all has been read.

    They are numbered from 0, whatever their ``neuron_id``, each with its best match alone.
    """
    columns: dict[str, Any] = reader.columns("beginning", count=_BEGINNING)
    names, scopes, kinds, words = (
        tuple(map(str, columns.pop(name))) for name in ("name", "scope", "kind", "word")
    )
    peak_words = tuple(dict.fromkeys(("", *words)))
    places = {word: place for place, word in enumerate(peak_words)}
    matched = np.where([bool(name) for name in names], np.arange(len(names), dtype=np.int32), -1)
    sides = columns.pop("side").astype(np.int8)[:, np.newaxis]
    return Overview(
        **columns,
        matched=matched[:, np.newaxis],
        sides=sides,
        names=names,
        scopes=cast("tuple[Scope, ...]", scopes),
        kinds=kinds,
        peak_words=peak_words,
        peak=np.array([places[word] for word in words], np.int32),
    )


def read_overview(reader: Reader, descriptors: list[Descriptor]) -> Overview:
    """Read whole columns in whatever order they come, and put each figure in its neuron's place.

    To have the database order half a million neurons would take twice the memory of all that is kept.
    """
    neurons = reader.columns("overview")
    rows = neurons.pop("neuron_id")
    count = len(rows)
    if not (np.bincount(rows[(rows >= 0) & (rows < count)], minlength=count) == 1).all():
        raise reader.spoiled("neurons whose ids are not one after another from 0")
    if min(neurons["layer"].min(initial=0), neurons["unit"].min(initial=0)) < 0:
        raise reader.spoiled("neurons of a layer or a unit below 0")
    columns = {name: placed(column, rows, len(rows)) for name, column in neurons.items()}
    ranked = reader.columns("ranked")
    _refuse_beyond(reader, "matches", ranked, neuron_id=count, rank=_MOST_RANKS, descriptor_id=len(descriptors))
    width = int(ranked["rank"].max()) + 1 if len(ranked["rank"]) else 1
    # Rank by rank in memory: that is how filters go through it.
    matched = np.full((len(rows), width), -1, np.int32, order="F")
    sides = np.ones((len(rows), width), np.int8, order="F")
    matched[ranked["neuron_id"], ranked["rank"]] = ranked["descriptor_id"]
    sides[ranked["neuron_id"], ranked["rank"]] = ranked["side"]
    del ranked
    best = reader.columns("best_matches")
    _refuse_beyond(reader, "matches", best, neuron_id=count)
    with_match = best.pop("neuron_id")
    scores: dict[str, Any] = {name: placed(column, with_match, len(rows)) for name, column in best.items()}
    # Few words for many neurons: as places in a list they take little memory, and a filter reads each word once.
    words = reader.columns("first_peak_words")["word"]
    peaks = reader.columns("first_peaks")
    _refuse_beyond(reader, "peaks", peaks, neuron_id=count)
    peak, peak_count = np.zeros(len(rows), np.int32), np.zeros(len(rows), np.int16)
    peak[peaks["neuron_id"]] = peaks["place"]
    peak_count[peaks["neuron_id"]] = peaks["exemplars"]
    return Overview(
        **columns,
        **scores,
        matched=matched,
        sides=sides,
        names=tuple(descriptor.name for descriptor in descriptors),
        scopes=tuple(descriptor.scope for descriptor in descriptors),
        kinds=tuple(descriptor.kind for descriptor in descriptors),
        peak_words=("", *map(str, words)),
        peak=peak,
        peak_count=peak_count,
    )


def _refuse_beyond(reader: Reader, table: str, columns: Mapping[str, NDArray[Any]], **ends: int) -> None:
    """Raise ``UserError`` if a column holds a number below 0, or not below its end."""
    for name, end in ends.items():
        column = columns[name]
        if len(column) and not (column.min() >= 0 and column.max() < end):
            raise reader.spoiled(f"{table} with a '{name}' that cannot be")
