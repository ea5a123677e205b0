"""What a finder of token features is given, and what it yields."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

FEWEST, FEWEST_TEXTS, FEWEST_VALIDATION = 5, 4, 2
"""At so many calibration places, in so many texts, and at so many validation places a feature must hold."""

MOST = 0.6
"""A feature that holds at a greater share of the places tells nothing apart."""


class Feature(NamedTuple):
    """Something that holds at some tokens: ``places`` (rising) of the token sample.

    ``name`` is what a person would write; ``words`` are those that it covers, most frequent first, of which a
    class of words is named anew.
    """

    kind: str
    name: str
    places: NDArray[np.int64]
    words: tuple[str, ...] = ()


class Tokens(NamedTuple):
    """The tokens of a sample, in place order; every column has one entry a place.

    ``unit`` is the word or the sign that a token is part of, as it is written ("" where it is part of none),
    ``key`` the same case-folded, ``is_word`` whether it is a word. ``piece`` is the token itself without the
    space before it; it ``opens`` and ``closes`` its unit where it is its first or last token. ``before`` and
    ``after`` are the case-folded units on either side; "" at an end of the text. ``position`` counts the text's
    tokens from 0, ``from_end`` backwards; ``starts`` says that a sentence begins with the unit.
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
    starts: NDArray[np.bool_]

    def enough(self, places: NDArray[np.int64]) -> bool:
        """Say whether a feature that holds at `places` can be tied to neurons and judged."""
        learned = places[self.calibration[places]]
        if len(learned) < FEWEST or len(places) - len(learned) < FEWEST_VALIDATION:
            return False
        return len(np.unique(self.text_id[learned])) >= FEWEST_TEXTS and len(places) <= MOST * len(self.unit)


class Context(NamedTuple):
    """What finders work from: the tokens, and for classes of words a way to place words in a space of meanings."""

    tokens: Tokens
    encode: Callable[[Sequence[str]], NDArray[np.float32]]


def grouped(
    keys: Iterable[Hashable | None], where: NDArray[np.bool_] | None = None
) -> dict[Hashable, NDArray[np.int64]]:
    """Return the places of each key, in the order in which keys first occur; None and "" are no keys."""
    found: defaultdict[Hashable, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        if key not in (None, "") and (where is None or where[place]):
            found[key].append(place)
    return {key: np.array(places, np.int64) for key, places in found.items()}


def commonest(spellings: Sequence[str], places: NDArray[np.int64], weight: NDArray[np.float32]) -> str:
    """Return the spelling that stands at most of the places, by weight; of equal ones the first."""
    total: defaultdict[str, float] = defaultdict(float)
    for place in places.tolist():
        total[spellings[place]] += float(weight[place])
    return max(total, key=total.__getitem__)


def of_enough(
    tokens: Tokens,
    kind: str,
    groups: dict[Hashable, NDArray[np.int64]],
    name: Callable[[Hashable, NDArray[np.int64]], str],
) -> Iterator[Feature]:
    """Yield a feature for each group of places that is large enough, under the name that `name` gives it."""
    for key, places in groups.items():
        if tokens.enough(places):
            yield Feature(kind, name(key, places), places)
