"""Load a run's model as it was when the run was made, to get the same activations on any text."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Generic, TypeVar

from neurotui.errors import UserError
from neurotui.models.activations import Model, reproducible
from neurotui.models.dtype import dtype_said, weights_of
from neurotui.models.locate_model import locate
from neurotui.models.tokenizer import load_tokenizer, tokenizer_hash
from neurotui.models.tokens import TokenizedText, tokenise
from neurotui.models.weights import weights_hash

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from neurotui.models.dtype import Dtype

M = TypeVar("M", bound=Model)

_WAY_OUT = "name the folder that holds it with --model"
_OTHER = "that would be another model's answer; name the folder of the run's own with --model"


class RunModel(Generic[M]):
    """A run's model and tokenizer, with the run's ``max_tokens`` (where texts were cut), ``dtype`` and hook.

    `meta` is the run's metadata; `named` is the model's folder or name, if it is not where the run says. A model
    that only the run names is never downloaded from the hub. Raises ``UserError`` if the model is not found, or
    its weights or tokenizer differ from the run's.
    """

    def __init__(self, meta: Mapping[str, str], kind: type[M], *, named: str = "") -> None:
        folder = _found(meta, named)
        self.dtype: Dtype = dtype_said(meta.get("dtype", ""))
        self.tokenizer = load_tokenizer(folder)
        if tokenizer_hash(self.tokenizer) != meta.get("tokenizer"):
            raise UserError(f"the tokenizer in '{folder}' is not the one that the run was made with", _OTHER)
        self.max_tokens = int(meta["max_tokens"])
        self.model: M = kind(folder, dtype=weights_of(self.dtype), hook=meta.get("hook", ""))

    def tokens(self, text: str, *, special: bool = False) -> TokenizedText | None:
        """Return a text's tokens as the run would have them; None if none of them counts.

        With `special`, special tokens written out in the text are parsed as such.
        """
        return tokenise([text], self.tokenizer, self.max_tokens, special=special)[0]

    def trace(self, tokens: TokenizedText) -> dict[int, NDArray[np.float32]]:
        """Return a text's activations by layer: (tokens, units), special tokens included."""
        with self.products():
            return {layer: found.numpy() for layer, found in self.model.trace(tokens.ids).items()}

    def products(self) -> AbstractContextManager[None]:
        """Return a context in which matrix products are computed as in the run."""
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
