"""The rules that `studies/tokens.py` compares: what is said first of a neuron, and from when on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.describe.described_rule import (
    EXTRA_AT_NO_PEAK,
    EXTRA_IF_NOT_COVERED,
    LEAST_CORRELATION,
    LEAST_COVERED,
    LEAST_OF_SUREST,
    LEAST_OF_SUREST_IF_RARE,
    PEAK_WORD_EASING,
    PEAK_WORD_LEAST_OF_STRONGEST,
    PEAK_WORD_SHARE,
    certainty,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS = (0.95, 0.9, 0.8, 0.75, 0.7, 0.6, 0.5)
IS_NEARLY = (LEAST_OF_SUREST, LEAST_OF_SUREST_IF_RARE)


class Candidates(NamedTuple):
    """What might be said of some neurons, all (neurons, candidates), a descriptor perhaps more than once.

    ``r`` with its ``error``, of which a part, ``unsure``, is taken off, the AUROC's lower ``bound``, average
    ``precision`` and ``lift``, the chance of as many exemplars peaking where it holds as do, are those of
    calibration and of the ``side`` on which r is positive. ``known`` is beyond chance, ``word`` what half of
    the top exemplars or more peak at, a ``share``. ``covers`` is above 0 for the one that speaks best
    of the peaks among those that are so nearly as certain as the best; ``bare`` says that next to no exemplars
    peak at the most certain one, ``shown`` that some peak at this one.
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
    word: NDArray[np.bool_]
    share: NDArray[np.float64]
    covers: NDArray[np.float64]
    bare: NDArray[np.bool_]
    shown: NDArray[np.bool_]
    validation: NDArray[np.float64]


class Seen(NamedTuple):
    """The candidates of all neurons that are looked at: token descriptors, and the two heads of topics."""

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

    The word leads if its r is ``word`` of the best one's, less ``slope`` for each tenth of the top exemplars
    above half that peak at it. Else what covers the peaks leads, if it is ``nearly`` as certain as the best:
    the first figure, or the second where the best is bare; None for no such rule. Heads are compared, and are
    asked for at least ``least``, by ``sure``, and for more where they do not speak of the peaks, or where none
    of the exemplars peaks: ``beyond`` are the two figures.
    """

    name: str
    order: Callable[[Candidates], NDArray[np.float64]] = surely
    nearly: tuple[float, float] | None = IS_NEARLY
    word: float = PEAK_WORD_LEAST_OF_STRONGEST
    slope: float = PEAK_WORD_EASING / 10
    least: float = LEAST_CORRELATION
    sure: Callable[[Candidates], NDArray[np.float64]] = surely
    beyond: tuple[float, float] = (EXTRA_IF_NOT_COVERED, EXTRA_AT_NO_PEAK)


NO_WORD = np.inf
PRESENT = Rule(
    f"present: nearly {IS_NEARLY[0]:g}, {IS_NEARLY[1]:g}, "
    f"word at {PEAK_WORD_LEAST_OF_STRONGEST:g}, slope {PEAK_WORD_EASING / 10:g}, least {LEAST_CORRELATION:g}"
)
RULES = (
    PRESENT,
    *(
        Rule(f"{name} alone", order, None, NO_WORD)
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
    *(
        Rule(f"present, but nearly {one:g}, {bare:g}", nearly=(one, bare))
        for one, bare in ((0.95, 0.95), (0.95, 0.6), (0.9, 0.9), (0.9, 0.6), (0.8, 0.6))
    ),
    *(
        Rule(f"present, but word at {share:g}, slope {slope:g}", word=share, slope=slope)
        for share, slope in ((0.2, 0), (0.35, 0), (0.5, 0), (0.4, 0.06), (0.6, 0.08), (0.7, 0.1))
    ),
    *(Rule(f"present, but least {least:g}", least=least) for least in (0.15, 0.175, 0.185, 0.205, 0.215, 0.235)),
    *(
        Rule(f"present, but {one:g} more beyond the peaks, {none:g} at none", beyond=(one, none))
        for one, none in ((0, 0), (0.02, 0.02), (0.02, 0.05), (0.02, 1), (0.04, 0.1))
    ),
    *(
        Rule(f"present, but asked less {errors} SE of all, least {least:g}", sure=certain(errors), least=least)
        for errors, least in ((0, 0.235), (0.5, 0.21), (1, 0.185), (2, 0.16))
    ),
)


def first(rule: Rule, seen: Seen) -> Said:
    """Return what a rule says first of each neuron."""
    tokens, topics = seen
    head = np.argmax(np.nan_to_num(rule.order(tokens), nan=-np.inf), axis=1)[:, None]
    strongest = np.take_along_axis(tokens.r, head, axis=1)
    if rule.nearly is not None:
        level = np.where(tokens.bare[:, :1], rule.nearly[1], rule.nearly[0])
        covers = tokens.covers == level
        head = np.where(covers.any(axis=1), covers.argmax(axis=1), head[:, 0])[:, None]
    needed = rule.word - 10 * rule.slope * (tokens.share - PEAK_WORD_SHARE)
    leads = tokens.word & (tokens.side > 0) & (tokens.r >= needed * strongest)
    head = np.where(leads.any(axis=1), leads.argmax(axis=1), head[:, 0])[:, None]
    own = Candidates(*(np.take_along_axis(column, head, axis=1) for column in tokens))
    every = Candidates(*map(np.hstack, zip(own, topics, strict=True)))
    sure = rule.sure(every)
    asked = np.where(every.share >= LEAST_COVERED, 0, rule.beyond[0])
    aloud = every.known & (sure >= rule.least + np.where(every.shown, asked, rule.beyond[1]))
    leading = np.where(aloud, sure, [0, -1, -2]).argmax(axis=1)[:, None]
    descriptor, side, validation, said = (
        np.take_along_axis(column, leading, axis=1)[:, 0]
        for column in (every.descriptor, every.side, every.validation, aloud)
    )
    return Said(descriptor, side, validation, said)
