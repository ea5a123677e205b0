"""Classes of words: months, numbers, kinship, negation, found as clusters of words in a space of meanings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.cluster import KMeans

from neurotui.describe.features.protocol import Feature, grouped
from neurotui.describe.features.stems import by_weight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neurotui.describe.features.protocol import Context

# Coarse and fine: a level is used where its classes have words enough to speak of.
LEVELS = (40, 120, 300)
_WORDS_A_CLASS = 4
_SHOWN = 3


def find(context: Context) -> Iterator[Feature]:
    """Yield the classes of every level, learned from the words of the calibration places alone.

    A word that stands at validation places only joins the class that it is nearest to. The name lists the
    commonest words of the class.
    """
    tokens = context.tokens
    groups = grouped(tokens.key, tokens.is_word)
    names = [str(key) for key in groups]
    if not names:
        return
    vectors = context.encode(names)
    learned = np.array([tokens.calibration[places].any() for places in groups.values()], np.bool_)
    own = list(groups.values())
    for level in LEVELS:
        if level * _WORDS_A_CLASS > learned.sum():
            break
        grouping = KMeans(level, n_init=1, random_state=0).fit(vectors[learned])
        of_word = grouping.predict(vectors)
        for number in range(level):
            members = np.flatnonzero(of_word == number)
            if len(members) < 2:  # noqa: PLR2004 - one word is no class
                continue
            places = np.sort(np.concatenate([own[member] for member in members.tolist()]))
            weights = [float(tokens.weight[own[member]].sum()) for member in members.tolist()]
            listed = by_weight([names[member] for member in members.tolist()], weights)
            if tokens.enough(places):
                yield Feature("class", ", ".join(listed[:_SHOWN]), places, tuple(listed))
