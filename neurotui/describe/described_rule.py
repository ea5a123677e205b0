"""When something is said of a neuron, and what is said first: both rules are here and nowhere else.

A match is *described* if the calibration split gives enough evidence to tell it to a person. A text descriptor
is judged by its AUROC over texts (``text_described``), a token descriptor by its correlation with the activation
at tokens and by the words at which the exemplars peak (``token_described``). The match that comes first is what is
said of a neuron: ``leading`` chooses it among token descriptors, and ``may_lead`` says which match of either scope
may come before all others. ``studies/matching.py`` and ``studies/tokens.md`` compare these rules with others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import binom

from neurotui.describe.auroc import ALPHA, Scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.describe.weighted_scores import Correlations
    from neurotui.types import Side

    Mask = NDArray[np.bool_]
    Figures = NDArray[np.float64]

LEAST_AUROC = 0.7
"""A text descriptor is described if it is beyond chance and its AUROC minus one standard error is at least this.

"Beyond chance" is corrected for the number of pairs tried, so that no neuron is described where there is nothing
to find. The standard error is that of the single pair, so that most descriptions also hold on other texts.
"""

LEAST_CORRELATION = 0.193
"""The least correlation at tokens, minus a part of its standard error, of a match that comes first, and of a
token descriptor that is described.

How much of the error is taken off depends on how the descriptor was found: see ``ERRORS_IF_READ_OFF``.
"""

ERRORS_IF_READ_OFF = 0.5
"""How many of its standard errors are taken off the correlation of what is read off the words."""

ERRORS_IF_LEARNED = 1.0
"""The same for a class of words, which is itself learned from the activity at calibration tokens and so fits them
by luck as well."""

ERRORS_IF_TOPIC = 2
"""The same for a topic, a group of few texts, which is learned from calibration too."""

TOO_RARELY_AT_PEAKS = 0.2
"""A token descriptor that holds at this share of its side's peaks, or at less, is not described, whatever its
correlation: a person who reads the exemplars would not believe it. It is not asked where a side has no exemplars.
"""

LEAST_COVERED = 0.4
"""A descriptor covers the peaks if it holds where at least this share of the exemplars peak."""

EXTRA_IF_NOT_COVERED = 0.02
"""How much more than ``LEAST_CORRELATION`` is asked of a token descriptor that does not cover the peaks."""

LEAST_OF_SUREST = 0.95
"""A descriptor that covers the peaks comes before the most certain one if it has this share of its certainty."""

PEAK_WORD_SHARE = 0.5
"""A word at which at least this share of the top exemplars peak comes first."""

PEAK_WORD_LEAST_OF_STRONGEST = 0.45
"""It does if its correlation is at least so many times that of the most certain descriptor."""

PEAK_WORD_EASING = 0.8
"""The more exemplars peak at it, the smaller that factor: it falls by so many times the share above
``PEAK_WORD_SHARE``, to 0.05 where all exemplars peak at the word."""


def certainty(r: Figures, error: Figures, errors: Figures | float) -> Figures:
    """Return correlations `r` less so many `errors` of their standard `error`: an ``ERRORS_IF_...`` each."""
    return r - errors * error


class AtPeaks(NamedTuple):
    """At how many exemplars' peaks each descriptor holds, (neurons, descriptors), of how many, (neurons,)."""

    held: NDArray[np.int64]
    of: NDArray[np.int64]

    @property
    def share(self) -> Figures:
        """The share of the exemplars at whose peaks each descriptor holds; 0 where there are none."""
        return self.held / np.maximum(self.of, 1)[:, None]


class Peaking(NamedTuple):
    """Pairs at the peaks of their side's exemplars, all (neurons, k): they hold at ``held`` peaks ``of`` so many.

    ``share`` is the share of all tokens at which each descriptor holds.
    """

    held: NDArray[np.int64]
    of: NDArray[np.int64]
    share: Figures

    @property
    def covered(self) -> Figures:
        """The share of the exemplars at whose peaks each descriptor holds; 0 where there are none."""
        return self.held / np.maximum(self.of, 1)


def peaking(r: Figures, at_peaks: dict[Side, AtPeaks], share: Figures) -> Peaking:
    """Return all pairs at the peaks of the side on which their correlation `r` is; `share` (descriptors,)."""
    positive, negative = at_peaks[1], at_peaks[-1]
    held = np.where(r < 0, negative.held, positive.held)
    of = np.where(r < 0, negative.of[:, None], positive.of[:, None])
    return Peaking(held, of, np.broadcast_to(share, r.shape))


