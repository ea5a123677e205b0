"""Word families: words that share a stem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snowballstemmer import stemmer

from neurotui.describe.features.protocol import Feature, by_weight, grouped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neurotui.describe.features.protocol import Context

_SHOWN = 4


def find(context: Context) -> Iterator[Feature]:
    """Yield a feature for every family of two words or more; its name lists the commonest of them.

    Stems are those of English (Porter 2), which leaves words of most other languages as they are.
    """
    tokens = context.tokens
    stem, learned = stemmer("english").stemWord, tokens.learned
    for rows in grouped((stem(key) for key in tokens.key), tokens.is_word).values():
        family = by_weight([tokens.key[row] for row in rows.tolist()], learned[rows].tolist())
        sampled = {tokens.key[row] for row in rows.tolist() if row < tokens.sampled}
        if len(sampled) > 1 and tokens.enough(rows):
            yield Feature("stem", ", ".join(family[:_SHOWN]), rows)
