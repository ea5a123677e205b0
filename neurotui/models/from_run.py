"""A run's model, found again and loaded as it was when the run was made: the same activations, on any text."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Generic, TypeVar

from neurotui.errors import UserError
from neurotui.models.checkpoint import locate, weights_hash
from neurotui.models.dtype import SAID_DTYPE
from neurotui.models.hooked import Model, reproducible
from neurotui.models.tokenizer import load_tokenizer, tokenizer_hash
from neurotui.models.tokens import TokenizedText, tokenise

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from neurotui.models.dtype import Dtype

M = TypeVar("M", bound=Model)

_WAY_OUT = "name the folder that holds it with --model"
_OTHER = "that would be another model's answer; name the folder of the run's own with --model"


class Again(Generic[M]):
    """A run's model and its tokenizer; the run cut its texts at ``max_tokens`` and computed as ``dtype`` says.

    `meta` is what the run says of itself; `named` is the model's folder or name, if it is not where the run
    says. A model that the run names is never fetched from the hub. Raises ``UserError`` where the model is not
    there, or its weights or its tokenizer are not those of the run.
    """

    def __init__(self, meta: Mapping[str, str], kind: type[M], *, named: str = "") -> None:
        folder = _found(meta, named)
        said = {words: dtype for dtype, words in SAID_DTYPE.items()}
        self.dtype: Dtype = said.get(meta.get("dtype", ""), "auto")
        self.tokenizer = load_tokenizer(folder)
        if tokenizer_hash(self.tokenizer) != meta.get("tokenizer"):
            raise UserError(f"the tokenizer in '{folder}' is not the one that the run was made with", _OTHER)
        self.max_tokens = int(meta["max_tokens"])
        self.model: M = kind(folder, dtype="bfloat16" if self.dtype == "bfloat16" else "float32")

    def tokens(self, text: str, *, special: bool = False) -> TokenizedText | None:
        """Return a text's tokens as the run would have them; None where none of them counts.

        With `special`, what the text writes like a special token is that token.
        """
        return tokenise([text], self.tokenizer, self.max_tokens, special=special)[0]

    def trace(self, tokens: TokenizedText) -> dict[int, NDArray[np.float32]]:
        """Return a text's activations by layer: (tokens, units), special tokens included."""
        with self.products():
            return {layer: found.numpy() for layer, found in self.model.trace(tokens.ids).items()}

    def products(self) -> AbstractContextManager[None]:
        """Return a block in which products are computed as the run's were."""
        return reproducible(self.dtype)


def _found(meta: Mapping[str, str], named: str) -> Path:
    """Return the folder of the run's model; ``UserError`` unless it holds the same weights."""
    name = named or meta.get("model", "")
    try:
        folder = locate(name, fetch=bool(named))
    except UserError as refusal:
        raise UserError(f"the run's model is not there: {refusal.message}", _WAY_OUT) from refusal
    if weights_hash(folder) != meta.get("weights"):
        raise UserError(f"the weights of '{name}' are not those that the run was made with", _OTHER)
    return folder
