"""How far annotators agree, beyond what chance would give: raw, Cohen's kappa, Krippendorff's alpha, Gwet's AC1.

Ratings are a matrix (items, annotators) of category codes from 0, with -1 where an annotator did not rate an item.
Intervals are 95 % percentile intervals from drawing items again (Efron 1979), with a fixed seed: the same ratings
give the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from neurotui.evaluate.bootstrap import Figure
from neurotui.evaluate.distances import Nominal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from neurotui.evaluate.distances import Cosine, Distance

MISSING = -1
"""The code of an item that an annotator did not rate."""

FEW = 100
"""With fewer items in common than this, a value alone means little."""

_DRAWS = 1000
_AT_ONCE = 100  # draws held in memory together
_SEED = 0
_PAIR = 2
_MOST_PAIRS = (
    200  # of more the mean of kappas is not computed: it takes as long as all other coefficients together
)


class Coefficients(NamedTuple):
    """How far annotators agree: with intervals; ``of`` counts the items that two or more rated.

    ``raw`` is the share of pairs of ratings that are equal; for more than two annotators, averaged over items
    (Fleiss 1971). ``kappa`` is Cohen's (1960); for more than two annotators the mean of the pairs' (Light 1971),
    of up to 200 pairs.
    ``alpha`` is Krippendorff's (2011), nominal, and ``ac1`` Gwet's (2008). 1 is full agreement and 0 is chance;
    a value is None where nothing was rated twice, or where chance alone would already agree fully.
    """

    raw: Figure
    kappa: Figure
    alpha: Figure
    ac1: Figure


def coefficients(ratings: NDArray[np.integer], categories: int) -> Coefficients:
    """Return how far annotators agree; ratings (items, annotators), of `categories` possible ones.

    For two annotators only the items that both rated count. For more, an item that one alone rated counts for how
    common its category is by Gwet's AC1, as in his formula, and for nothing else.
    """
    found = _Ratings.of(ratings, categories)

    def of(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.stack([getattr(found, name)(weights) for name in Coefficients._fields])

    return Coefficients(*_with_intervals(of, found))


def alpha_by(ratings: NDArray[np.integer], categories: int, distance: Distance) -> Figure:
    """Return Krippendorff's alpha with a distance between categories; ratings (items, annotators)."""
    found = _Ratings.of(ratings, categories, distance)
    return _with_intervals(lambda weights: found.alpha(weights)[None], found)[0]


def share_near(ratings: NDArray[np.integer], categories: int, distance: Cosine, cosine: float) -> Figure:
    """Return the share of pairs of ratings whose vectors have at least this cosine, averaged over items."""
    found = _Ratings.of(ratings, categories)
    near = found.mean_over_pairs(
        lambda first, second: (first == second) | (distance.cosine(first, second) >= cosine)
    )
    return _with_intervals(lambda weights: _ratio(weights @ near, weights @ found.twice)[None], found)[0]


def why_little(ratings: NDArray[np.integer], names: Sequence[str], item: str = "neuron") -> list[str]:
    """Return, in sentences, why coefficients of these ratings mean little: few items, or one category alone.

    Of two annotators it is enough that one has said one alone.

    ``ratings`` (items, annotators); `names` are those of the categories, by code.
    """
    ratings = np.asarray(ratings)
    twice = (ratings != MISSING).sum(axis=1) >= _PAIR
    common = int(twice.sum())
    if not common:
        return [f"no {item} in common: there is nothing to compare"]
    told = []
    if common < FEW:
        said = f"1 {item}" if common == 1 else f"{common} {item}s"
        told.append(f"only {said} in common: with fewer than {FEW}, go by the intervals")
    used = np.unique(ratings[twice])
    used = used[used != MISSING]
    if len(used) == 1:
        told.append(f"only '{names[int(used[0])]}' was said: kappa and alpha cannot tell that from chance")
    elif ratings.shape[1] == _PAIR and common > 1:
        alone = [own[0] for own in ratings[twice].T if (own == own[0]).all()]
        if alone:
            told.append(f"one of the two said only '{names[int(alone[0])]}': kappa is 0 whatever the other says")
    return told


