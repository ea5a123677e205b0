"""A model's predictions: its language-model head's distribution over the next or the masked token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
)

from neurotui.models.activations import Model, blueprint
from neurotui.models.loading import load, refuse_missing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from transformers import PretrainedConfig

HeadKind = Literal["masked", "causal"]
"""``masked`` heads predict the token at a position, ``causal`` heads the one after it."""

_CLASSES = {"masked": AutoModelForMaskedLM, "causal": AutoModelForCausalLM}


class ModelWithHead(Model):
    """A model with its language-model head, if the checkpoint has one: ``head`` says which kind, None for none.

    One network serves both, so that the recorded activations are those behind the predictions. Raises
    ``UserError`` like ``Model``.
    """

    head: HeadKind | None = None
    _speaking: torch.nn.Module | None = None

    @property
    def speaking(self) -> torch.nn.Module | None:
        """The network with its head, None if the checkpoint has none."""
        return self._speaking

    def log_probabilities(self, tokens: Sequence[int], position: int) -> torch.Tensor:
        """Return the head's natural log probabilities at a position: (vocabulary,) float64."""
        logits: torch.Tensor = self._said(tokens).logits[0, position]
        return torch.log_softmax(logits.double(), dim=0).cpu()

    def embedding(self, tokens: Sequence[int]) -> torch.Tensor:
        """Return the mean of a text's last hidden states, special tokens included: (width,) float64."""
        states: torch.Tensor = self._said(tokens).last_hidden_state[0]
        return states.double().mean(0).cpu()

    @torch.inference_mode()
    def _said(self, tokens: Sequence[int]) -> Any:  # noqa: ANN401 - whatever the network puts out
        network = self._network if self._speaking is None else self._speaking
        return network(input_ids=torch.tensor([list(tokens)], device=self.device), **self.arguments())

    def _load(self, folder: Path, dtype: str) -> torch.nn.Module:
        kind = head_of(blueprint(folder, self._hook).config)
        if kind is None:
            return super()._load(folder, dtype)
        whole, missing = load(_CLASSES[kind], folder, dtype)
        body = f"{whole.base_model_prefix}."
        refuse_missing((name.removeprefix(body) for name in missing if name.startswith(body)), folder)
        # A head whose weights are missing is not used; one tied to the embeddings is not missing.
        if all(name.startswith(body) for name in missing):
            self.head, self._speaking = kind, whole.eval().to(self.device)
        network: torch.nn.Module = whole.base_model
        return network


def head_of(config: PretrainedConfig) -> HeadKind | None:
    """Return which kind of head models of this type have above the hooked blocks; None if none."""
    if getattr(config, "is_encoder_decoder", False):
        return None  # their head speaks for the decoder, and the neurons are the encoder's
    both = config.model_type in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    if config.model_type in MODEL_FOR_MASKED_LM_MAPPING_NAMES:
        return "causal" if both and getattr(config, "is_decoder", False) else "masked"
    return "causal" if both else None
