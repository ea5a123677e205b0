"""Tokenise texts, with the position of each token in its text."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from neurotui.errors import UserError

if TYPE_CHECKING:
    from tokenizers import Encoding
    from transformers import PreTrainedTokenizerFast


# So that a text of a million characters costs no more than a long one. No tokenizer's pieces are this long
# on average, so that a text is cut by its tokens, not by this.
_CHARACTERS_A_TOKEN = 64


# What stands for a space in SentencePiece's tokens, and in those of GPT-2's kind.
_SPACES = "\N{LOWER ONE EIGHTH BLOCK}\N{LATIN CAPITAL LETTER G WITH DOT ABOVE}"


class TokenizedText(NamedTuple):
    """One text's tokens, of which those from ``first`` up to, not including, ``end`` count.

    ``body`` is the text that they cover; ``ends`` are the character offsets in it at which tokens end, which
    never decrease. ``cut`` says that more of the text was there than its end's white space.
    """

    body: str
    ids: list[int]
    ends: list[int]
    first: int
    end: int
    cut: bool = False


def tokenise(
    bodies: list[str], tokenizer: PreTrainedTokenizerFast, most: int, *, special: bool = False
) -> list[TokenizedText | None]:
    """Cut texts at `most` tokens, special ones included; None for a text without a token that counts.

    Text that looks like a special token is treated as ordinary text, unless `special`. A body is cut to what its
    tokens cover, after being cut to 64 characters a token.
    """
    if most <= tokenizer.num_special_tokens_to_add():
        # Tokenizers do not cut at all where no token of the text would be left.
        return [None] * len(bodies)
    cut = [body[: most * _CHARACTERS_A_TOKEN] for body in bodies]
    try:
        encoded = tokenizer(
            cut,
            truncation=True,
            max_length=most,
            split_special_tokens=not special,
            return_special_tokens_mask=True,
            return_attention_mask=False,
            return_token_type_ids=False,
            verbose=False,
        )
    except Exception as error:
        # The library behind it raises nothing more precise; anything else is a fault of ours.
        if type(error) is not Exception:
            raise
        raise UserError(
            f"the model's tokenizer cannot read a text: {error}", "copy the model's tokenizer.json again"
        ) from error
    found = [
        _span_without_special_tokens(body, encoding, most)
        for body, encoding in zip(cut, encoded.encodings, strict=True)
    ]
    return [
        one and one._replace(cut=len(one.body) < len(body.rstrip()))
        for one, body in zip(found, bodies, strict=True)
    ]


def _span_without_special_tokens(body: str, encoding: Encoding, most: int) -> TokenizedText | None:
    """Find the span of tokens between the special ones that the tokenizer added at the ends: those that count."""
    special = encoding.special_tokens_mask
    if 0 not in special:
        return None
    first = special.index(0)
    end = len(special) - special[::-1].index(0)
    offsets = encoding.offsets
    if _is_prefix(encoding, first):
        offsets[first] = (0, 0)
    # A special token stands nowhere, at 0: here it ends where the token before it does.
    ends = list(accumulate((span[1] for span in offsets), max))
    # A tokenizer that does not say where its tokens stand leaves the body whole.
    if len(special) >= most and ends[-1]:
        body = body[: ends[-1]]
    return TokenizedText(body, encoding.ids, ends, first, end)


def _is_prefix(encoding: Encoding, first: int) -> bool:
    """Say whether a text's first token is nothing but the space that SentencePiece puts before every text.

    It is said to cover the first character, which the token after it does.
    """
    if first + 1 >= len(encoding.ids) or encoding.offsets[first][0] != encoding.offsets[first + 1][0]:
        return False
    return not encoding.tokens[first].strip(_SPACES)
