"""Typed reads of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from neurotui.errors import UserError
from neurotui.store.atomic import stamp_of
from neurotui.store.describers import DescriberReader
from neurotui.store.fetched_files import local_file
from neurotui.store.migrations import MIGRATIONS, Migration
from neurotui.store.neuron_detail import DetailReader
from neurotui.store.overview import read_beginning, read_overview
from neurotui.store.peak_search import peaking_in
from neurotui.store.reader import Reader
from neurotui.store.run_tables import (
    HIGHEST_CODE,
    Descriptor,
    DividedText,
    Matches,
    Overview,
    Peaks,
    Texts,
    TokenBlock,
    TokenSample,
)
from neurotui.store.same_neurons import neurons_of
from neurotui.store.table_faults import blame

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.types import Detail, Kind, Neuron, Split


class Run:
    """A run, open for reading. Every method may be called from any thread.

    Raises ``UserError`` on opening for whatever is not a whole run of our format, and from every method for
    damaged blocks. A run at a URL is fetched. `reader` is that of the file, where it is open already.
    """

    def __init__(self, path: Path | str, reader: Reader | None = None) -> None:
        self.path = local_file(path)
        self._stamp = stamp_of(self.path)
        self.reader = reader or Reader(self.path)
        self._rows, self._columns = self.reader.rows, self.reader.columns
        self.meta = self.reader.meta()
        if not self.meta.keys() >= {"model", "weights"}:
            self.close()
            raise self.reader.spoiled("nothing that says its model and weights")
        self.describers = DescriberReader(self.reader, self.meta["format_version"])
        self._details = DetailReader(self.reader, self.describers, windowed="window" in self.meta)
        self._counts: dict[str, int] = {}
        self._beginning: Overview | None = None
        self._overview: Overview | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        try:
            blame(self.reader, error)
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the file; what other threads are reading is broken off, and ends in a ``UserError`` there."""
        self.reader.close()

    def swapped(self) -> bool:
        """Tell whether another file lies where this run was opened."""
        return stamp_of(self.path) not in {None, self._stamp}

    def gone(self) -> bool:
        """Tell whether no file lies where this run was opened."""
        return stamp_of(self.path) is None

    @property
    def model(self) -> str:
        """The name of the model, as given to ``precompute``."""
        return self.meta["model"]

    @property
    def lacks(self) -> str:
        """What a run of an earlier format does not hold, for people; empty for one of the present format."""
        return MIGRATIONS.get(self.meta["format_version"], Migration()).lacks

    @property
    def weights(self) -> str:
        """The hash of the model's weights: labels belong to whatever run has the same."""
        return neurons_of(self.meta)

    def counts(self) -> dict[str, int]:
        """Return how many texts, layers, neurons, exemplars, descriptors and described neurons there are."""
        self._counts = self._counts or {name: int(column[0]) for name, column in self._columns("counts").items()}
        return dict(self._counts)

    def beginning(self) -> Overview:
        """Return the neurons of which most can be said, best first: what a list shows until all has been read.

        They are numbered from 0, whatever their ``neuron_id``, each with its best match alone.
        """
        if self._beginning is None:
            self._beginning = read_beginning(self.reader)
        return self._beginning

    def overview(self) -> Overview:
        """Return every neuron's figures and best matches: the first time they are read, then they are kept."""
        if self._overview is None:
            self._overview = read_overview(self.reader, self.descriptors())
        return self._overview

    def detail(self, neuron_id: int) -> Detail:
        """Return all that the run knows of one neuron; ``UserError`` if it has no such neuron."""
        return self._details.read(neuron_id)

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
        return np.asarray(lowest + columns["codes"][0] * ((highest - lowest) / HIGHEST_CODE))

    def pooled_codes(self, rows: int = 1024) -> Iterator[tuple[int, NDArray[np.uint16]]]:
        """Yield all pooled activations as codes, in blocks: the first neuron_id and (neurons, pooled texts).

        A neuron's codes have the order of its activations, ties included: all that a rank needs.
        """
        neurons = self.counts()["neurons"]
        for first in range(0, neurons, rows):
            columns = self._columns("pooled_block", first=first, end=min(first + rows, neurons))
            yield first, np.stack(list(columns["codes"]))

    def texts(self) -> Texts:
        """Return every text's standing, without the bodies."""
        columns = self._rows("texts")
        if any(row[0] != place or None in row[1:3] or row[4] is None for place, row in enumerate(columns)):
            raise self.reader.spoiled("texts whose ids are not one after another from 0, or without a split")
        return Texts(
            tuple(row[1] for row in columns),
            np.array([row[2] == "calibration" for row in columns], np.bool_),
            tuple(tuple(row[3] or ()) for row in columns),
            np.array([row[4] for row in columns], np.bool_),
        )

    def bodies(self) -> list[str]:
        """Return the texts that have pooled activations as they stand in the data set, in text_id order."""
        return [body for (body,) in self._rows("bodies")]

    def bodies_of(self, text_ids: Sequence[int]) -> list[str]:
        """Return some texts as they stand in the data set, in the order in which their ids are given."""
        found = dict(self._rows("bodies_of", text_ids=list(text_ids)))
        return [str(found[number]) for number in text_ids]

    def body(self, text_id: int) -> str:
        """Return one text as it stands in the data set."""
        return str(self._rows("body", text_id=text_id)[0][0])

    def descriptors(self) -> list[Descriptor]:
        """Return every descriptor; its place in the list is its id."""
        found = [Descriptor(*row) for row in self._rows("descriptors")]
        if any(one.descriptor_id != place for place, one in enumerate(found)):
            raise self.reader.spoiled("descriptors whose ids are not one after another from 0")
        return found

    def holders(self, descriptor_id: int) -> NDArray[np.int32]:
        """Return the ids of the texts for which a descriptor holds, rising."""
        column: NDArray[np.int32] = self._columns("holders", descriptor_id=descriptor_id)["text_id"]
        return column

    def phrases(self, descriptor_ids: Sequence[int]) -> dict[int, tuple[tuple[str, int], ...]]:
        """Return the phrases that became each descriptor, commonest first, each with its number of texts."""
        found: dict[int, list[tuple[str, int]]] = {descriptor_id: [] for descriptor_id in descriptor_ids}
        for descriptor_id, phrase, texts in self._rows("phrases", descriptor_ids=list(descriptor_ids)):
            found[descriptor_id].append((phrase, texts))
        return {descriptor_id: tuple(phrases) for descriptor_id, phrases in found.items()}

    def texts_of(self, text_ids: Sequence[int]) -> dict[int, tuple[Split, str]]:
        """Return the split and the text of some texts, as it stands in the data set."""
        rows = self._rows("texts_of", text_ids=list(text_ids))
        return {text_id: (split, body) for text_id, split, body in rows}

    def matches(self) -> Matches:
        """Return every match of the run."""
        return Matches(**self._columns("all_matches"))

    def text_matches(self) -> Matches:
        """Return the matches of text descriptors with the activation itself, ranked among them alone."""
        return Matches(**self._columns("text_matches"))

    def texts_of_kind(self, kind: Kind) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the neuron and the text of every exemplar of a kind, neuron by neuron, strongest first."""
        columns = self._columns("texts_of_kind", kind=kind)
        return columns["neuron_id"], columns["text_id"]

    def token_sample(self) -> TokenSample:
        """Return the tokens at which every neuron's activation is kept."""
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
        """Return at which places which token descriptors hold: place and descriptor_id, place by place."""
        columns = self._columns("token_descriptors")
        return columns["place"], columns["descriptor_id"]

    def places_of(self, descriptor_id: int) -> NDArray[np.int32]:
        """Return the places of the token sample at which a token descriptor holds, rising."""
        return self._columns("places_of", descriptor_id=descriptor_id)["place"]

    def held_at(self, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], set[int]]:
        """Return which token descriptors hold at places, each a text_id and a position in its tokens.

        Those that are not in the token sample are left out: of them it is not known.
        """
        text_ids, positions = ([place[column] for place in places] for column in (0, 1))
        found: dict[tuple[int, int], set[int]] = {}
        for text_id, position, descriptor in self._rows("held_at", text_ids=text_ids, positions=positions):
            found.setdefault((text_id, position), set()).update([] if descriptor is None else [descriptor])
        return found

    def pieces_held(self, descriptor_ids: Sequence[int]) -> dict[int, set[str]]:
        """Return what stands in the texts at the sampled tokens at which token descriptors hold."""
        found: dict[int, set[str]] = {descriptor_id: set() for descriptor_id in descriptor_ids}
        for descriptor_id, piece in self._rows("pieces_held", descriptor_ids=list(descriptor_ids)):
            found[descriptor_id].add(piece)
        return found

    def positions_held(self, descriptor_ids: Sequence[int]) -> dict[int, tuple[int, int, int, int]]:
        """Return between which positions some token descriptors hold: from the start, and from the end."""
        rows = self._rows("positions_held", descriptor_ids=list(descriptor_ids))
        return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}

    def lengths(self, text_ids: Sequence[int]) -> dict[int, int]:
        """Return how many tokens some texts have, special ones included."""
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
        """Return the activations of the neurons from `first` to before `end`, of one alone without it."""
        columns = self._columns("token_block", first=first, end=first + 1 if end is None else end)
        return TokenBlock(first, columns["lowest"], columns["highest"], np.stack(list(columns["codes"])))

    def peaking(self, word: str) -> NDArray[np.int32]:
        """Return the ids of the neurons of which a top exemplar peaks in a word that begins with `word`."""
        return peaking_in(self.reader, word)

    def promoting(self, word: str) -> NDArray[np.int32]:
        """Return the ids of the neurons that promote a token that begins with `word`, case and spaces aside."""
        return np.asarray(self._columns("promoting", word=word)["neuron_id"])
