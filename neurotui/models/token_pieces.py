"""The piece of text behind each token; joined, the pieces of a text give the text.

Tokenizers mark where a word begins or goes on, each kind in its own way; which kind one is stands in its
description, not in its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")
_WORD_START = "\N{LOWER ONE EIGHTH BLOCK}"
UNKNOWN_PIECE = "\N{REPLACEMENT CHARACTER}"


def vocabulary(tokenizer: PreTrainedTokenizerFast) -> list[tuple[int, str, bool]]:
    """Return every token as (id, piece, special), ids rising; special tokens keep their name."""
    read = _reading(json.loads(tokenizer.backend_tokenizer.to_str()))
    special = set(tokenizer.all_special_ids)
    literal = {token_id: token.content for token_id, token in tokenizer.added_tokens_decoder.items()}
    return [
        (token_id, literal[token_id] if token_id in literal else read(token), token_id in special)
        for token, token_id in sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    ]


def _reading(description: dict[str, Any]) -> Callable[[str], str]:
    """Return what turns a token of this kind of tokenizer into its piece."""
    model = description["model"]
    steps = {step for part in ("decoder", "pre_tokenizer") for step in _steps(description.get(part))}
    if model.get("type") == "WordPiece":
        prefix = model.get("continuing_subword_prefix", "##")
        return lambda token: token.removeprefix(prefix) if token.startswith(prefix) else f" {token}"
    if "ByteLevel" in steps:
        return _byte_level
    if model.get("end_of_word_suffix"):
        suffix = model["end_of_word_suffix"]
        return lambda token: f"{token.removesuffix(suffix)} " if token.endswith(suffix) else token
    if model.get("type") == "WordLevel":
        return lambda token: f" {token}"
    return _sentence_piece


def _steps(part: Any) -> Iterator[str]:  # noqa: ANN401 - a branch of the description, of any depth
    """Yield the kinds of all steps of a decoder or a pre-tokenizer."""
    if not isinstance(part, dict):
        return
    yield part["type"]
    for step in part.get("decoders") or part.get("pretokenizers") or ():
        yield from _steps(step)


def _byte_level(token: str) -> str:
    data = bytearray()
    for character in token:
        if character in _BYTE_OF:
            data.append(_BYTE_OF[character])
        else:
            data.extend(character.encode("utf-8", "replace"))
    return data.decode("utf-8", "replace")


def _sentence_piece(token: str) -> str:
    byte = _BYTE.fullmatch(token)
    if byte:
        return bytes([int(byte[1], 16)]).decode("utf-8", "replace")
    return token.replace(_WORD_START, " ")


def _byte_characters() -> dict[str, int]:
    """Return which byte each character of a byte-level vocabulary stands for (GPT-2's table)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in set(printable)]
    table = {chr(byte): byte for byte in printable}
    table.update({chr(0x100 + place): byte for place, byte in enumerate(others)})
    return table


_BYTE_OF = _byte_characters()