def text_described(scores: Scores) -> Mask:
    """Return which pairs of a neuron and a text descriptor are described, by the scores of one split.

    The result has the shape of the scores.
    """
    described: Mask = scores.beyond_chance & (scores.auroc - scores.error >= LEAST_AUROC)
    return described


def certain_enough(certain: Figures, peaks: Peaking) -> Mask:
    """Return which pairs are certain enough for the share of the peaks at which they hold: (neurons, k).

    None is that holds too rarely there.
    """
    seen = (peaks.of == 0) | (peaks.held > TOO_RARELY_AT_PEAKS * peaks.of)
    covers = (peaks.of > 0) & (peaks.held >= LEAST_COVERED * peaks.of)
    enough: Mask = seen & (certain >= LEAST_CORRELATION + np.where(covers, 0, EXTRA_IF_NOT_COVERED))
    return enough


def token_described(certain: Figures, scores: Scores, peaks: Peaking, pairs: int, contradicting: Mask) -> Mask:
    """Return which pairs of a neuron and a token descriptor are described: (neurons, k).

    `certain` is the correlation on calibration minus a part of its standard error. `scores` is of calibration,
    `pairs` the number of pairs that were tried, `contradicting` those of ``contradicts``. All but `pairs` are of
    the chosen pairs, (neurons, k).

    A pair is described if it is certain enough for the share of the peaks at which it holds, and beyond chance: by
    its AUROC, or by how many of the exemplars peak where it holds.
    """
    sure = certain_enough(certain, peaks)
    # The chance that so many exemplars peak at what holds at this share of the tokens, for any of all pairs.
    lifted = binom.sf(peaks.held - 1, peaks.of, peaks.share) * pairs < ALPHA
    described: Mask = sure & ~contradicting & (scores.beyond_chance | lifted)
    return described


def token_holds_up(certain: Figures, scores: Scores) -> Mask:
    """Return which pairs validation describes too, by the figures of that split alone: (neurons, k)."""
    holds_up: Mask = (certain >= LEAST_CORRELATION) & scores.beyond_chance
    return holds_up


def may_lead(described: Mask, certain: Figures) -> Mask:
    """Return which matches may come before all others of their neuron; of any one shape."""
    may: Mask = described & (certain >= LEAST_CORRELATION)
    return may


def contradicts(r: Figures, at_peaks: dict[Side, AtPeaks]) -> Mask:
    """Return which pairs would call a neuron negative, or silent, where its top exemplars peak.

    That may be so on average, but nobody who sees the exemplars would believe it.
    """
    contradicting: Mask = (r < 0) & (at_peaks[1].share >= LEAST_COVERED)
    return contradicting


def leading(
    found: Correlations,
    certain: Figures,
    at_peaks: dict[Side, AtPeaks],
    peaks: Peaking,
    exact: Mask,
) -> NDArray[np.int64]:
    """Return the token descriptor that comes first for each neuron: (neurons,).

    `found` and `certain` are (neurons, descriptors), `peaks` is what ``peaking`` makes of them and `at_peaks`, and
    `exact` (descriptors,) is as in ``TokenEvidence``.

    If any is certain enough for the share of the peaks at which it holds, the others do not count. Of those that
    are nearly as certain as the most certain one and cover the peaks, it is the one whose certainty times the
    share of the peaks is highest for the share of the tokens at which it holds; without such, the most certain
    one. But a word at which half of the top exemplars peak comes first, unless its correlation is much weaker, for
    how many peak there.
    """
    enough = certain_enough(certain, peaks)
    counted = np.where(enough | ~enough.any(axis=1, keepdims=True), certain, 0)
    surest = counted.argmax(axis=1)
    rows = np.arange(len(surest))
    nearly = counted >= LEAST_OF_SUREST * counted[rows, surest][:, None]
    near = (counted > 0) & nearly & (peaks.covered >= LEAST_COVERED)
    # What holds at half of the tokens holds at half of any peaks: by the root of its share it pays for that.
    worth = np.where(
        near, certain * peaks.covered / np.sqrt(np.maximum(peaks.share, np.finfo(float).tiny)), -np.inf
    )
    first = np.where(near.any(axis=1), worth.argmax(axis=1), surest)
    strongest = np.abs(found.r[rows, surest])[:, None]
    asked = PEAK_WORD_LEAST_OF_STRONGEST - PEAK_WORD_EASING * (at_peaks[1].share - PEAK_WORD_SHARE)
    word = exact & (at_peaks[1].share >= PEAK_WORD_SHARE) & (found.r >= asked * strongest)
    at_word = np.where(word, at_peaks[1].held + found.r / 2, 0)
    leads: NDArray[np.int64] = np.where(at_word.max(axis=1) > 0, at_word.argmax(axis=1), first)
    return leads
