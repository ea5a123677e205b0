"""Searching by words: which words are also looked up by meaning, and how the results are worded."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from neurotui.review.latest_only import LatestOnly
from neurotui.review.terms import LOOKUPS, best
from neurotui.review.terms.word import NEAR, PEAKING
from neurotui.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from neurotui.labelling.types import NearName
    from neurotui.review.filters import Filter
    from neurotui.review.state import ReviewState

PAUSE = 0.4
_FEWEST_LETTERS = 3
_TOLD = 3
_KEEPS = "enter keeps, esc clears"


def with_meaning(searched: Filter) -> tuple[str, ...]:
    """Return the words of a filter that are also searched for by meaning: not quoted, with enough letters."""
    return tuple(
        word.text
        for word in searched.searched
        if not word.literal and sum(map(str.isalpha, word.text)) >= _FEWEST_LETTERS
    )


class MeaningRequests:
    """The words that wait to be looked up by meaning: only those of the latest filter, one at a time.

    `ask` starts looking up a word and returns at once; `later` calls a function after some seconds. When the
    answer arrives, the caller calls ``came``.
    """

    def __init__(self, ask: Callable[[str], object], later: Callable[[float, Callable[[], None]], object]) -> None:
        self._asking = LatestOnly(ask)
        self._later = later
        self._wanted: tuple[str, ...] = ()
        self.failed = ""

    def want(self, words: Iterable[str]) -> None:
        """Look these up after a pause in typing, in place of those that still wait."""
        self._asking.drop()
        self._wanted = tuple(word for word in words if word != self._asking.under_way)
        if self._wanted and not self.failed:
            self._later(PAUSE, partial(self._ask_if_last, self._wanted))

    def came(self, why_not: str = "") -> None:
        """Record that the answer has arrived, or `why_not`: no more will come."""
        self.failed = why_not
        self._asking.over()
        if why_not:
            self._asking.drop()
        self._asking.next()

    def _ask_if_last(self, words: tuple[str, ...]) -> None:
        """Look these up, unless something else has been typed since."""
        if words == self._wanted and not self.failed:
            self._asking.want(*words)


def filter_summary(review_state: ReviewState, why_not: str = "") -> str:
    """Return in words how many neurons a filter shows, and for a search by words how they were found."""
    parts = [f"{len(review_state):,} of {len(review_state.overview):,}"]
    words = with_meaning(review_state.filter)
    relevance = review_state.filter.relevance(review_state.columns)
    if relevance is not None:
        shown = relevance[review_state.rows]
        near = int(((shown >= NEAR) & (shown < PEAKING)).sum())
        if near:
            names = [
                one.name for word in words if word in review_state.near for one in review_state.near[word].names
            ]
            parts.append(f"{int((shown >= PEAKING).sum()):,} by name, {near:,} near: {_listed(names)}")
    if words and not why_not and any(word not in review_state.near for word in words):
        parts.append("looking for what is near in meaning")
    return " · ".join([*parts, _KEEPS])


def nothing(review_state: ReviewState, clear: str, why_not: str = "") -> tuple[str, str]:
    """Return a message and a hint for a filter that shows no neuron; `clear` is the key that clears it."""
    searched = review_state.filter.searched
    clears = f"{clear} clears it"
    if not searched:
        return _nothing_looked_up(review_state, clears) or ("no neuron fits the filter", clears)
    words = " ".join(dict.fromkeys(word.text for word in searched))
    alone = len(review_state.filter.terms) == len(searched) == 1
    what = f"no neuron is called, or peaks at, “{words}”" if alone else f"no neuron fits “{words}” and the rest"
    hints = [_nearest(review_state, why_not)]
    if {"or", "|"} & {word.text for word in searched} or any("|" in word.text for word in searched):
        hints.append("OR in capitals stands between alternatives: court OR law")
    return what, " · ".join(filter(None, [*hints, clears]))


def _nothing_looked_up(review_state: ReviewState, clears: str) -> tuple[str, str] | None:
    """Return a message and a hint for the first term that was looked up in the run and matches no neuron of it."""
    for asked in review_state.filter.asks:
        nothing_found = LOOKUPS[asked.key].nothing
        if nothing_found and not review_state.found.get(asked, np.ones(1)).any():
            message, why = nothing_found
            return message.format(asked.word), f"{why} · {clears}"
    return None


def _nearest(review_state: ReviewState, why_not: str) -> str:
    """Return in words which names are near in meaning, and how to show them."""
    words = with_meaning(review_state.filter)
    if not words or why_not:
        return ""
    if any(word not in review_state.near for word in words):
        return "looking for what is near in meaning"
    names = [one for word in words for one in review_state.near[word].nearest if one.neurons]
    if not names:
        return ""
    listed = ", ".join(f"{one.name} ({counted(one.neurons, 'neuron')})" for one in names[:_TOLD])
    return f"near in meaning: {listed} · type {_filter_of(names[0])}"


def _filter_of(name: NearName) -> str:
    """Return a filter that shows a name's neurons."""
    if name.called:
        return best.filter_text(name.name, quotes=" " in name.name)
    return name.name


def _listed(names: list[str]) -> str:
    return ", ".join(list(dict.fromkeys(names))[:_TOLD])
