"""What a filter term is: what its module declares, what it looks at, and the mask that it returns."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from neurotui.sanitize import visible
from neurotui.wording import short

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from neurotui.store.run import Run
    from neurotui.store.run_tables import Overview

    Mask = NDArray[np.bool_]

_LONGEST_QUOTED = 14
"""Cells of a value that a message quotes: with these, the whole message has room in a line of 80."""


class Columns(NamedTuple):
    """What filters look at: the run's columns, each neuron's state as an index into ``STATES``, accepted labels.

    ``backends[descriptor_id]`` is the backend that proposed a descriptor; ``authors[neuron_id]`` are those who
    decided a neuron or proposed its label. ``found[term]`` is the mask of a term that has to be looked up in the
    run, once it is known; ``near[word]`` (neurons,) is each neuron's nearness in meaning to a word, 0 (not near)
    to 1. ``peak_words`` are the overview's, as texts are compared. ``in_wording`` has the ids of the neurons on
    which people differ in wording alone.
    """

    overview: Overview
    state: NDArray[np.int8]
    labels: Mapping[int, str]
    backends: Sequence[str] = ()
    authors: Mapping[int, tuple[str, ...]] = MappingProxyType({})
    found: Mapping[AskedTerm, Mask] = MappingProxyType({})
    near: Mapping[str, NDArray[np.float32]] = MappingProxyType({})
    peak_words: Sequence[str] = ()
    in_wording: AbstractSet[int] = frozenset()


class Term(Protocol):
    """One term of a filter, as it was parsed. Equal terms compare equal and have the same hash."""

    def mask(self, columns: Columns, /) -> Mask:
        """Return the neurons that it matches: (neurons,)."""


class AskedTerm(NamedTuple):
    """A term that has to be looked up in the run, by a word; no neuron matches until the answer is known."""

    key: str
    word: str

    def mask(self, columns: Columns) -> Mask:
        """Return the neurons that it matches, as far as they are known: (neurons,)."""
        return columns.found.get(self, np.zeros(len(columns.overview), np.bool_))


class Lookup(NamedTuple):
    """How a term is looked up in the run: ``find(run, word)`` returns the ids of the neurons that it matches.

    ``what`` is said while it takes: "looking for what ``what`` 'word'". ``nothing`` is a message and a hint for a
    word that matches no neuron of the run, with a {} where the word stands; without it, a general one is given.
    """

    find: Callable[[Run, str], NDArray[np.int32]]
    what: str
    nothing: tuple[str, str] | None = None


class TermKind(NamedTuple):
    """A kind of filter term that a key introduces, declared by its module and registered in ``review.terms``.

    ``key`` is what stands before the sign, as in ``layer:3`` or ``score>0.8``, and ``signs`` are those that may
    follow it: ":", or "<>" for a comparison. ``parse(sign, value)`` returns the term, or in words what is wrong
    with the value. ``example`` is a term of this kind, which error messages show; ``help`` is its line of the help
    screen: a term as it is written, and what it means. ``lookup`` is for a term that only the run can answer.
    """

    key: str
    parse: Callable[[str, str], Term | str]
    example: str
    help: tuple[str, str]
    signs: str = ":"
    lookup: Lookup | None = None


class BareKind(NamedTuple):
    """A kind of filter term without a key, recognised by its form.

    ``parse(text)`` returns the term, or None if the text is not one. ``help`` is its line of the help screen.
    """

    parse: Callable[[str], Term | None]
    help: tuple[str, str]


def quoted(value: str, most: int = _LONGEST_QUOTED) -> str:
    """Return what was typed, in quotes and short enough for a message: at most so many cells of it."""
    return f"'{short(visible(value), most)}'"


def with_any(overview: Overview, wanted: Sequence[bool], first: int | None = None) -> Mask:
    """Return the neurons with any of the wanted descriptors among their `first` best matches: (neurons,).

    ``wanted[descriptor_id]`` is whether a descriptor is one of them; `first` None takes all matches.
    """
    # The extra place at the end is what -1 (no descriptor) indexes.
    holds = np.array([*wanted, False])
    found: Mask = np.zeros(len(overview), np.bool_)
    if holds.any():
        for rank in range(overview.matched[:, :first].shape[1]):
            found |= holds[overview.matched[:, rank]]
    return found
