"""Word families: words that share a stem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowballstemmer import stemmer

from neurotui.describe.features.protocol import Feature, grouped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neurotui.describe.features.protocol import Context

_SHOWN = 4


def find(context: Context) -> Iterator[Feature]:
    """Yield a feature for every family of two words or more; its name lists the commonest of them.

    Stems are those of English (Porter 2), which leaves words of most other languages as they are.
    """
    tokens = context.tokens
    stem = stemmer("english").stemWord
    groups = grouped((stem(key) for key in tokens.key), tokens.is_word)
    for places in groups.values():
        family = by_weight([tokens.key[place] for place in places.tolist()], tokens.weight[places].tolist())
        if len(family) > 1 and tokens.enough(places):
            yield Feature("stem", ", ".join(family[:_SHOWN]), places, tuple(family))


def by_weight(words: list[str], weights: list[float]) -> list[str]:
    """Return the distinct words, those of the greatest total weight first."""
    total: dict[str, float] = {}
    for word, weight in zip(words, weights, strict=True):
        total[word] = total.get(word, 0.0) + weight
    return sorted(total, key=lambda word: (-total[word], word))
