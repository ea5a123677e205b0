"""The filter's little language: text to a frozen value, and that to a mask over the neurons.

Terms stand side by side and all must hold; ``!`` turns one round, quotes keep a phrase together::

    courtroom "night sky" layer:3-5 state:open score>0.8 fires<1% by:ada token:battery promotes:yours L3.797
"""

from __future__ import annotations

import operator
import re
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np

from neurotui.tui.widgets.lines import short
from neurotui.visible import visible
from neurotui.words import State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from neurotui.store.records import Overview

    Mask = NDArray[np.bool_]

LONGEST = 1000
"""Characters that a filter may have."""

_LONGEST_QUOTED = 14
"""Cells of a term that is told in words: with these, all that is said of it has room in a line of 80."""

STATES: tuple[State, ...] = get_args(State)
_COMPARISONS: dict[str, Callable[[NDArray[np.float32], float], Mask]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TERM = re.compile(
    r'(?P<not>!?)(?:(?:(?P<key>[a-z]+):)?"(?P<phrase>[^"]*)(?P<end>"?)|(?P<bare>\S+))', re.IGNORECASE
)
_KEYED = re.compile(r"(?P<key>[a-z]+)(?P<sign>:|[<>]=?)(?P<value>.*)", re.IGNORECASE)
_LAYERS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?", re.ASCII)
_NEURON = re.compile(r"[lL](\d{1,5})(?:\.(\d{0,9}))?", re.ASCII)
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)(%?)", re.ASCII)
_KEYS = {
    "layer": ":",
    "state": ":",
    "score": "<>",
    "fires": "<>",
    "by": ":",
    "token": ":",
    "best": ":",
    "promotes": ":",
}
_EXAMPLES = {
    "layer": "layer:3-5",
    "state": "state:open",
    "score": "score>0.8",
    "fires": "fires<1%",
    "by": "by:openai",
    "token": "token:battery",
    "best": 'best:"night sky"',
    "promotes": "promotes:yours",
}


class Columns(NamedTuple):
    """What a filter looks at: the run's columns, each neuron's place in ``STATES``, accepted labels.

    ``backends[descriptor_id]`` proposed a descriptor; ``authors`` are whoever decided a neuron or proposed its
    label. ``found[term]`` tells for which neurons a term holds that the run is asked about, once it is known.
    """

    overview: Overview
    state: NDArray[np.int8]
    labels: Mapping[int, str]
    backends: Sequence[str] = ()
    authors: Mapping[int, tuple[str, ...]] = MappingProxyType({})
    found: Mapping[Asked, Mask] = MappingProxyType({})


class Word(NamedTuple):
    """A word or phrase, casefolded, that occurs in the label or in one of the neuron's descriptors."""

    text: str

    def mask(self, columns: Columns) -> Mask:
        """Return which neurons it holds for."""
        overview = columns.overview
        found = _with_any(overview, [self.text in name.casefold() for name in overview.names])
        named = [row for row, label in columns.labels.items() if self.text in label.casefold()]
        found[named] = True
        return found


class Layers(NamedTuple):
    """Layers from `first` to `last`, both included."""

    first: int
    last: int

    def mask(self, columns: Columns) -> Mask:
        """Return which neurons lie there."""
        layer = columns.overview.layer
        return (layer >= self.first) & (layer <= self.last)


class Named(NamedTuple):
    """One neuron by its name."""

    layer: int
    unit: int

    def mask(self, columns: Columns) -> Mask:
        """Return a mask with at most one neuron."""
        found: Mask = (columns.overview.layer == self.layer) & (columns.overview.unit == self.unit)
        return found


class InState(NamedTuple):
    """Neurons in one state."""

    state: State

    def mask(self, columns: Columns) -> Mask:
        """Return which neurons are in it."""
        found: Mask = columns.state == STATES.index(self.state)
        return found


class Bounded(NamedTuple):
    """A figure on one side of a bound; a neuron without the figure is on neither side."""

    figure: Literal["score", "fires"]
    sign: str
    bound: float

    def mask(self, columns: Columns) -> Mask:
        """Return which neurons are on that side."""
        overview = columns.overview
        return _COMPARISONS[self.sign](
            overview.score if self.figure == "score" else overview.firing_rate, self.bound
        )


class By(NamedTuple):
    """Neurons that somebody whose name begins so decided, or proposed a label or a descriptor for."""

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


class Asked(NamedTuple):
    """Neurons that the run is asked for, by a word; none while that is not known yet.

    ``token``: a top exemplar of theirs peaks at a word that begins so. ``promotes``: they promote such a token.
    """

    key: Literal["token", "promotes"]
    word: str

    def mask(self, columns: Columns) -> Mask:
        """Return which neurons these are."""
        return columns.found.get(self, np.zeros(len(columns.overview), np.bool_))


class BestIs(NamedTuple):
    """Neurons whose best descriptor has just this name, in any case."""

    name: str

    def mask(self, columns: Columns) -> Mask:
        """Return which neurons these are."""
        overview = columns.overview
        same = np.array([*(name.casefold() == self.name for name in overview.names), False])
        found: Mask = same[overview.matched[:, 0]]
        return found


Term = Word | Layers | Named | InState | Bounded | By | Asked | BestIs


