"""Load a model and record the activations of its feed-forward blocks.

One rule for every family: a neuron's activation is what enters the feed-forward block's output projection, which
``hooks.py`` finds; a forward pre-hook on it hands every activation to a listener.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from transformers import AutoConfig, AutoModel

from neurotui.errors import UserError
from neurotui.models.hooks import find, tokens_first, width
from neurotui.models.linear_layers import quicken
from neurotui.models.loading import (
    forward_errors,
    load,
    loading_errors,
    quiet,
    refuse_impossible,
    refuse_missing,
    with_attention,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from transformers import PretrainedConfig

Listener = Callable[[int, torch.Tensor], None]
"""Called as ``listener(layer, activations)`` with (texts, tokens, units), special tokens included."""

RULE = "the input of the feed-forward block's output projection"

# The dimensions of activations that have the tokens of all texts in one axis.
_ROWS = 2


class _AllToldError(Exception):
    """Raised in a forward pass to end it, once the activations of every requested layer were passed on."""


class Model:
    """A model in evaluation mode, and the size of its feed-forward blocks: ``units[layer]``.

    ``projections[layer]`` is a block's output projection, into which its neurons go: the one that structure finds,
    or that `hook` names.

    Raises ``UserError`` for a model that cannot be loaded or whose feed-forward blocks are not known.
    """

    def __init__(self, folder: Path, *, dtype: str = "float32", device: str = "cpu", hook: str = "") -> None:
        quiet()
        self.device = torch.device(device)
        self._hook = hook
        loaded: Any = self._load(folder, dtype)
        self._network = _reader(loaded).eval().to(self.device)
        quicken(self._network)
        self._vocabulary: int = loaded.get_input_embeddings().weight.shape[0]
        named, self.projections = find(self._network, loaded.config, hook)
        self.units = {layer: width(module) for layer, module in self.projections.items()}
        self._tokens_first: frozenset[int] = frozenset()
        if named:
            with self._reading(2):
                self._tokens_first = tokens_first(self._network, self.projections)

    @torch.inference_mode()
    def listen(self, tokens: torch.Tensor, listener: Listener, layers: Collection[int] | None = None) -> None:
        """Run the model over `tokens` (texts, tokens) and pass each layer's activations to `listener`.

        Only those of `layers`, if given. The forward pass stops after the last of them: the rest of the model, a
        twentieth of one with six layers, is not needed.
        Raises ``UserError`` for a token that the model does not have, and where it cannot read the tokens.
        """
        if int(tokens.max()) >= self._vocabulary:
            raise UserError(
                f"the tokenizer gives token {int(tokens.max())}, but the model has {self._vocabulary} tokens",
                "the folder holds another model's tokenizer: copy both again",
            )
        waiting = set(self.projections if layers is None else layers)

        def tell(layer: int, activations: torch.Tensor) -> None:
            listener(layer, activations)
            waiting.discard(layer)
            if not waiting:
                raise _AllToldError

        hooks = [
            self.projections[layer].register_forward_pre_hook(
                _telling(tell, layer, tokens.shape, self.units[layer], swapped=layer in self._tokens_first)
            )
            for layer in sorted(waiting)
        ]
        try:
            with suppress(_AllToldError), self._reading(tokens.shape[1]):
                self._network(input_ids=tokens.to(self.device), **self.arguments())
        finally:
            for hook in hooks:
                hook.remove()

    @contextmanager
    def shifted(self, layer: int, unit: int, by: torch.Tensor) -> Iterator[None]:
        """Add `by` (tokens,) to a neuron's activations in one text for as long as the block lasts."""
        hook = self.projections[layer].register_forward_pre_hook(_shifting(unit, by))
        try:
            yield
        finally:
            hook.remove()

    def trace(self, tokens: Sequence[int]) -> dict[int, torch.Tensor]:
        """Return one text's activations by layer: (tokens, units) float32, special tokens included."""
        traces: dict[int, torch.Tensor] = {}

        def keep(layer: int, activations: torch.Tensor) -> None:
            traces[layer] = activations[0].float().cpu()

        self.listen(torch.tensor([list(tokens)]), keep)
        return traces

    def _load(self, folder: Path, dtype: str) -> torch.nn.Module:
        """Return the network whose feed-forward blocks are listened to, whole."""
        network: torch.nn.Module
        network, missing = load(AutoModel, folder, dtype)
        refuse_missing(missing, folder)
        return network

    @property
    def network(self) -> torch.nn.Module:
        """The network whose feed-forward blocks are listened to, without a head."""
        return self._network

    def _reading(self, tokens: int) -> AbstractContextManager[None]:
        """Return a context in which what the network raises about a text of `tokens` tokens is a ``UserError``."""
        return forward_errors(str(getattr(self._network.config, "model_type", "?")), tokens)

    def arguments(self) -> dict[str, bool]:
        """Return what the network is called with, besides its tokens."""
        # A cache of keys and values is for generating; here it would only take memory.
        return {"use_cache": False} if hasattr(self._network.config, "use_cache") else {}


