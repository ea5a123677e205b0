"""The terms of a filter: each returns a mask of the neurons that it matches."""

from __future__ import annotations

import operator
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np

from neurotui.types import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from neurotui.store.records import Overview

    Mask = NDArray[np.bool_]

STATES: tuple[State, ...] = get_args(State)
_COMPARISONS: dict[str, Callable[[NDArray[np.float32], float], Mask]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Columns(NamedTuple):
    """What filters look at: the run's columns, each neuron's state as an index into ``STATES``, accepted labels.

    ``backends[descriptor_id]`` is the backend that proposed a descriptor; ``authors[neuron_id]`` are those who
    decided a neuron or proposed its label. ``found[term]`` is the mask of a term that has to be looked up in the
    run, once it is known; ``near[word]`` (neurons,) is each neuron's nearness in meaning to a word, 0 (not near)
    to 1. ``peak_words`` are the overview's, casefolded.
    """

    overview: Overview
    state: NDArray[np.int8]
    labels: Mapping[int, str]
    backends: Sequence[str] = ()
    authors: Mapping[int, tuple[str, ...]] = MappingProxyType({})
    found: Mapping[AskedTerm, Mask] = MappingProxyType({})
    near: Mapping[str, NDArray[np.float32]] = MappingProxyType({})
    peak_words: Sequence[str] = ()


CALLED, PEAKING, NEAR, NAMED = 4.0, 3.0, 1.0, 0.5
"""How relevant a word is to a neuron: it is in its label or first descriptor, the neuron peaks at it, it is near
in meaning (from this up to 2, by nearness), or it is in the name of one of its best descriptors."""

# Lower matches say little about a neuron: with them, a common topic would match a tenth of all neurons.
_NAMED_AMONG = 3


class Word(NamedTuple):
    """A word or phrase, casefolded: part of the label or a descriptor, or the start of the neuron's peak word.

    Unless it is ``literal``, neurons near to it in meaning match too.
    """

    text: str
    literal: bool = False

    def mask(self, columns: Columns) -> Mask:
        """Return the neurons that it matches literally, not by meaning: (neurons,)."""
        found: Mask = self._worded(columns) > 0
        return found

    def relevance(self, columns: Columns) -> NDArray[np.float32]:
        """Return its relevance to each neuron, 0 where it does not match: (neurons,)."""
        found = self._worded(columns)
        near = columns.near.get(self.text)
        if near is None or self.literal:
            return found
        by_meaning = np.where(near > 0, NEAR + near, 0).astype(np.float32)
        relevance: NDArray[np.float32] = np.maximum(found, by_meaning)
        return relevance

    def _worded(self, columns: Columns) -> NDArray[np.float32]:
        overview = columns.overview
        holds = np.array([*(self.text in name.casefold() for name in overview.names), False])
        found = np.where(_with_any(overview, holds[:-1].tolist(), _NAMED_AMONG), NAMED, 0).astype(np.float32)
        if columns.peak_words:
            peaking = np.array([word.startswith(self.text) for word in columns.peak_words], np.bool_)
            found[peaking[overview.peak]] = PEAKING
        found[holds[overview.matched[:, 0]]] = CALLED
        named = [row for row, label in columns.labels.items() if self.text in label.casefold()]
        found[named] = CALLED
        return found


class Layers(NamedTuple):
    """Layers from `first` to `last`, both included."""

    first: int
    last: int

    def mask(self, columns: Columns) -> Mask:
        """Return the neurons in these layers: (neurons,)."""
        layer = columns.overview.layer
        return (layer >= self.first) & (layer <= self.last)


class NeuronNamed(NamedTuple):
    """One neuron by its name."""

    layer: int
    unit: int

    def mask(self, columns: Columns) -> Mask:
        """Return a mask with at most one neuron set: (neurons,)."""
        found: Mask = (columns.overview.layer == self.layer) & (columns.overview.unit == self.unit)
        return found


class InState(NamedTuple):
    """Neurons in one state."""

    state: State

    def mask(self, columns: Columns) -> Mask:
        """Return the neurons in this state: (neurons,)."""
        found: Mask = columns.state == STATES.index(self.state)
        return found


class Bounded(NamedTuple):
    """A column compared with a bound; a neuron without a value (NaN) never matches."""

    figure: Literal["score", "fires"]
    sign: str
    bound: float

    def mask(self, columns: Columns) -> Mask:
        """Return the neurons whose value satisfies the comparison: (neurons,)."""
        overview = columns.overview
        return _COMPARISONS[self.sign](
            overview.score if self.figure == "score" else overview.firing_rate, self.bound
        )


class By(NamedTuple):
    """Neurons decided by, or given a label or descriptor by, an author whose name starts with this."""

    name: str

    def mask(self, columns: Columns) -> Mask:
        """Return which neurons these are."""
        begins = [name.casefold().startswith(self.name) for name in columns.backends]
        found = _with_any(columns.overview, begins)
        decided = [
            row
            for row, names in columns.authors.items()
            if any(name.casefold().startswith(self.name) for name in names)
        ]
        found[decided] = True
        return found


class AskedTerm(NamedTuple):
    """Neurons that have to be looked up in the run, by a word; no neuron matches until the answer is known.

    ``token``: one of their top exemplars peaks at a word that starts with it. ``promotes``: they promote such a
    token.
    """

    key: Literal["token", "promotes"]
    word: str

    def mask(self, columns: Columns) -> Mask:
        """Return which neurons these are."""
        return columns.found.get(self, np.zeros(len(columns.overview), np.bool_))


class BestIs(NamedTuple):
    """Neurons whose best descriptor has exactly this name; case does not matter."""

    name: str

    def mask(self, columns: Columns) -> Mask:
        """Return which neurons these are."""
        overview = columns.overview
        same = np.array([*(name.casefold() == self.name for name in overview.names), False])
        found: Mask = same[overview.matched[:, 0]]
        return found


class LabelIs(NamedTuple):
    """Neurons whose accepted label is exactly this; case does not matter."""

    text: str

    def mask(self, columns: Columns) -> Mask:
        """Return which neurons these are."""
        found: Mask = np.zeros(len(columns.overview), np.bool_)
        found[[row for row, label in columns.labels.items() if label.casefold() == self.text]] = True
        return found


Single = Word | Layers | NeuronNamed | InState | Bounded | By | AskedTerm | BestIs | LabelIs


class AnyOf(NamedTuple):
    """Alternative terms, each with whether it is negated; one must match."""

    terms: tuple[tuple[Single, bool], ...]

    def mask(self, columns: Columns) -> Mask:
        """Return the neurons that at least one of them matches: (neurons,)."""
        masks = [_holds(term, columns, negated=negated) for term, negated in self.terms]
        found: Mask = np.logical_or.reduce(masks)
        return found


Term = Single | AnyOf


class Filter(NamedTuple):
    """Terms that must all match, each with whether it is negated; without terms every neuron matches."""

    text: str = ""
    terms: tuple[tuple[Term, bool], ...] = ()

    def mask(self, columns: Columns) -> Mask:
        """Return the neurons that it matches: (neurons,)."""
        found = np.ones(len(columns.overview), np.bool_)
        for term, negated in self.terms:
            found &= _holds(term, columns, negated=negated)
        return found

    def relevance(self, columns: Columns) -> NDArray[np.float32] | None:
        """Return the relevance of its words to each neuron, (neurons,), or None if it has no word to search for.

        Words that must all match count by their minimum, alternatives by their maximum.
        """
        found = [
            np.maximum.reduce([word.relevance(columns) for word in words])
            for words in map(_searched, self.terms)
            if words
        ]
        return np.minimum.reduce(found) if found else None

    @property
    def searched(self) -> tuple[Word, ...]:
        """The words that it searches for: those that are not negated."""
        return tuple(word for term in self.terms for word in _searched(term))

    @property
    def asks(self) -> tuple[AskedTerm, ...]:
        """The terms that need a mask in ``Columns.found``."""
        return tuple(term for term, _ in self._singles if isinstance(term, AskedTerm))

    @property
    def _singles(self) -> Iterator[tuple[Single, bool]]:
        for term, negated in self.terms:
            yield from term.terms if isinstance(term, AnyOf) else ((term, negated),)


def _holds(term: Term, columns: Columns, *, negated: bool) -> Mask:
    """Return the neurons that a term matches; a negated word excludes literal matches only, not near meanings."""
    if isinstance(term, Word) and not negated:
        return term.relevance(columns) > 0
    mask = term.mask(columns)
    return ~mask if negated else mask


def _searched(term: tuple[Term, bool]) -> tuple[Word, ...]:
    of = term[0].terms if isinstance(term[0], AnyOf) else (term,)
    return tuple(one for one, negated in of if isinstance(one, Word) and not negated)


def _with_any(overview: Overview, wanted: Sequence[bool], first: int | None = None) -> Mask:
    """Return the neurons with any of the wanted descriptors among their `first` best matches: (neurons,)."""
    # The extra place at the end is what -1 (no descriptor) indexes.
    holds = np.array([*wanted, False])
    found: Mask = np.zeros(len(overview), np.bool_)
    if holds.any():
        for rank in range(overview.matched[:, :first].shape[1]):
            found |= holds[overview.matched[:, rank]]
    return found
