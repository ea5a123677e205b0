"""The rules that `studies/tokens.py` compares: what is said first of a neuron, and from when on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.describe.described_rule import (
    EXTRA_IF_NOT_COVERED,
    LEAST_CORRELATION,
    LEAST_COVERED,
    LEAST_OF_SUREST,
    PEAK_WORD_EASING,
    PEAK_WORD_LEAST_OF_STRONGEST,
    PEAK_WORD_SHARE,
    TOO_RARELY_AT_PEAKS,
    certainty,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Candidates(NamedTuple):
    """What might be said of some neurons, all (neurons, candidates).

    ``r`` with its ``error``, of which a part, ``unsure``, is taken off, the AUROC's lower ``bound``, average
    ``precision`` (NaN for those that no other measure finds among the best) and ``lift``, the chance of as many
    exemplars peaking where it holds as do, are those of calibration and of the ``side`` on which r is positive.
    ``known`` is beyond chance. ``held`` of the exemplars peak where it holds, of ``of`` on its side; ``share`` is
    the share of the tokens at which it holds. ``word`` is what half of the top exemplars or more peak at.
    """

    descriptor: NDArray[np.int64]
    side: NDArray[np.int64]
    r: NDArray[np.float64]
    error: NDArray[np.float64]
    unsure: NDArray[np.float64]
    bound: NDArray[np.float64]
    precision: NDArray[np.float64]
    lift: NDArray[np.float64]
    known: NDArray[np.bool_]
    held: NDArray[np.float64]
    of: NDArray[np.float64]
    share: NDArray[np.float64]
    word: NDArray[np.bool_]
    validation: NDArray[np.float64]

    @property
    def peaking(self) -> NDArray[np.float64]:
        """The share of the exemplars that peak where each holds, 0 where there are none."""
        return self.held / np.maximum(self.of, 1)


class Seen(NamedTuple):
    """The candidates of some neurons: all token descriptors, and the two heads of topics."""

    tokens: Candidates
    topics: Candidates


class Said(NamedTuple):
    """What a rule says first of each neuron, all (neurons,)."""

    descriptor: NDArray[np.int64]
    side: NDArray[np.int64]
    validation: NDArray[np.float64]
    aloud: NDArray[np.bool_]


def surely(seen: Candidates) -> NDArray[np.float64]:
    """Order by the correlation less as much of its error as is taken off such descriptors."""
    return certainty(seen.r, seen.error, seen.unsure)


def certain(errors: float) -> Callable[[Candidates], NDArray[np.float64]]:
    """Return an order: the correlation less so many standard errors."""
    return lambda seen: seen.r - errors * seen.error


class Rule(NamedTuple):
    """How token descriptors are ordered, when the peaks' word leads, and what is said aloud.

    What is said must have at least ``least``, by ``sure``, ``beyond`` more where it does not cover the peaks, and
    hold at more than ``rarely`` of them. If anything has that, the rest gives way to it (``gives_way``). The word
    leads if its r is ``word`` of the best one's, less ``slope`` for each tenth of the top exemplars above half
    that peak at it. Else what covers the peaks leads, if it is ``nearly`` as certain as the best; None for no such
    rule.
    """

    name: str
    order: Callable[[Candidates], NDArray[np.float64]] = surely
    nearly: float | None = LEAST_OF_SUREST
    word: float = PEAK_WORD_LEAST_OF_STRONGEST
    slope: float = PEAK_WORD_EASING / 10
    least: float = LEAST_CORRELATION
    sure: Callable[[Candidates], NDArray[np.float64]] = surely
    beyond: float = EXTRA_IF_NOT_COVERED
    rarely: float = TOO_RARELY_AT_PEAKS
    gives_way: bool = True

    def enough(self, found: Candidates) -> NDArray[np.bool_]:
        """Return what is certain enough for the share of the peaks at which it holds."""
        covers = (found.of > 0) & (found.peaking >= LEAST_COVERED)
        believable = (found.of == 0) | (found.peaking > self.rarely)
        return (self.sure(found) >= self.least + np.where(covers, 0, self.beyond)) & believable


NO_WORD, ANYWHERE = np.inf, -1.0
PRESENT = Rule(
    f"present: seen at more than {TOO_RARELY_AT_PEAKS:g}, nearly {LEAST_OF_SUREST:g}, "
    f"word at {PEAK_WORD_LEAST_OF_STRONGEST:g}, slope {PEAK_WORD_EASING / 10:g}, least {LEAST_CORRELATION:g}"
)
RULES = (
    PRESENT,
    *(
        Rule(f"{name} alone", order, None, NO_WORD, gives_way=False)
        for name, order in (
            ("r", certain(0)),
            ("r - 1 SE", certain(1)),
            ("r - 2 SE", certain(2)),
            ("AUROC's lower bound", lambda seen: seen.bound),
            ("average precision", lambda seen: seen.precision),
            ("exemplar lift", lambda seen: -seen.lift),
        )
    ),
    Rule("present, but not what covers the peaks", nearly=None),
    *(Rule(f"present, but nearly {nearly:g}", nearly=nearly) for nearly in (0.98, 0.9, 0.8, 0.7)),
    *(
        Rule(f"present, but word at {share:g}, slope {slope:g}", word=share, slope=slope)
        for share, slope in ((0.2, 0), (0.35, 0), (0.5, 0), (0.4, 0.06), (0.6, 0.08), (0.7, 0.1))
    ),
    *(Rule(f"present, but least {least:g}", least=least) for least in (0.15, 0.175, 0.185, 0.205, 0.215, 0.235)),
    *(Rule(f"present, but {more:g} more beyond the peaks", beyond=more) for more in (0, 0.04)),
    Rule("present, but seen anywhere", rarely=ANYWHERE),
    *(Rule(f"present, but seen at more than {share:g}", rarely=share) for share in (0, 0.1, 0.3, 0.39)),
    Rule("present, but nothing gives way", gives_way=False),
    *(
        Rule(f"present, but asked less {errors} SE of all, least {least:g}", sure=certain(errors), least=least)
        for errors, least in ((0, 0.235), (0.5, 0.21), (1, 0.185), (2, 0.16))
    ),
)


def first(rule: Rule, seen: Seen) -> Said:
    """Return what a rule says first of each neuron."""
    tokens, topics = seen
    enough = rule.enough(tokens)
    order = np.nan_to_num(rule.order(tokens), nan=-np.inf)
    counted = np.where(enough | ~enough.any(axis=1, keepdims=True), order, -np.inf) if rule.gives_way else order
    head = counted.argmax(axis=1)[:, None]
    strongest = np.take_along_axis(tokens.r, head, axis=1)
    if rule.nearly is not None:
        near = (counted > 0) & (counted >= rule.nearly * np.take_along_axis(counted, head, axis=1))
        near &= tokens.peaking >= LEAST_COVERED
        worth = np.where(near, order * tokens.peaking / np.sqrt(tokens.share), -np.inf)
        head = np.where(near.any(axis=1), worth.argmax(axis=1), head[:, 0])[:, None]
    needed = rule.word - 10 * rule.slope * (tokens.peaking - PEAK_WORD_SHARE)
    leads = tokens.word & (tokens.r >= needed * strongest)
    worth = np.where(leads, tokens.held + tokens.r / 2, 0)
    head = np.where(leads.any(axis=1), worth.argmax(axis=1), head[:, 0])[:, None]
    own = Candidates(*(np.take_along_axis(column, head, axis=1) for column in tokens))
    every = Candidates(*map(np.hstack, zip(own, topics, strict=True)))
    sure = rule.sure(every)
    aloud = every.known & rule.enough(every)
    leading = np.where(aloud, sure, [0, -1, -2]).argmax(axis=1)[:, None]
    descriptor, side, validation, said = (
        np.take_along_axis(column, leading, axis=1)[:, 0]
        for column in (every.descriptor, every.side, every.validation, aloud)
    )
    return Said(descriptor, side, validation, said)


def together(parts: list[Said]) -> Said:
    """Return what a rule says of all neurons, from what it says of each block of them."""
    return Said(*map(np.concatenate, zip(*parts, strict=True)))
