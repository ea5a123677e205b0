"""Typed reads of a run."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np

from neurotui.errors import UserError
from neurotui.store.atomic import stamp_of
from neurotui.store.migrations import MIGRATIONS
from neurotui.store.reader import Reader
from neurotui.store.records import (
    HIGHEST_CODE,
    Descriptor,
    DividedText,
    Matches,
    Overview,
    Peaks,
    Texts,
    TokenBlock,
    TokenSample,
    placed,
)
from neurotui.types import KINDS, Detail, Exemplar, Match, Neuron, Output, Peak, Split, Statistics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.types import Kind, Scope

# More rows than any screen has lines.
_BEGINNING = 200

_KIND_ORDER = {kind: place for place, kind in enumerate(KINDS)}


class Run:
    """A run, open for reading. Every method may be called from any thread.

    Raises ``UserError`` on opening if the file is not a complete run of a supported format, and from every method
    if a block turns out to be damaged.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._stamp = stamp_of(self.path)
        self._reader = Reader(self.path)
        self._rows, self._columns = self._reader.rows, self._reader.columns
        self.meta: dict[str, str] = dict(self._rows("meta"))
        self._vocabulary: dict[int, str] = {}
        self._prevalences: dict[int, float] | None = None
        self._beginning: Overview | None = None
        self._overview: Overview | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; reads in other threads are interrupted and raise ``UserError`` there."""
        self._reader.close()

    def swapped(self) -> bool:
        """Return whether another file has replaced the one that was opened."""
        return stamp_of(self.path) not in {None, self._stamp}

    def gone(self) -> bool:
        """Return whether the file that was opened is gone."""
        return stamp_of(self.path) is None

    @property
    def model(self) -> str:
        """The name of the model, as given to ``precompute``."""
        return self.meta["model"]

    @property
    def lacks(self) -> str:
        """In words, what a run of an earlier format does not hold; empty for one of the present format."""
        migration = MIGRATIONS.get(self.meta["format_version"])
        return migration.lacks if migration is not None else ""

    @property
    def weights(self) -> str:
        """The hash of the model's weights: runs with the same hash share labels."""
        return self.meta["weights"]

    def counts(self) -> dict[str, int]:
        """Return how many texts, layers, neurons, exemplars, descriptors and described neurons there are."""
        columns = self._columns("counts")
        return {name: int(column[0]) for name, column in columns.items()}

    def beginning(self) -> Overview:
        """Return the best described neurons, best first, for the list to show until everything has been read.

        They are numbered from 0, whatever their ``neuron_id``, and each has only its best match.
        """
        if self._beginning is None:
            columns: dict[str, Any] = self._columns("beginning", count=_BEGINNING)
            names, scopes, kinds = (tuple(map(str, columns.pop(name))) for name in ("name", "scope", "kind"))
            matched = np.where([bool(name) for name in names], np.arange(len(names), dtype=np.int32), -1)
            sides = columns.pop("side").astype(np.int8)[:, np.newaxis]
            self._beginning = Overview(
                **columns,
                matched=matched[:, np.newaxis],
                sides=sides,
                names=names,
                scopes=cast("tuple[Scope, ...]", scopes),
                kinds=kinds,
            )
        return self._beginning

    def overview(self) -> Overview:
        """Return every neuron's values and best matches; read on the first call, then cached."""
        if self._overview is None:
            self._overview = self._read_overview()
        return self._overview

    def _read_overview(self) -> Overview:
        """Read whole columns in any order, and put each value in its neuron's place.

        Having the database sort half a million neurons would take twice the memory of the result.
        """
        neurons = self._columns("overview")
        rows = neurons.pop("neuron_id")
        columns = {name: placed(column, rows, len(rows)) for name, column in neurons.items()}
        ranked = self._columns("ranked")
        width = int(ranked["rank"].max()) + 1 if len(ranked["rank"]) else 1
        # Stored rank by rank in memory, as filters scan it that way.
        matched = np.full((len(rows), width), -1, np.int32, order="F")
        sides = np.ones((len(rows), width), np.int8, order="F")
        matched[ranked["neuron_id"], ranked["rank"]] = ranked["descriptor_id"]
        sides[ranked["neuron_id"], ranked["rank"]] = ranked["side"]
        del ranked
        best = self._columns("best_matches")
        with_match = best.pop("neuron_id")
        scores: dict[str, Any] = {name: placed(column, with_match, len(rows)) for name, column in best.items()}
        descriptors = self.descriptors()
        peaks = self.all_peaks()
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

    def detail(self, neuron_id: int) -> Detail:
        """Return everything that the run holds about one neuron; ``UserError`` if it has no such neuron."""
        found = self._rows("statistics", neuron_id=neuron_id)
        if not found:
            raise UserError(f"the run has no neuron number {neuron_id}", "neurotui info tells how many it has")
        layer, unit, mean, std, minimum, maximum, rate, histogram, lowest, highest = found[0]
        return Detail(
            neuron_id,
            Neuron(layer, unit),
            Statistics(mean, std, minimum, maximum, rate, tuple(histogram), lowest, highest),
            self._matches_of(neuron_id),
            self._exemplars_of(neuron_id),
            tuple(Peak(*row) for row in self._rows("peaks", neuron_id=neuron_id)),
            tuple(Output(*row) for row in self._rows("outputs", neuron_id=neuron_id)),
        )

    def number_of(self, neuron: Neuron) -> int:
        """Return a neuron's ``neuron_id``; ``UserError`` if the run has no such neuron."""
        found = self._rows("number_of", layer=neuron.layer, unit=neuron.unit)
        if not found:
            raise UserError(f"the run has no neuron {neuron}", "neurotui info tells how many it has")
        return int(found[0][0])

    def pooled(self, neuron_id: int) -> NDArray[np.float32]:
        """Return one neuron's pooled activations: (pooled texts,), in text_id order."""
        columns = self._columns("pooled", neuron_id=neuron_id)
        lowest, highest = columns["lowest"][0], columns["highest"][0]
        values: NDArray[np.float32] = lowest + columns["codes"][0] * ((highest - lowest) / HIGHEST_CODE)
        return values

    def pooled_codes(self, rows: int = 1024) -> Iterator[tuple[int, NDArray[np.uint16]]]:
        """Yield all pooled activations as codes, in blocks: the first neuron_id and (neurons, pooled texts).

        A neuron's codes are in the order of its activations, ties included: enough for ranks.
        """
        neurons = self.counts()["neurons"]
        for first in range(0, neurons, rows):
            columns = self._columns("pooled_block", first=first, end=min(first + rows, neurons))
            yield first, np.stack(list(columns["codes"]))

    def texts(self) -> Texts:
        """Return the columns of all texts, without the bodies."""
        columns = self._rows("texts")
        return Texts(
            tuple(row[1] for row in columns),
            np.array([row[2] == "calibration" for row in columns], np.bool_),
            tuple(tuple(row[3] or ()) for row in columns),
            np.array([row[4] for row in columns], np.bool_),
        )

    def bodies(self) -> list[str]:
        """Return the bodies of the texts that have pooled activations, as in the data set, in text_id order."""
        return [body for (body,) in self._rows("bodies")]

    def bodies_of(self, text_ids: Sequence[int]) -> list[str]:
        """Return the bodies of some texts, as in the data set, in the order of the given ids."""
        found = dict(self._rows("bodies_of", text_ids=list(text_ids)))
        return [str(found[number]) for number in text_ids]

    def body(self, text_id: int) -> str:
        """Return one text's body, as in the data set."""
        return str(self._rows("body", text_id=text_id)[0][0])

    def descriptors(self) -> list[Descriptor]:
        """Return every descriptor; its index in the list is its descriptor_id."""
        return [Descriptor(*row) for row in self._rows("descriptors")]

    def holders(self, descriptor_id: int) -> NDArray[np.int32]:
        """Return the ascending ids of the texts for which a descriptor holds: (texts,)."""
        column: NDArray[np.int32] = self._columns("holders", descriptor_id=descriptor_id)["text_id"]
        return column

    def phrases(self, descriptor_ids: Sequence[int]) -> dict[int, tuple[tuple[str, int], ...]]:
        """Return the phrases merged into each descriptor, most frequent first, each with its number of texts."""
        found: dict[int, list[tuple[str, int]]] = {descriptor_id: [] for descriptor_id in descriptor_ids}
        for descriptor_id, phrase, texts in self._rows("phrases", descriptor_ids=list(descriptor_ids)):
            found[descriptor_id].append((phrase, texts))
        return {descriptor_id: tuple(phrases) for descriptor_id, phrases in found.items()}

    def texts_of(self, text_ids: Sequence[int]) -> dict[int, tuple[Split, str]]:
        """Return the split and the body, as in the data set, of some texts, by text_id."""
        rows = self._rows("texts_of", text_ids=list(text_ids))
        return {text_id: (split, body) for text_id, split, body in rows}

    def matches(self) -> Matches:
        """Return every match of the run."""
        return Matches(**self._columns("all_matches"))

    def text_matches(self) -> Matches:
        """Return only the matches of text descriptors on side 1, with ranks among these alone."""
        return Matches(**self._columns("text_matches"))

    def texts_of_kind(self, kind: Kind) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the neuron_id and text_id of every exemplar of a kind, neuron by neuron, strongest first."""
        columns = self._columns("texts_of_kind", kind=kind)
        return columns["neuron_id"], columns["text_id"]

    def token_sample(self) -> TokenSample:
        """Return the tokens at which every neuron's activation is stored."""
        return TokenSample(**self._columns("token_sample"))

    def token_blocks(self, rows: int = 1024) -> Iterator[TokenBlock]:
        """Yield every neuron's activations at the places of the token sample, `rows` neurons at a time."""
        neurons = self.counts()["neurons"]
        for first in range(0, neurons, rows):
            yield self.token_block(first, min(first + rows, neurons))

    def token_activations(self, neuron_id: int) -> NDArray[np.float32]:
        """Return one neuron's activations at the places of the token sample: (places,)."""
        values: NDArray[np.float32] = self.token_block(neuron_id).activations()[0]
        return values

    def divided_texts(self, text_ids: Sequence[int]) -> list[DividedText]:
        """Return some texts with their tokens, in text_id order."""
        return [DividedText(*row) for row in self._rows("divided_texts", text_ids=list(text_ids))]

    def token_descriptors(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return every place with each token descriptor that holds there: places and descriptor_ids, by place."""
        columns = self._columns("token_descriptors")
        return columns["place"], columns["descriptor_id"]

    def places_of(self, descriptor_id: int) -> NDArray[np.int32]:
        """Return the ascending places of the token sample at which a token descriptor holds: (places,)."""
        column: NDArray[np.int32] = self._columns("places_of", descriptor_id=descriptor_id)["place"]
        return column

    def held_at(self, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], set[int]]:
        """Return the token descriptors that hold at places, each a text_id and a position in its tokens.

        Places outside the token sample are left out, as nothing is known about them.
        """
        text_ids, positions = ([place[column] for place in places] for column in (0, 1))
        found: dict[tuple[int, int], set[int]] = {}
        for text_id, position, descriptor in self._rows("held_at", text_ids=text_ids, positions=positions):
            found.setdefault((text_id, position), set()).update([] if descriptor is None else [descriptor])
        return found

    def pieces_held(self, descriptor_ids: Sequence[int]) -> dict[int, set[str]]:
        """Return the text of the sampled tokens at which each token descriptor holds."""
        found: dict[int, set[str]] = {descriptor_id: set() for descriptor_id in descriptor_ids}
        for descriptor_id, piece in self._rows("pieces_held", descriptor_ids=list(descriptor_ids)):
            found[descriptor_id].add(piece)
        return found

    def positions_held(self, descriptor_ids: Sequence[int]) -> dict[int, tuple[int, int, int, int]]:
        """Return the range of positions at which each token descriptor holds, from the start and from the end."""
        rows = self._rows("positions_held", descriptor_ids=list(descriptor_ids))
        return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}

    def lengths(self, text_ids: Sequence[int]) -> dict[int, int]:
        """Return the number of tokens of some texts, special ones included, by text_id."""
        return dict(self._rows("lengths", text_ids=list(text_ids)))

    def peak_exemplars(self, rows: int = 4096) -> Iterator[dict[str, NDArray[Any]]]:
        """Yield where every top and bottom exemplar peaks, `rows` neurons at a time.

        Columns: neuron_id, kind, text_id, peak (counting the text's tokens) and split.
        """
        neurons = self.counts()["neurons"]
        for first in range(0, neurons, rows):
            yield self._columns("peak_exemplars", first=first, end=min(first + rows, neurons))

    def all_peaks(self) -> Peaks:
        """Return the words at which every neuron's exemplars peak."""
        return Peaks(**self._columns("all_peaks"))

    def token_block(self, first: int, end: int | None = None) -> TokenBlock:
        """Return the activations of the neurons from `first` up to, not including, `end`; without it, of one."""
        columns = self._columns("token_block", first=first, end=first + 1 if end is None else end)
        return TokenBlock(first, columns["lowest"], columns["highest"], np.stack(list(columns["codes"])))

    def peaking(self, word: str) -> NDArray[np.int32]:
        """Return the ids of the neurons with a top exemplar that peaks in a word that starts with `word`.

        Case does not matter. A word is a run of letters and digits; `word` may also be a run of other characters.
        """
        begins = re.compile(
            rf"(?<!\w){re.escape(word)}\w*" if word[:1].isalnum() else re.escape(word), re.IGNORECASE
        )
        text_ids: list[int] = []
        peaks: list[int] = []
        for text_id, body, ends in self._rows("bodies_with", word=word):
            for found in begins.finditer(body):
                first, last = bisect_right(ends, found.start()), bisect_left(ends, found.end())
                peaks.extend(range(first, last + 1))
                text_ids.extend([text_id] * (last + 1 - first))
        neurons: NDArray[np.int32] = self._columns("peaking", text_ids=text_ids, peaks=peaks)["neuron_id"]
        return neurons

    def promoting(self, word: str) -> NDArray[np.int32]:
        """Return the ids of the neurons that promote a token that starts with `word`, ignoring case and spaces."""
        neurons: NDArray[np.int32] = self._columns("promoting", word=word)["neuron_id"]
        return neurons

    def _matches_of(self, neuron_id: int) -> tuple[Match, ...]:
        if self._prevalences is None:
            self._prevalences = dict(self._rows("prevalences"))
        known = self._prevalences
        rows = self._rows("matches", neuron_id=neuron_id)
        return tuple(Match(*(*row, known.get(row[1], 0.0))) for row in rows)

    def _exemplars_of(self, neuron_id: int) -> tuple[Exemplar, ...]:
        rows = self._rows("exemplars", neuron_id=neuron_id)
        exemplars = [
            Exemplar(
                kind=row[0],
                rank=row[1],
                text_id=row[2],
                source_id=row[3],
                split=row[4],
                start=row[5],
                peak=row[6] - row[5],
                value=row[7],
                pieces=self._pieces_of(*row[8:12]),
                trace=tuple(row[12]),
                lowest=row[13],
                highest=row[14],
                cut_before=row[10] > 0,
                cut_after=row[9][-1] < row[15],
            )
            for row in rows
        ]
        return tuple(sorted(exemplars, key=lambda exemplar: (_KIND_ORDER[exemplar.kind], exemplar.rank)))

    def _pieces_of(self, tokens: list[int], ends: list[int], first: int, part: str) -> tuple[str, ...]:
        """Split a window's text `part`, which begins at `first` in the body, into its tokens.

        If several tokens share one character, the first gets it; the others show their own vocabulary piece.
        """
        begins = [first, *ends[:-1]]
        pieces = [part[begin - first : end - first] for begin, end in zip(begins, ends, strict=True)]
        empty = {token for token, piece in zip(tokens, pieces, strict=True) if not piece}
        unknown = sorted(empty - self._vocabulary.keys())
        if unknown:
            self._vocabulary.update(self._rows("pieces", token_ids=unknown))
        return tuple(
            piece or self._vocabulary.get(token, "\N{REPLACEMENT CHARACTER}")
            for token, piece in zip(tokens, pieces, strict=True)
        )
