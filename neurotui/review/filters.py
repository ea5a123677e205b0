"""The filter language: parses a text into a ``Filter``, which gives a mask over the neurons.

All terms must match; of terms joined by ``OR``, one must. ``!`` negates a term, and quotes keep a phrase together
and match it literally::

    court OR law "night sky" layer:3-5 state:open score>0.8 fires<1% by:ada token:dog promotes:yours L3.797
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from neurotui.review.filter_terms import (
    STATES,
    AnyOf,
    AskedTerm,
    BestIs,
    Bounded,
    By,
    Columns,
    Filter,
    InState,
    LabelIs,
    Layers,
    NeuronNamed,
    Single,
    Word,
)
from neurotui.sanitize import visible
from neurotui.wording import short

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LONGEST", "STATES", "AskedTerm", "Columns", "Filter", "FilterProblem", "parse", "whole_before"]

LONGEST = 1000
"""The most characters that a filter may have."""

_LONGEST_QUOTED = 14
"""Cells of a term that is told in words: with these, all that is said of it has room in a line of 80."""

_TERM = re.compile(
    r'(?P<not>!?)(?:(?:(?P<key>[a-z]+):)?"(?P<phrase>[^"]*)(?P<end>"?)|(?P<bare>\S+))', re.IGNORECASE
)
_KEYED = re.compile(r"(?P<key>[a-z]+)(?P<sign>:|[<>]=?)(?P<value>.*)", re.IGNORECASE)
_LAYERS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?", re.ASCII)
_NEURON = re.compile(r"[lL](\d{1,5})(?:\.(\d{0,9}))?", re.ASCII)
_OR = "OR"
_LONELY_OR = "OR stands between two terms: court OR law; the word itself goes in quotes"
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)(%?)", re.ASCII)
_KEYS = {
    "layer": ":",
    "state": ":",
    "score": "<>",
    "fires": "<>",
    "by": ":",
    "token": ":",
    "best": ":",
    "label": ":",
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
    "label": "label:music",
    "promotes": "promotes:yours",
}


class FilterProblem(NamedTuple):
    """Why a text is not a filter: the wrong term spans the characters from ``position`` up to ``end``."""

    message: str
    position: int
    end: int


def parse(text: str) -> Filter | FilterProblem:
    """Parse a filter, or return what is wrong with it and where."""
    groups: list[list[tuple[Single, bool]]] = []
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


def whole_before(text: str, problem: FilterProblem) -> Filter:
    """Return the valid filter before the wrong term of a text, without a trailing ``OR``."""
    read: Filter | FilterProblem = problem
    while isinstance(read, FilterProblem):
        text = text[: read.position]
        read = parse(text)
    return read


def _phrase(found: re.Match[str]) -> Single | str:
    if not found["end"]:
        return "a quote is not closed"
    if not found["phrase"]:
        return "there is nothing between the quotes"
    if found["key"]:
        return _keyed(found["key"].lower(), ":", found["phrase"])
    return Word(found["phrase"].casefold(), literal=True)


def _term(bare: str, before: str) -> Single | str:
    """Parse one unquoted term, which follows `before`; a str says what is wrong with it."""
    fault = _fault(bare, before)
    if fault:
        return fault
    keyed = _KEYED.fullmatch(bare)
    if keyed:
        return _keyed(keyed["key"].lower(), keyed["sign"], keyed["value"])
    name = _NEURON.fullmatch(bare)
    if name:
        layer = int(name[1])
        return NeuronNamed(layer, int(name[2])) if name[2] else Layers(layer, layer)
    return Word(bare.casefold())


def _fault(bare: str, before: str) -> str:
    """Return what is wrong with how a term begins or is quoted; "" if nothing is."""
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


def _keyed(key: str, sign: str, value: str) -> Single | str:
    if key not in _KEYS:
        return f"no key {_quoted(key)}: {' '.join(_KEYS)}"
    if sign[0] not in _KEYS[key]:
        return f"write {_EXAMPLES[key]}"
    readers: dict[str, Callable[[str], Single | str]] = {
        "layer": _layers,
        "state": _state,
        "by": _by,
        "token": _peaks_at,
        "promotes": _promotes,
        "best": _best,
        "label": _label,
        "score": partial(_compared, "score", sign),
        "fires": partial(_compared, "fires", sign),
    }
    return readers[key](value)


def _quoted(value: str) -> str:
    return f"'{short(visible(value), _LONGEST_QUOTED)}'"


def _by(value: str) -> Single | str:
    return By(value.casefold()) if value else "by whom? by:openai, or an annotator's name"


def _best(value: str) -> Single | str:
    return BestIs(value.casefold()) if value else 'which descriptor? best:"night sky"'


def _label(value: str) -> Single | str:
    return LabelIs(value.casefold()) if value else "which label? label:music"


def _peaks_at(value: str) -> Single | str:
    return AskedTerm("token", value.casefold()) if value else "at which word? token:battery"


def _promotes(value: str) -> Single | str:
    word = value.strip().casefold()
    return AskedTerm("promotes", word) if word else "which word? promotes:yours"


def _layers(value: str) -> Single | str:
    if not value:
        return "which layer? layer:3 or layer:3-5"
    found = _LAYERS.fullmatch(value)
    if not found:
        return f"{_quoted(value)} is no layer: layer:3 or layer:3-5"
    first, last = int(found[1]), int(found[2] or found[1])
    return Layers(first, last) if first <= last else f"layers {first} to {last} run backwards"


def _state(value: str) -> Single | str:
    for state in STATES:
        if state == value.lower():
            return InState(state)
    wrong = f"{_quoted(value)} is no state:" if value else "which state?"
    return f"{wrong} {', '.join(STATES)}"


def _compared(key: Literal["score", "fires"], sign: str, value: str) -> Single | str:
    found = _NUMBER.fullmatch(value)
    if not found:
        return f"{_quoted(value)} is no number" if value else f"{key}{sign} needs a number"
    number, in_percent = float(found[1]), bool(found[2])
    bound = number / 100 if in_percent else number
    # The list shows the rate in percent, so fires<1 most likely means fires<1%.
    if bound > 1 or (bound == 1 and key == "fires" and not in_percent):
        if in_percent or number > 100:  # noqa: PLR2004 - the most that can be meant
            return f"{key} goes from 0 to 1, or to 100%"
        return f"write {key}{sign}{number:g}% or {key}{sign}{number / 100:g}"
    return Bounded(key, sign, bound)
