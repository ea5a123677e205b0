"""A model's tokenizer: loaded without running code of its maker's, and known by its hash."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from transformers import AutoTokenizer, PreTrainedTokenizerFast

from neurotui.errors import UserError
from neurotui.models.loading import loading_errors, quiet

if TYPE_CHECKING:
    from neurotui.models.activations import Blueprint


_SLOW = "the tokenizer in '{}', a {}, does not say where in a text its tokens stand"
_SLOW_HINT = "choose a model whose folder has a tokenizer.json"

# What a tokenizer is made from; without any of them transformers makes one that knows no word.
_TOKENIZER_FILES = ("tokenizer.json", "vocab.*", "*.model")


def load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """Return a model's tokenizer; ``UserError`` if there is none or it is not of the quick kind.

    It cuts texts at their end, whatever side it was saved with: what is shown of a text is then what was read.
    """
    quiet()
    if not any(file for pattern in _TOKENIZER_FILES for file in folder.glob(pattern)):
        kind = _class(folder)
        if kind:
            raise UserError(_SLOW.format(folder, kind), _SLOW_HINT)
        raise UserError(f"the folder '{folder}' has no tokenizer", "copy tokenizer.json there from the same model")
    with loading_errors(folder):
        tokenizer: object = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, use_fast=True)
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise UserError(_SLOW.format(folder, type(tokenizer).__name__), _SLOW_HINT)
    tokenizer.truncation_side = "right"
    return tokenizer


def _class(folder: Path) -> str:
    """Return the class that a tokenizer's settings name, "" where there is none."""
    try:
        return str(json.loads((folder / "tokenizer_config.json").read_bytes()).get("tokenizer_class") or "")
    except (OSError, ValueError, AttributeError, RecursionError):
        return ""


def tokenizer_hash(tokenizer: PreTrainedTokenizerFast) -> str:
    """Return the SHA-256 of all that decides how texts become tokens, as 64 hexadecimal digits."""
    description = tokenizer.backend_tokenizer.to_str()
    special = sorted(tokenizer.all_special_tokens)
    return hashlib.sha256(f"{description}\n{special}".encode()).hexdigest()


def most_tokens(model: Blueprint, tokenizer: PreTrainedTokenizerFast, wanted: int) -> int:
    """Return how many tokens of a text the model reads: `wanted`, or fewer where it has fewer positions.

    Raises ``UserError`` where no token of a text is among so many.
    """
    limits = [
        model.positions,
        getattr(model.config, "max_position_embeddings", None),
        getattr(model.config, "max_seq_len", None),  # MPT
        tokenizer.model_max_length,
    ]
    # 0 and null say nothing, and people have written a number as text.
    numbers = [float(str(limit)) for limit in limits if re.fullmatch(r"\d+(\.\d*)?(e\+?\d+)?", str(limit))]
    most = int(min([wanted, *(number for number in numbers if number > 0)]))
    special = tokenizer.num_special_tokens_to_add()
    if most <= special:
        raise UserError(
            f"of {most} tokens {special} are special, and none is left for a text",
            "choose a larger --max-tokens"
            if most == wanted
            else "mend 'model_max_length' in the model's tokenizer_config.json, or its 'max_position_embeddings'",
        )
    return most
