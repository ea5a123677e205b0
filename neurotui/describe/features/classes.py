"""Classes of words: months, numbers, kinship, negation, prepositions.

Words are near to one another in two ways: by what they mean (the sentence encoder's vectors of single words),
and by what the model does at them (the mean activity at their tokens), which puts together words of one
grammatical sort. Clusters of either kind are classes, coarse and fine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from sklearn.cluster import KMeans

from neurotui.describe.features.closed_classes import name_of
from neurotui.describe.features.protocol import Feature, by_weight, grouped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.describe.features.protocol import Context, TokenTable

# A level is used where its classes have words enough to speak of.
_LEVELS = (20, 60, 150, 300)
_WORDS_A_CLASS = 4
_SHOWN = 4
# A word that stands at fewer calibration places has no mean activity worth the name.
_FEWEST_PLACES = 3
# At so many places the mean of a word is drawn by half to that of all words.
_HALF_SURE = 2
# As many dimensions of activity tell words apart; the rest is noise.
_DIMENSIONS = 64


class _Word(NamedTuple):
    """A word with the tokens that are part of it: all of them, and those of calibration places."""

    name: str
    rows: NDArray[np.int64]
    learned: NDArray[np.int64]


def find(context: Context) -> Iterator[Feature]:
    """Yield the classes of every level by meaning and by activity; the name lists a class's commonest words.

    They are learned from the words of calibration places alone. A word that stands elsewhere only joins the
    class that it is nearest to by meaning; by activity it joins none.
    """
    tokens = context.tokens
    words = [
        _Word(name, rows, _learned(tokens, rows)) for name, rows in grouped(tokens.key, tokens.is_word).items()
    ]
    seen: set[tuple[str, ...]] = set()
    by_activity = (members for activity in context.activity for members in _by_activity(activity, words))
    for members in (*_by_meaning(context, words), *by_activity):
        listed = tuple(sorted(word.name for word in members))
        if tokens.sampled_of(word.rows for word in members) > 1 and listed not in seen:
            seen.add(listed)
            yield from _class(tokens, members)


def named_class(called: str, words: Sequence[str]) -> str:
    """Return how a class is called: by its name, if it has one, and some of its words."""
    listed = ", ".join(words)
    return f"{called}: {listed}" if called else listed


def _learned(tokens: TokenTable, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    sampled = rows[: np.searchsorted(rows, tokens.sampled)]
    return sampled[tokens.calibration[sampled]]


def _class(tokens: TokenTable, members: list[_Word]) -> Iterator[Feature]:
    rows = np.sort(np.concatenate([word.rows for word in members]))
    if tokens.enough(rows):
        learned = tokens.learned
        weights = [float(learned[word.rows].sum()) for word in members]
        names = [word.name for word in members]
        listed = by_weight(names, weights)
        called = name_of(names, weights)
        yield Feature("class", named_class(called, listed[:_SHOWN]), rows, tuple(listed), called)


def _by_meaning(context: Context, words: list[_Word]) -> Iterator[list[_Word]]:
    """Yield classes of words that mean the like."""
    vectors = context.encode([word.name for word in words])
    space = vectors[np.array([len(word.learned) > 0 for word in words], np.bool_)]
    for level in _levels(space):
        labels = _clusters(space, level)
        centres = np.stack([space[labels == number].mean(axis=0) for number in range(level)])
        nearest = (vectors @ centres.T - (centres**2).sum(axis=1) / 2).argmax(axis=1)
        yield from _gathered(words, nearest, level)


def _by_activity(activity: NDArray[np.float32], words: list[_Word]) -> Iterator[list[_Word]]:
    """Yield classes of words at which the model does the like: those that stand at several places."""
    known = [word for word in words if len(word.learned) >= _FEWEST_PLACES]
    if not known:
        return
    means = np.stack([activity[word.learned].mean(axis=0) for word in known])
    places = np.array([len(word.learned) for word in known])
    centred = (means - means.mean(axis=0)) * np.sqrt(places / (places + _HALF_SURE))[:, None]
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    space = left[:, :_DIMENSIONS] * sizes[:_DIMENSIONS]
    space /= np.linalg.norm(space, axis=1, keepdims=True) + np.finfo(np.float32).tiny
    for level in _levels(space):
        yield from _gathered(known, _clusters(space, level), level)


def _levels(space: NDArray[np.float32]) -> list[int]:
    """Return the levels for which the space has words enough, each place counted once.

    Words that an encoder has never seen all lie at one place, and are no class.
    """
    places = len(np.unique(space, axis=0))
    return [level for level in _LEVELS if level * _WORDS_A_CLASS <= places]


def _clusters(space: NDArray[np.float32], level: int) -> NDArray[np.int32]:
    labels: NDArray[np.int32] = KMeans(level, n_init=1, random_state=0).fit_predict(space)
    return labels


def _gathered(words: list[_Word], labels: NDArray[np.integer], level: int) -> list[list[_Word]]:
    gathered: list[list[_Word]] = [[] for _ in range(level)]
    for word, label in zip(words, labels.tolist(), strict=True):
        gathered[label].append(word)
    return gathered
