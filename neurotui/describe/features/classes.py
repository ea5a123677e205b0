"""Classes of words: months, numbers, kinship, negation, prepositions.

Words are near to one another in two ways: by what they mean (the sentence encoder's vectors of single words),
and by what the model does at them (the mean activity at their tokens), which puts together words of one
grammatical sort. Clusters of either kind are classes, coarse and fine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.cluster import KMeans

from neurotui.describe.features.protocol import Feature, by_weight, grouped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from neurotui.describe.features.protocol import Context, Tokens

# A level is used where its classes have words enough to speak of.
_LEVELS = (20, 60, 150, 300)
_WORDS_A_CLASS = 4
_SHOWN = 4
# As many dimensions of activity tell words apart; the rest is noise.
_DIMENSIONS = 64
# A word's mean activity counts half where it stands at so many places.
_HALF_SURE = 2


def find(context: Context) -> Iterator[Feature]:
    """Yield the classes of every level by meaning and by activity.

    They are learned from the words of calibration places alone; a word that stands elsewhere only joins the
    class that it is nearest to by meaning. The name lists the commonest words of the class.
    """
    tokens = context.tokens
    groups = grouped(tokens.key, tokens.is_word)
    names, rows = list(groups), list(groups.values())
    sampled = tokens.weight > 0
    learned = np.array([bool((sampled & tokens.calibration)[own].any()) for own in rows], np.bool_)
    if not learned.any():
        return
    meaning = context.encode(names)
    known = [own for own, kept in zip(rows, learned, strict=True) if kept]
    found: set[tuple[int, ...]] = set()
    for space, mask in ((meaning, learned), (_by_activity(context, known), None)):
        for level in _LEVELS:
            if level * _WORDS_A_CLASS > learned.sum():
                break
            of_word = _clusters(space if mask is None else space[mask], level)
            if mask is None:
                members = [np.flatnonzero(learned)[of_word == number] for number in range(level)]
            else:
                every = _nearest(space, space[mask], of_word)
                members = [np.flatnonzero(every == number) for number in range(level)]
            for own in members:
                if len(own) > 1 and tuple(own.tolist()) not in found:
                    found.add(tuple(own.tolist()))
                    yield from _class(tokens, [names[word] for word in own], [rows[word] for word in own])


def _class(tokens: Tokens, words: list[str], rows: list[NDArray[np.int64]]) -> Iterator[Feature]:
    together = np.sort(np.concatenate(rows))
    if tokens.enough(together):
        listed = by_weight(words, [float(tokens.weight[own].sum()) for own in rows])
        yield Feature("class", ", ".join(listed[:_SHOWN]), together, tuple(listed))


def _by_activity(context: Context, rows: list[NDArray[np.int64]]) -> NDArray[np.float32]:
    """Return each word's mean activity at its calibration places: (words, dimensions), rows of length 1.

    The mean of few places is drawn to that of all: by 1/2 where there are ``_HALF_SURE``.
    """
    tokens = context.tokens
    means = []
    for own in rows:
        places = own[(own < tokens.sampled)]
        places = places[tokens.calibration[places]]
        means.append(context.activity[places].mean(axis=0) * np.sqrt(len(places) / (len(places) + _HALF_SURE)))
    centred = np.stack(means) - np.mean(means, axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    space = left[:, :_DIMENSIONS] * sizes[:_DIMENSIONS]
    space /= np.linalg.norm(space, axis=1, keepdims=True) + np.finfo(np.float32).tiny
    placed: NDArray[np.float32] = space.astype(np.float32)
    return placed


def _clusters(space: NDArray[np.float32], level: int) -> NDArray[np.int32]:
    labels: NDArray[np.int32] = KMeans(level, n_init=1, random_state=0).fit_predict(space)
    return labels


def _nearest(
    space: NDArray[np.float32], learned: NDArray[np.float32], of_word: NDArray[np.int32]
) -> NDArray[np.intp]:
    """Return the cluster whose centre is nearest to each row of `space`."""
    centres = np.stack([learned[of_word == number].mean(axis=0) for number in range(of_word.max() + 1)])
    nearest: NDArray[np.intp] = (space @ centres.T - (centres**2).sum(axis=1) / 2).argmax(axis=1)
    return nearest
