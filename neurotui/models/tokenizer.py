"""A model's tokenizer: loaded without running code of its maker's, and known by its hash."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from transformers import AutoTokenizer, PreTrainedTokenizerFast

from neurotui.errors import UserError
from neurotui.models.loading import loading_errors, quiet

if TYPE_CHECKING:
    from transformers import PretrainedConfig


# What a tokenizer is made from; without any of them transformers makes one that knows no word.
_TOKENIZER_FILES = ("tokenizer.json", "vocab.*", "*.model")


# Position embeddings of this family begin after the padding token's number.
_OFFSET_POSITIONS = {"roberta", "xlm-roberta", "camembert", "mpnet", "longformer", "xlm-roberta-xl"}


def load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """Return a model's tokenizer; ``UserError`` if there is none or it is not of the quick kind."""
    quiet()
    if not any(file for pattern in _TOKENIZER_FILES for file in folder.glob(pattern)):
        raise UserError(f"the folder '{folder}' has no tokenizer", "copy tokenizer.json there from the same model")
    with loading_errors(folder):
        tokenizer: object = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, use_fast=True)
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise UserError(
            f"the tokenizer in '{folder}' has no tokenizer.json",
            "save it once with: AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)",
        )
    return tokenizer


def tokenizer_hash(tokenizer: PreTrainedTokenizerFast) -> str:
    """Return the SHA-256 of all that decides how texts become tokens, as 64 hexadecimal digits."""
    description = tokenizer.backend_tokenizer.to_str()
    special = sorted(tokenizer.all_special_tokens)
    return hashlib.sha256(f"{description}\n{special}".encode()).hexdigest()


def most_tokens(config: PretrainedConfig, tokenizer: PreTrainedTokenizerFast, wanted: int) -> int:
    """Return how many tokens of a text the model reads: `wanted`, or fewer where it has fewer positions."""
    positions = getattr(config, "max_position_embeddings", None) or wanted
    if config.model_type in _OFFSET_POSITIONS:
        positions -= (config.pad_token_id or 0) + 1
    return int(min(wanted, positions, tokenizer.model_max_length))