class Blueprint(NamedTuple):
    """What is known of a model without its weights.

    ``units[layer]`` is how many neurons a layer has; ``positions`` how many tokens the table of positions has
    room for, None where there is no table, or all of it is the configuration's ``max_position_embeddings``.
    ``hook`` names the modules that are listened to, "" for those that structure finds.
    """

    config: PretrainedConfig
    units: dict[int, int]
    positions: int | None
    hook: str = ""


def blueprint(folder: Path, hook: str = "") -> Blueprint:
    """Return what is known of a model without its weights; ``UserError`` as ``Model`` raises it."""
    quiet()
    with loading_errors(folder):
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        refuse_impossible(config, folder)
        with torch.device("meta"):
            network = with_attention(
                lambda attention: AutoModel.from_config(  # type: ignore[no-untyped-call] # theirs
                    config, trust_remote_code=False, attn_implementation=attention
                )
            )
    reader = _reader(network).eval()
    named, found = find(reader, config, hook)
    units = {layer: width(module) for layer, module in found.items()}
    return Blueprint(config, units, _positions(reader), named)


def _positions(network: torch.nn.Module) -> int | None:
    """Return how many positions are left of a table whose first ones are for padding, as RoBERTa's is."""
    rooms = [
        module.weight.shape[0] - module.padding_idx - 1
        for name, module in network.named_modules()
        if name.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None
    ]
    return min(rooms, default=None)


@contextmanager
def reproducible(dtype: str) -> Iterator[None]:
    """Compute on one thread, with the products that `dtype` stands for: the same figures every time.

    ``auto`` lets oneDNN take the machine's quickest float32 products, which are of bfloat16 factors where the
    processor has matrix units for them.
    """
    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision("medium" if dtype == "auto" else "highest")
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_float32_matmul_precision(precision)


def _reader(network: torch.nn.Module) -> torch.nn.Module:
    """Return the part of a model that reads a text: all of it, or the encoder of two."""
    children = {name for name, _ in network.named_children()}
    # The encoder that was saved alone says that it is none of two, and is loaded beside a decoder all the same.
    if getattr(network.config, "is_encoder_decoder", False) or {"encoder", "decoder"} <= children:
        encoder: torch.nn.Module = network.get_encoder()  # type: ignore[operator]
        return encoder
    return network


def _telling(
    listener: Listener, layer: int, read: torch.Size, units: int, *, swapped: bool
) -> Callable[[torch.nn.Module, tuple[torch.Tensor, ...]], None]:
    texts, length = read

    def hook(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        # OPT runs the tokens of all texts in one row.
        shape = inputs[0].shape if inputs[0].dim() > _ROWS else (texts, -1, inputs[0].shape[-1])
        activations = inputs[0].reshape(shape)
        if swapped:
            activations = activations.transpose(0, 1)
        # A family that puts its texts second, or that leaves tokens out, would give another token's figures.
        if activations.shape[0] != texts or activations.shape[1] < length or activations.shape[2] != units:
            raise UserError(
                f"layer {layer} computes {tuple(activations.shape)} for {texts} texts of {length} tokens and"
                f" {units} neurons",
                "the activations of this family cannot be told apart by token: choose another model",
            )
        # Longformer and BigBird pad a text to whole windows, at its end.
        listener(layer, activations[:, :length])

    return hook


def _shifting(
    unit: int, by: torch.Tensor
) -> Callable[[torch.nn.Module, tuple[torch.Tensor, ...]], tuple[torch.Tensor, ...]]:
    def hook(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        moved = inputs[0].clone()
        # One text, with or without an axis for texts, and maybe padded at its end.
        moved.view(-1, moved.shape[-1])[: len(by), unit] += by.to(moved)
        return moved, *inputs[1:]

    return hook


def sizes(units: Mapping[int, int], chosen: Sequence[int] | None) -> dict[int, int]:
    """Return the units of the chosen layers, in rising order; ``UserError`` for one that is not there."""
    for layer in chosen or ():
        if layer not in units:
            raise UserError(f"the model has no layer '{layer}'", f"its layers are 0 to {max(units)}")
    return {layer: units[layer] for layer in sorted(set(chosen if chosen is not None else units))}