@dataclass(frozen=True)
class _Ratings:
    """Ratings of kinds of items: equal rows are one kind, and ``kind_of`` (items,) says which an item is of.

    Every statistic is of rows of weights (draws, kinds): how many items of each kind were drawn.
    """

    codes: NDArray[np.int64]
    kind_of: NDArray[np.int64]
    categories: int
    distance: Distance

    @classmethod
    def of(cls, ratings: NDArray[np.integer], categories: int, distance: Distance | None = None) -> _Ratings:
        codes = np.asarray(ratings, np.int64)
        rated = (codes != MISSING).sum(axis=1)
        codes = codes[rated >= (_PAIR if codes.shape[1] == _PAIR else 1)]
        kinds, kind_of = np.unique(codes, axis=0, return_inverse=True)
        return cls(kinds, kind_of.reshape(-1), categories, distance or Nominal())

    @cached_property
    def rated(self) -> NDArray[np.int64]:
        """How many annotators rated a kind."""
        count: NDArray[np.int64] = (self.codes != MISSING).sum(axis=1)
        return count

    @cached_property
    def twice(self) -> NDArray[np.float64]:
        """1 for each kind that two or more rated, else 0."""
        return (self.rated >= _PAIR).astype(np.float64)

    @cached_property
    def same(self) -> NDArray[np.float64]:
        """The share of a kind's pairs of ratings that are equal; 0 where fewer than two rated it."""
        return self.mean_over_pairs(lambda first, second: first == second)

    @cached_property
    def apart(self) -> NDArray[np.float64]:
        """The mean distance of a kind's pairs of ratings; 0 where fewer than two rated it."""
        return self.mean_over_pairs(self.distance.between)

    @cached_property
    def pairs(self) -> list[tuple[int, int]]:
        """Every pair of annotators who rated an item in common."""
        rated = (self.codes != MISSING).astype(np.float64)
        first, second = np.nonzero(np.triu(rated.T @ rated, 1))
        return list(zip(first.tolist(), second.tolist(), strict=True))

    @cached_property
    def in_pairs(self) -> NDArray[np.float64]:
        """For each of the pairs 1 where both rated a kind; behind them, 1 where they rated it the same."""
        first, second = (self.codes[:, list(one)] for one in zip(*self.pairs, strict=True))
        both = (first != MISSING) & (second != MISSING)
        return np.concatenate([both, both & (first == second)], axis=1).astype(np.float64)

    @cached_property
    def flat(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Every rating as its kind and its code."""
        kinds, annotators = np.nonzero(self.codes != MISSING)
        return kinds, self.codes[kinds, annotators]

    def mean_over_pairs(self, measure: _Measure) -> NDArray[np.float64]:
        """Return the mean of a measure over the pairs of each kind's ratings; 0 where there is none."""
        sums = np.zeros(len(self.codes))
        # It does not matter here who rated: ratings move to the first columns, so that fewer pairs remain.
        packed = -np.sort(-self.codes, axis=1)[:, : self.rated.max(initial=0)]
        for one, other in combinations(packed.T, 2):
            both = (one != MISSING) & (other != MISSING)
            sums[both] += measure(one[both], other[both])
        return sums / np.maximum(self.rated * (self.rated - 1) / 2, 1)

    def raw(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Observed agreement: Fleiss (1971); with missing ratings Gwet (2014)."""
        return _ratio(weights @ self.same, weights @ self.twice)

    def kappa(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Cohen (1960), ``(po - pe) / (1 - pe)`` with ``pe = sum p1c p2c``; the mean over pairs (Light 1971)."""
        found = np.full((len(weights), max(len(self.pairs), 1)), np.nan)
        if not 0 < len(self.pairs) <= _MOST_PAIRS:
            return found[:, 0]
        totals, same = np.split(weights @ self.in_pairs, 2, axis=1)
        for place, pair in enumerate(self.pairs):
            one, other = self.codes[:, pair[0]], self.codes[:, pair[1]]
            both = np.flatnonzero((one != MISSING) & (other != MISSING))
            first, second = (_tally(weights, both, codes[both], self.categories) for codes in (one, other))
            chance = _ratio(np.einsum("dc,dc->d", first, second), totals[:, place] ** 2)
            found[:, place] = _beyond(_ratio(same[:, place], totals[:, place]), chance)
        return _ratio(np.nansum(found, axis=1), (~np.isnan(found)).sum(axis=1).astype(np.float64))

    def alpha(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Krippendorff (2011), part C: ``1 - Do / De``; observed within items, expected over all of them.

        An item of ``m`` ratings weighs ``m``: its pairs are divided by ``m - 1``.
        """
        paired = self.rated * self.twice
        total = weights @ paired
        kinds, codes = self.flat
        kept = self.twice[kinds] > 0
        counts = _tally(weights, kinds[kept], codes[kept], self.categories)
        expected = _ratio(self.distance.total(counts), total * (total - 1))
        return 1 - _ratio(_ratio(weights @ (self.apart * paired), total), expected)

    def ac1(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Gwet (2008): chance is ``sum pc (1 - pc) / (q - 1)``, pc the mean share of an item's ratings in c."""
        kinds, codes = self.flat
        counts = _tally(weights / self.rated, kinds, codes, self.categories)
        common = _ratio(counts, weights.sum(axis=1)[:, None])
        chance = (common * (1 - common)).sum(axis=1) / max(self.categories - 1, 1)
        return _beyond(self.raw(weights), chance)


class _Measure(Protocol):
    def __call__(
        self, first: NDArray[np.int64], second: NDArray[np.int64], /
    ) -> NDArray[np.float64] | NDArray[np.bool_]: ...


class _Statistics(Protocol):
    def __call__(self, weights: NDArray[np.float64], /) -> NDArray[np.float64]: ...


def _tally(
    weights: NDArray[np.float64], kinds: NDArray[np.int64], codes: NDArray[np.int64], categories: int
) -> NDArray[np.float64]:
    """Return how often each category was given in each draw: (draws, categories)."""
    return np.array([np.bincount(codes, row[kinds], categories) for row in weights])


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore", divide="ignore"):
        quotient: NDArray[np.float64] = np.where(below > 0, above / below, np.nan)
        return quotient


def _beyond(observed: NDArray[np.float64], chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return agreement beyond chance, as a share of what was possible; NaN where chance agrees fully."""
    return _ratio(observed - chance, 1 - chance)


def _with_intervals(statistics: _Statistics, ratings: _Ratings) -> list[Figure]:
    """Return each statistic of all items, with its interval from drawing as many items again."""
    kinds, items = len(ratings.codes), len(ratings.kind_of)
    whole = np.bincount(ratings.kind_of, minlength=kinds).astype(np.float64)[None]
    of = int(whole[0] @ ratings.twice)
    values = statistics(whole)[:, 0]
    if not of:
        return [Figure(None, None, None, 0) for _ in values]
    random = np.random.default_rng(_SEED)
    drawn = []
    for _ in range(_DRAWS // _AT_ONCE):
        places = (ratings.kind_of[random.integers(0, items, items)] for _ in range(_AT_ONCE))
        weights = np.array([np.bincount(place, minlength=kinds) for place in places], np.float64)
        drawn.append(statistics(weights))
    return [_figure(value, row, of) for value, row in zip(values, np.concatenate(drawn, axis=1), strict=True)]


def _figure(value: float, drawn: NDArray[np.float64], of: int) -> Figure:
    known = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not len(known):
        return Figure(None, None, None, of)
    lower, upper = np.percentile(known, [2.5, 97.5])
    return Figure(float(value), float(lower), float(upper), of)
