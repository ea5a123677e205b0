"""The filter language: parses a text into a ``Filter``, which gives a mask over the neurons.

All terms must match; of terms joined by ``OR``, one must. ``!`` negates a term, and quotes keep a phrase together
and match it literally::

    court OR law "night sky" layer:3-5 state:open score>0.8 fires<1% by:ada token:dog promotes:yours L3.797

Here are the grammar and what joins terms; the terms themselves are in ``neurotui.review.terms``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.cell_widths import cell_len
from neurotui.errors import UserError
from neurotui.review.terms import BARE, KEYED, TERMS
from neurotui.review.terms.protocol import AskedTerm, quoted
from neurotui.review.terms.word import HELP, Word
from neurotui.spelling import compared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from neurotui.review.terms.protocol import Columns, Mask, Term

LONGEST = 1000
"""The most characters that a filter may have."""

LANGUAGE = (
    *HELP,
    ("court OR law", "one of them must hold; terms side by side all must"),
    ("!word", "turns any of these round"),
    *(kind.help for kind in TERMS),
)
"""The lines of the help screen: what may be written, and what it means."""

_TERM = re.compile(
    r'(?P<not>!?)(?:(?:(?P<key>[a-z]+):)?"(?P<phrase>[^"]*)(?P<end>"?)|(?P<bare>\S+))', re.IGNORECASE
)
# Cells of a wrong key that a message quotes, and of the whole message, which names as many right ones as fit.
_LONGEST_KEY, _ROOM = 9, 78
_KEYED = re.compile(r"(?P<key>[a-z]+)(?P<sign>:|[<>]=?)(?P<value>.*)", re.IGNORECASE)
_OR = "OR"
_COMPARED = next(kind.example for kind in KEYED.values() if "<" in kind.signs)
_LONELY_OR = "OR stands between two terms: court OR law; the word itself goes in quotes"


class AnyOf(NamedTuple):
    """Alternative terms, each with whether it is negated; one must match."""

    terms: tuple[tuple[Term, bool], ...]

    def mask(self, columns: Columns) -> Mask:
        """Return the neurons that at least one of them matches: (neurons,)."""
        masks = [_holds(term, columns, negated=negated) for term, negated in self.terms]
        found: Mask = np.logical_or.reduce(masks)
        return found


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
    def _singles(self) -> Iterator[tuple[Term, bool]]:
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


class FilterProblem(NamedTuple):
    """Why a text is not a filter: the wrong term spans the characters from ``position`` up to ``end``."""

    message: str
    position: int
    end: int


def parse(text: str) -> Filter | FilterProblem:
    """Parse a filter, or return what is wrong with it and where."""
    groups: list[list[tuple[Term, bool]]] = []
    before: re.Match[str] | None = None
    for found in _TERM.finditer(text):
        if found[0] == _OR:
            if not groups or (before is not None and before[0] == _OR):
                return FilterProblem(_LONELY_OR, found.start(), found.end())
            before = found
            continue
        begun = before[0] if before else ""
        term = _phrase(found) if found["bare"] is None else _term(found["bare"], begun)
        if isinstance(term, str):
            return FilterProblem(term, found.start(), found.end())
        if before is None or before[0] != _OR:
            groups.append([])
        groups[-1].append((term, bool(found["not"])))
        before = found
    if before is not None and before[0] == _OR:
        return FilterProblem(_LONELY_OR, before.start(), before.end())
    terms = (group[0] if len(group) == 1 else (AnyOf(tuple(group)), False) for group in groups)
    return Filter(text.strip(), tuple(terms))


def filter_of(text: str) -> Filter:
    """Return the filter that a text writes; ``UserError`` if it is none."""
    read = parse(text)
    if isinstance(read, FilterProblem):
        raise UserError(f"'{text}' is not a filter: {read.message}", "neurotui open shows the keys with ?")
    return read


def whole_before(text: str, problem: FilterProblem) -> Filter:
    """Return the valid filter before the wrong term of a text, without a trailing ``OR``."""
    read: Filter | FilterProblem = problem
    while isinstance(read, FilterProblem):
        text = text[: read.position]
        read = parse(text)
    return read


def _phrase(found: re.Match[str]) -> Term | str:
    if not found["end"]:
        return "a quote is not closed"
    if not found["phrase"]:
        return "there is nothing between the quotes"
    if found["key"]:
        return _keyed(found["key"].lower(), ":", found["phrase"])
    return Word(compared(found["phrase"]), literal=True)


def _term(bare: str, before: str) -> Term | str:
    """Parse one unquoted term, which follows `before`; a str says what is wrong with it."""
    fault = _fault(bare, before)
    if fault:
        return fault
    keyed = _KEYED.fullmatch(bare)
    if keyed:
        return _keyed(keyed["key"].lower(), keyed["sign"], keyed["value"])
    for kind in BARE:
        term = kind.parse(bare)
        if term is not None:
            return term
    return Word(compared(bare))


def _fault(bare: str, before: str) -> str:
    """Return what is wrong with how a term begins or is quoted; "" if nothing is."""
    if bare == "!":
        return "'!' stands before what must not hold"
    if bare.startswith("!"):
        return "one '!' is enough"
    if '"' in bare:
        return "quotes go round a whole phrase"
    if bare[0] in ":<>=":
        if before.lower() in KEYED:
            return f"a sign stands right behind its key, as in {_COMPARED}"
        return f"'{bare[0]}' needs a key before it, as in {_COMPARED}; a word like this goes in quotes"
    return ""


def _no_key(key: str) -> str:
    """Return what is said of a wrong key, with as many of the right ones as have room in a line."""
    begins, named = f"no key {quoted(key, _LONGEST_KEY)}:", list(KEYED)
    told = " ".join([begins, *named])
    while cell_len(told) > _ROOM:
        named.pop()
        told = " ".join([begins, *named, "…"])
    return told


def _keyed(key: str, sign: str, value: str) -> Term | str:
    kind = KEYED.get(key)
    if kind is None:
        return _no_key(key)
    return kind.parse(sign, value) if sign[0] in kind.signs else f"write {kind.example}"
