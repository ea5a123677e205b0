"""The input and output of token feature finders: ``Context`` and ``Feature``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST = 3
"""The fewest calibration places for which a feature must hold."""

FEWEST_TEXTS = 3
"""The fewest texts in which these stand."""

FEWEST_VALIDATION = 2
"""The fewest validation places for which a feature must hold."""

MOSTLY = 0.5
"""A word part of which more than this share occurs in one word is named with that word."""

MOST_PLACES = 0.6
"""A feature that holds at a greater share of the places distinguishes nothing, and is dropped."""


class Feature(NamedTuple):
    """A property of tokens: the ascending rows of ``TokenTable`` at which it holds.

    ``name`` is what a person would write. A class of words has the ``words`` that it covers, the most frequent
    first, and may be ``called`` by a name such as months.
    """

    kind: str
    name: str
    rows: NDArray[np.int64]
    words: tuple[str, ...] = ()
    called: str = ""


class TokenTable(NamedTuple):
    """Tokens with their words and neighbours, as columns: first the token sample, then others.

    The others, at which exemplars peak, have ``weight`` 0 and are not used as evidence. ``unit`` is the word or
    sign that a token is part of, as written ("" if none), ``key`` the same case-folded, and ``is_word`` says
    which of the two it is. ``piece`` is the token itself without the space before it; it ``opens`` or
    ``closes`` its unit if it is the unit's first or last token. ``before`` and ``after`` are the case-folded
    units on either side, "" at an end of the text. ``position`` counts the text's tokens from 0, ``from_end``
    backwards; ``in_sentence`` counts the sentence's units from 0, -1 for no unit.
    """

    text_id: NDArray[np.int32]
    calibration: NDArray[np.bool_]
    weight: NDArray[np.float32]
    unit: list[str]
    key: list[str]
    is_word: NDArray[np.bool_]
    piece: list[str]
    opens: NDArray[np.bool_]
    closes: NDArray[np.bool_]
    before: list[str]
    after: list[str]
    position: NDArray[np.int32]
    from_end: NDArray[np.int32]
    in_sentence: NDArray[np.int32]

    @property
    def learned(self) -> NDArray[np.float32]:
        """The weights of the calibration tokens, 0 for the others: what names are chosen by."""
        return self.weight * self.calibration

    @property
    def sampled(self) -> int:
        """How many of the tokens, the first ones, are those of the token sample."""
        return int(np.count_nonzero(self.weight))

    def sampled_of(self, groups: Iterable[NDArray[np.int64]]) -> int:
        """Return how many of some groups of rows, each rising, have a row in the token sample."""
        return sum(int(rows[0]) < self.sampled for rows in groups)

    def enough(self, rows: NDArray[np.int64]) -> bool:
        """Return whether a feature that holds at `rows` holds often enough to be matched and evaluated."""
        sampled = rows[: np.searchsorted(rows, self.sampled)]
        learned = sampled[self.calibration[sampled]]
        if len(learned) < FEWEST or len(sampled) - len(learned) < FEWEST_VALIDATION:
            return False
        return len(np.unique(self.text_id[learned])) >= FEWEST_TEXTS and len(sampled) <= MOST_PLACES * self.sampled


class Context(NamedTuple):
    """What finders work from: the tokens, and two spaces in which words can be near to one another.

    ``encode`` places words by their meaning: (words, dimensions), rows of length 1. ``activity`` places the
    sampled tokens by what the model does at them, (sampled tokens, dimensions) for each part of its layers, 0
    outside calibration.
    """

    tokens: TokenTable
    encode: Callable[[Sequence[str]], NDArray[np.float32]]
    activity: Sequence[NDArray[np.float32]]


def grouped(keys: Iterable[str | None], where: NDArray[np.bool_] | None = None) -> dict[str, NDArray[np.int64]]:
    """Return the rows of each key, in the order in which keys first occur; None and "" are no keys."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for row, key in enumerate(keys):
        if key and (where is None or where[row]):
            found[key].append(row)
    return {key: np.array(rows, np.int64) for key, rows in found.items()}


def commonest(spellings: Sequence[str], rows: NDArray[np.int64], weight: NDArray[np.float32]) -> str:
    """Return the most frequent spelling among the tokens, by weight; of ties the first."""
    return by_weight([spellings[row] for row in rows.tolist()], weight[rows].tolist())[0]


def by_weight(words: Sequence[str], weights: Sequence[float]) -> list[str]:
    """Return the distinct words, those of the greatest total weight first, and of equal ones the first."""
    total: dict[str, float] = {}
    for word, weight in zip(words, weights, strict=True):
        total[word] = total.get(word, 0.0) + weight
    return sorted(total, key=lambda word: -total[word])


def with_its_word(tokens: TokenTable, part: str, rows: NDArray[np.int64]) -> str:
    """Return a word part, with the word in which it mostly occurs if there is one: ``-uters (reuters)``."""
    learned = tokens.learned
    weights: dict[str, float] = {}
    for row in rows.tolist():
        weights[tokens.key[row]] = weights.get(tokens.key[row], 0.0) + float(learned[row])
    word = max(weights, key=weights.__getitem__)
    return f"{part} ({word})" if weights[word] > MOSTLY * sum(weights.values()) else part


def of_enough(
    tokens: TokenTable,
    kind: str,
    groups: dict[str, NDArray[np.int64]],
    name: Callable[[str, NDArray[np.int64]], str],
) -> Iterator[Feature]:
    """Yield a feature for each group of tokens that is large enough, under the name that `name` gives it."""
    for key, rows in groups.items():
        if tokens.enough(rows):
            yield Feature(kind, name(key, rows), rows)


def named(tokens: TokenTable, kind: str, holds: Iterable[tuple[str, NDArray[np.bool_]]]) -> Iterator[Feature]:
    """Yield a feature for each name and mask over the tokens, where it holds at enough of them."""
    for name, mask in holds:
        rows = np.flatnonzero(mask)
        if tokens.enough(rows):
            yield Feature(kind, name, rows)