class Filter(NamedTuple):
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

    @property
    def asks(self) -> tuple[Asked, ...]:
        """The terms of which ``Columns.found`` must know for which neurons they hold."""
        return tuple(term for term, _ in self.terms if isinstance(term, Asked))


def _with_any(overview: Overview, wanted: Sequence[bool]) -> Mask:
    """Return which neurons were tied to any of the descriptors that are wanted."""
    # The extra place at the end is what -1, no descriptor, points at.
    holds = np.array([*wanted, False])
    found: Mask = np.zeros(len(overview), np.bool_)
    if holds.any():
        for rank in range(overview.matched.shape[1]):
            found |= holds[overview.matched[:, rank]]
    return found


class Problem(NamedTuple):
    """Why a text is no filter: the term at fault has the characters from ``position`` up to ``end``."""

    message: str
    position: int
    end: int


def parse(text: str) -> Filter | Problem:
    """Read a filter, or say what is wrong with it and where."""
    terms: list[tuple[Term, bool]] = []
    before = ""
    for found in _TERM.finditer(text):
        term = _phrase(found) if found["bare"] is None else _term(found["bare"], before)
        if isinstance(term, str):
            return Problem(term, found.start(), found.end())
        terms.append((term, bool(found["not"])))
        before = found[0]
    return Filter(text.strip(), tuple(terms))


def _phrase(found: re.Match[str]) -> Term | str:
    if not found["end"]:
        return "a quote is not closed"
    if not found["phrase"]:
        return "there is nothing between the quotes"
    if found["key"]:
        return _keyed(found["key"].lower(), ":", found["phrase"])
    return Word(found["phrase"].casefold())


def _term(bare: str, before: str) -> Term | str:
    """Read one term without quotes, which stands behind `before`; a str says what is wrong with it."""
    fault = _fault(bare, before)
    if fault:
        return fault
    keyed = _KEYED.fullmatch(bare)
    if keyed:
        return _keyed(keyed["key"].lower(), keyed["sign"], keyed["value"])
    name = _NEURON.fullmatch(bare)
    if name:
        layer = int(name[1])
        return Named(layer, int(name[2])) if name[2] else Layers(layer, layer)
    return Word(bare.casefold())


def _fault(bare: str, before: str) -> str:
    """Say what is wrong with how a term begins or is quoted; nothing, if nothing is."""
    if bare == "!":
        return "'!' stands before what must not hold"
    if bare.startswith("!"):
        return "one '!' is enough"
    if '"' in bare:
        return "quotes go round a whole phrase"
    if bare[0] in ":<>=":
        if before.lower() in _KEYS:
            return "a sign stands right behind its key, as in score>0.8"
        return f"'{bare[0]}' needs a key before it, as in score>0.8; a word like this goes in quotes"
    return ""


def _keyed(key: str, sign: str, value: str) -> Term | str:
    if key not in _KEYS:
        return f"no key {_quoted(key)}: {', '.join(_KEYS)}"
    if sign[0] not in _KEYS[key]:
        return f"write {_EXAMPLES[key]}"
    readers: dict[str, Callable[[str], Term | str]] = {
        "layer": _layers,
        "state": _state,
        "by": _by,
        "token": _peaks_at,
        "promotes": _promotes,
        "best": _best,
        "score": partial(_compared, "score", sign),
        "fires": partial(_compared, "fires", sign),
    }
    return readers[key](value)


def _quoted(value: str) -> str:
    return f"'{short(visible(value), _LONGEST_QUOTED)}'"


def _by(value: str) -> Term | str:
    return By(value.casefold()) if value else "by whom? by:openai, or an annotator's name"


def _best(value: str) -> Term | str:
    return BestIs(value.casefold()) if value else 'which descriptor? best:"night sky"'


def _peaks_at(value: str) -> Term | str:
    return Asked("token", value.casefold()) if value else "at which word? token:battery"


def _promotes(value: str) -> Term | str:
    word = value.strip().casefold()
    return Asked("promotes", word) if word else "which word? promotes:yours"


def _layers(value: str) -> Term | str:
    if not value:
        return "which layer? layer:3 or layer:3-5"
    found = _LAYERS.fullmatch(value)
    if not found:
        return f"{_quoted(value)} is no layer: layer:3 or layer:3-5"
    first, last = int(found[1]), int(found[2] or found[1])
    return Layers(first, last) if first <= last else f"layers {first} to {last} run backwards"


def _state(value: str) -> Term | str:
    for state in STATES:
        if state == value.lower():
            return InState(state)
    wrong = f"{_quoted(value)} is no state:" if value else "which state?"
    return f"{wrong} {', '.join(STATES)}"


def _compared(key: Literal["score", "fires"], sign: str, value: str) -> Term | str:
    found = _NUMBER.fullmatch(value)
    if not found:
        return f"{_quoted(value)} is no number" if value else f"{key}{sign} needs a number"
    number, in_percent = float(found[1]), bool(found[2])
    bound = number / 100 if in_percent else number
    # Who writes fires<1 thinks of the list, where the rate stands in percent.
    if bound > 1 or (bound == 1 and key == "fires" and not in_percent):
        if in_percent or number > 100:  # noqa: PLR2004 - the most that can be meant
            return f"{key} goes from 0 to 1, or to 100%"
        return f"write {key}{sign}{number:g}% or {key}{sign}{number / 100:g}"
    return Bounded(key, sign, bound)
