"""The filter's little language: text to a frozen value, and that to a mask over the neurons.

Terms stand side by side and all must hold; ``!`` turns one round, quotes keep a phrase together::

    courtroom "night sky" layer:3-5 state:open score>0.8 fires<1% !football L3.797
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from neurotui.words import State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from neurotui.store.run import Overview

    Mask = NDArray[np.bool_]

STATES: tuple[State, ...] = get_args(State)
_COMPARISONS: dict[str, Callable[[NDArray[np.float32], float], Mask]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TERM = re.compile(r'(?P<not>!?)(?:"(?P<phrase>[^"]*)(?P<end>"?)|(?P<bare>\S+))')
_KEYED = re.compile(r"(?P<key>[a-z]+)(?P<sign>:|[<>]=?)(?P<value>.*)", re.IGNORECASE)
_LAYERS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?", re.ASCII)
_NEURON = re.compile(r"[lL](\d{1,5})(?:\.(\d{0,9}))?", re.ASCII)
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)(%?)", re.ASCII)
_KEYS = {"layer": ":", "state": ":", "score": "<>", "fires": "<>"}


@dataclass(frozen=True, slots=True)
class Columns:
    """What a filter looks at: the run's columns, each neuron's place in ``STATES``, accepted labels."""

    overview: Overview
    state: NDArray[np.int8]
    labels: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Word:
    """A word or phrase, casefolded, that occurs in the label or in one of the neuron's descriptors."""

    text: str

    def mask(self, columns: Columns) -> Mask:
        """Return which neurons it holds for."""
        overview = columns.overview
        # The extra place at the end is what -1, no descriptor, points at.
        holds = np.array([*(self.text in name.casefold() for name in overview.names), False])
        found: Mask = np.any(holds[overview.matched], axis=1)
        named = [row for row, label in columns.labels.items() if self.text in label.casefold()]
        found[named] = True
        return found


@dataclass(frozen=True, slots=True)
class Layers:
    """Layers from `first` to `last`, both included."""

    first: int
    last: int

    def mask(self, columns: Columns) -> Mask:
        """Return which neurons lie there."""
        layer = columns.overview.layer
        return (layer >= self.first) & (layer <= self.last)


@dataclass(frozen=True, slots=True)
class Named:
    """One neuron by its name."""

    layer: int
    unit: int

    def mask(self, columns: Columns) -> Mask:
        """Return a mask with at most one neuron."""
        found: Mask = (columns.overview.layer == self.layer) & (columns.overview.unit == self.unit)
        return found


@dataclass(frozen=True, slots=True)
class InState:
    """Neurons in one state."""

    state: State

    def mask(self, columns: Columns) -> Mask:
        """Return which neurons are in it."""
        found: Mask = columns.state == STATES.index(self.state)
        return found


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure on one side of a bound; a neuron without the figure is on neither side."""

    figure: Literal["score", "fires"]
    sign: str
    bound: float

    def mask(self, columns: Columns) -> Mask:
        """Return which neurons are on that side."""
        overview = columns.overview
        return _COMPARISONS[self.sign](
            overview.lower if self.figure == "score" else overview.firing_rate, self.bound
        )


Term = Word | Layers | Named | InState | Compared


@dataclass(frozen=True, slots=True)
class Filter:
    """Terms that must all hold, each with whether it is turned round; without terms it holds for everything."""

    text: str = ""
    terms: tuple[tuple[Term, bool], ...] = ()

    def mask(self, columns: Columns) -> Mask:
        """Return which neurons it holds for: (neurons,)."""
        found = np.ones(len(columns.overview), np.bool_)
        for term, negated in self.terms:
            mask = term.mask(columns)
            found &= ~mask if negated else mask
        return found


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a text is no filter; ``position`` counts the characters before the term that is at fault."""

    message: str
    position: int


def parse(text: str) -> Filter | Problem:
    """Read a filter, or say what is wrong with it and where."""
    terms: list[tuple[Term, bool]] = []
    for found in _TERM.finditer(text):
        term = _phrase(found) if found["bare"] is None else _term(found["bare"])
        if isinstance(term, str):
            return Problem(term, found.start())
        terms.append((term, bool(found["not"])))
    return Filter(text.strip(), tuple(terms))


def _phrase(found: re.Match[str]) -> Term | str:
    if not found["end"]:
        return "a quote is not closed"
    if not found["phrase"]:
        return "there is nothing between the quotes"
    return Word(found["phrase"].casefold())


def _term(bare: str) -> Term | str:
    """Read one term without quotes; a str says what is wrong with it."""
    if bare == "!":
        return "'!' stands before what must not hold"
    if bare.startswith("!"):
        return "one '!' is enough"
    if '"' in bare:
        return "quotes go round a whole phrase"
    keyed = _KEYED.fullmatch(bare)
    if keyed:
        return _keyed(keyed["key"].lower(), keyed["sign"], keyed["value"])
    name = _NEURON.fullmatch(bare)
    if name:
        layer = int(name[1])
        return Named(layer, int(name[2])) if name[2] else Layers(layer, layer)
    return Word(bare.casefold())


def _keyed(key: str, sign: str, value: str) -> Term | str:
    if key not in _KEYS:
        return f"no key '{key}'; there are {', '.join(_KEYS)}"
    if sign[0] not in _KEYS[key]:
        example = {"layer": "layer:3-5", "state": "state:open", "score": "score>0.8", "fires": "fires<1%"}[key]
        return f"write {example}"
    if key == "layer":
        return _layers(value)
    if key == "state":
        return _state(value)
    return _compared("score" if key == "score" else "fires", sign, value)


def _layers(value: str) -> Term | str:
    found = _LAYERS.fullmatch(value)
    if not found:
        return f"'{value}' is no layer: layer:3 or layer:3-5" if value else "which layer? layer:3 or layer:3-5"
    first, last = int(found[1]), int(found[2] or found[1])
    return Layers(first, last) if first <= last else f"layers {first} to {last} run backwards"


def _state(value: str) -> Term | str:
    for state in STATES:
        if state == value.lower():
            return InState(state)
    return f"'{value}' is no state: {', '.join(STATES)}" if value else f"which state? {', '.join(STATES)}"


def _compared(key: Literal["score", "fires"], sign: str, value: str) -> Term | str:
    found = _NUMBER.fullmatch(value)
    if not found:
        return f"'{value}' is no number" if value else f"{key}{sign} needs a number"
    return Compared(key, sign, float(found[1]) / (100 if found[2] else 1))
