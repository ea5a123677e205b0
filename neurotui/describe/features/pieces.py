"""Pieces of words, as the model's tokenizer cuts them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from neurotui.describe.features.protocol import grouped, of_enough, with_its_word
from neurotui.describe.features.signs import called

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from neurotui.describe.features.protocol import Context, Feature, TokenTable


def find(context: Context) -> Iterator[Feature]:
    """Yield a feature for every piece that is not a whole word; hyphens say on which sides the word goes on."""
    tokens = context.tokens
    columns = zip(tokens.piece, tokens.opens, tokens.closes, tokens.is_word, strict=True)
    keys = (
        f"{'' if opens else '-'}{piece.casefold()}{'' if closes else '-'}"
        if is_word and piece and not (opens and closes)
        else None
        for piece, opens, closes, is_word in columns
    )
    yield from of_enough(tokens, "piece", grouped(keys), partial(_named, tokens))


def _named(tokens: TokenTable, piece: str, rows: NDArray[np.int64]) -> str:
    """Return what a piece is called; a sign inside words, as the apostrophe of ``don't``, by its name."""
    inner = piece.strip("-") or piece
    if any(map(str.isalnum, inner)):
        return with_its_word(tokens, piece, rows)
    return f"{called(inner)} inside a word"
