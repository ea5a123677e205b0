"""The rules that `studies/tokens.py` compares: what is said first of a neuron, and from when on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.describe.found import PREDICTS
from neurotui.describe.match_tokens import (
    _BEYOND_PEAKS,
    _EASED,
    _NEARLY,
    _NEARLY_IF_BARE,
    _PEAKING,
    _PEAKING_R,
    COVERED,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLOPES = ((0.5, 0.08), (0.6, 0.08), (0.7, 0.1))
WORD = (0.2, 0.3, 0.35, 0.4, 0.5)
NEARLY = (0.95, 0.9, 0.8, 0.75, 0.7, 0.6, 0.5)
IS_NEARLY = (_NEARLY, _NEARLY_IF_BARE)
PEAKING = _PEAKING


class Candidates(NamedTuple):
    """What might be said of some neurons, all (neurons, candidates), a descriptor perhaps more than once.

    ``r`` with its ``error``, the AUROC's lower ``bound``, average ``precision`` and ``lift``, the chance of as
    many exemplars peaking where it holds as do, are those of calibration and of the ``side`` on which r is
    positive. ``known`` is beyond chance, ``word`` what half of the top exemplars or more peak at, a ``share``.
    ``covers`` is above 0 for the one of the fewest tokens among those that hold at enough peaks and are so
    nearly as certain as the best; ``bare`` says that next to no exemplars peak at the most certain one,
    ``shown`` that some peak at this one.
    """

    descriptor: NDArray[np.int64]
    side: NDArray[np.int64]
    r: NDArray[np.float64]
    error: NDArray[np.float64]
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


def certain(errors: float) -> Callable[[Candidates], NDArray[np.float64]]:
    """Return an order: the correlation less so many standard errors."""
    return lambda seen: seen.r - errors * seen.error


class Rule(NamedTuple):
    """How token descriptors are ordered, when the peaks' word leads, and what is said aloud.

    The word leads if its r is ``word`` of the best one's, less ``slope`` for each tenth of the top exemplars
    above half that peak at it. Else what covers the peaks leads, if it is ``nearly`` as certain as the best:
    the first figure, or the second where the best is bare; None for no such rule. Heads are compared, and are
    asked for at least ``least``, by r less so many ``errors`` of token descriptors and of topics, and for
    ``beyond`` more where they do not speak of the peaks. What holds at no peak is not said, but for a 0 there.
    """

    name: str
    order: Callable[[Candidates], NDArray[np.float64]] = certain(1)
    nearly: tuple[float, float] | None = IS_NEARLY
    word: float = _PEAKING_R
    slope: float = _EASED / 10
    least: float = PREDICTS
    errors: tuple[float, float] = (1, 2)
    beyond: float = _BEYOND_PEAKS


NO_WORD = np.inf
PRESENT = Rule(
    f"present: r - 1 SE, nearly {IS_NEARLY[0]:g}, {IS_NEARLY[1]:g}, "
    f"word at {_PEAKING_R:g}, slope {_EASED / 10:g}, least {PREDICTS:g}"
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
    *(Rule(f"r - 1 SE, word at {share:g}", nearly=None, word=share, slope=0) for share in WORD),
    *(
        Rule(f"r - 1 SE, word at {share:g}, slope {slope:g}", nearly=None, word=share, slope=slope)
        for share, slope in SLOPES
    ),
    *(
        Rule(f"present, but nearly {one:g}, {bare:g}", nearly=(one, bare))
        for one, bare in ((0.95, 0.95), (0.95, 0.6), (0.9, 0.9), (0.9, 0.6), (0.8, 0.6))
    ),
    *(Rule(f"present, but word at {share:g}, slope 0", word=share, slope=0) for share in (0.35, 0.4)),
    Rule("present, but word at 0.6, slope 0.08", word=0.6, slope=0.08),
    *(Rule(f"present, but least {least:g}", least=least) for least in (0.15, 0.17, 0.19, 0.21, 0.23)),
    Rule("present, but peaks or not", beyond=0),
    Rule("present, but asked less 0 SE, topics 0", errors=(0, 0)),
    Rule("present, but asked less 1 SE, topics 1", errors=(1, 1)),
    Rule("present, but asked less 2 SE, topics 2", errors=(2, 2)),
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
    needed = rule.word - 10 * rule.slope * (tokens.share - PEAKING)
    leads = tokens.word & (tokens.side > 0) & (tokens.r >= needed * strongest)
    head = np.where(leads.any(axis=1), leads.argmax(axis=1), head[:, 0])[:, None]
    own = Candidates(*(np.take_along_axis(column, head, axis=1) for column in tokens))
    every = Candidates(*map(np.hstack, zip(own, topics, strict=True)))
    errors = np.array([rule.errors[0], rule.errors[1], rule.errors[1]])
    sure = every.r - errors * every.error
    speaks = every.share >= COVERED
    shown = every.shown | (rule.beyond == 0)
    aloud = every.known & (sure >= rule.least + rule.beyond * ~speaks) & shown
    leading = np.where(aloud, sure, [0, -1, -2]).argmax(axis=1)[:, None]
    descriptor, side, validation, said = (
        np.take_along_axis(column, leading, axis=1)[:, 0]
        for column in (every.descriptor, every.side, every.validation, aloud)
    )
    return Said(descriptor, side, validation, said)
