"""The logit lens: how much each neuron of a model raises or lowers the logit of each token.

A neuron adds its output weights, times its activation, to the residual stream. At the end, the stream goes
through the final norm and the unembedding, which gives the logits. The final norm divides by the size of the
stream, which is the same for all tokens of the vocabulary, so a neuron's effect on the logits is known but for a
positive factor.

Which modules these are is not looked up by model family: it is found by observing a forward pass over a few
tokens. There is no lens for a model with anything else in between, such as the transform of a
masked-language-model head, or a norm of the whole stream after every block.

``precompute/promoted_tokens.py`` decides which tokens a neuron is said to promote or suppress, and from which
effect on.
"""

from __future__ import annotations

import copy
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

import torch

from neurotui.models.hooks import output_weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from neurotui.models.heads import ModelWithHead

# Far larger than the epsilon that a norm adds to the variance.
_LARGE = 1e3
# The least cosine of directions that count as equal; rounding to bfloat16 takes a tenth of that margin.
_SAME_DIRECTION = 0.999
_SAME_VALUE = 1e-3
# If this many times the size of the stream is added to it, what later blocks add is negligible: they norm
# their input.
_FAR_LARGER = 1e5
_TOKENS = 4


class Scale(NamedTuple):
    """What a norm does to a direction, up to a positive factor: it may centre it (LayerNorm), and it scales it.

    ``gain`` (width,) multiplies each component.
    """

    gain: torch.Tensor
    centres: bool

    def of(self, directions: torch.Tensor) -> torch.Tensor:
        """Apply the norm to directions: (..., width)."""
        if self.centres:
            directions = directions - directions.mean(-1, keepdim=True)
        return directions * self.gain

    def before(self, readings: torch.Tensor) -> torch.Tensor:
        """Return vectors whose product with the norm's input is that of `readings` with its output: (..., width).

        This is the transpose of ``of``.
        """
        readings = readings * self.gain
        return readings - readings.mean(-1, keepdim=True) if self.centres else readings


class Lens(NamedTuple):
    """How one unit of each neuron's activation changes the logits: ``directions[layer] @ readings.T``.

    That is known but for a positive factor for each layer. ``directions[layer]`` (units, width) is what each
    neuron adds to the residual stream. The product of ``readings`` (vocabulary, width) with the stream gives the
    logits, the final norm included. All are float32.
    """

    directions: dict[int, torch.Tensor]
    readings: torch.Tensor


class _Seen(NamedTuple):
    """A module in a forward pass, with its input and its output tensor."""

    module: torch.nn.Module
    given: torch.Tensor
    made: torch.Tensor


@torch.inference_mode()
def lens_of(model: ModelWithHead) -> Lens | None:
    """Return the logit lens of a model; None if its neurons do not write to the logits directly."""
    network = model.speaking
    head = network.get_output_embeddings() if network is not None else None  # type: ignore[operator] # theirs
    if network is None or not isinstance(head, torch.nn.Linear):
        return None
    seen = _watch(network)
    final = _final_norm(seen, head)
    first = model.projections[min(model.projections)]
    if final is None or not _writes_to(network, _entry(seen, first).module, final.module):
        return None
    scale = _scale(final.module, head.in_features)
    assert scale is not None  # noqa: S101 - that is how it was found
    directions = {}
    for layer, projection in model.projections.items():
        own = _output_weights(projection)
        entry = _entry(seen, projection).module
        behind = _scale(entry, own.shape[1]) if entry is not projection else None
        directions[layer] = own if behind is None else behind.of(own)
    return Lens(directions, scale.before(head.weight.detach().float()))


def _watch(network: torch.nn.Module, *more: tuple[torch.nn.Module, Callable[..., object]]) -> list[_Seen]:
    """Run a network on a few tokens; return its modules' inputs and outputs, in the order in which they ran."""
    seen: list[_Seen] = []

    def keep(module: torch.nn.Module, given: tuple[object, ...], made: object) -> None:
        if given and isinstance(given[0], torch.Tensor) and isinstance(made, torch.Tensor):
            seen.append(_Seen(module, given[0], made))

    with ExitStack() as hooks:
        for module, hook in (*more, *((module, keep) for module in network.modules())):
            hooks.callback(module.register_forward_hook(hook).remove)
        # From 1, as in many model families token 0 is padding, whose embedding is zero.
        network(input_ids=torch.arange(1, 1 + _TOKENS).unsqueeze(0))
    return seen


def _final_norm(seen: list[_Seen], head: torch.nn.Linear) -> _Seen | None:
    """Return the norm whose output is the unembedding's input; None if that is not the output of a norm."""
    read = next(one.given for one in seen if one.module is head)
    for one in seen:
        if one.made.shape == read.shape and torch.equal(one.made, read) and not list(one.module.children()):
            return one if _scale(one.module, head.in_features) is not None else None
    return None


def _entry(seen: list[_Seen], projection: torch.nn.Module) -> _Seen:
    """Return the module whose output a block adds to the residual stream: the projection, or a norm after it."""
    own = next(one for one in seen if one.module is projection)
    for one in seen:
        same = one.given.data_ptr() == own.made.data_ptr() and one.given.shape == own.made.shape
        if same and _scale(one.module, own.made.shape[-1]) is not None:
            return one
    return own


def _writes_to(network: torch.nn.Module, entry: torch.nn.Module, norm: torch.nn.Module) -> bool:
    """Return whether a vector added to the output of `entry` reaches the input of `norm` with the same direction.

    Later blocks read it too, but through norms of their own, so that what they add does not grow with it.
    """
    before = next(one.given for one in _watch(network) if one.module is norm)
    generator = torch.Generator().manual_seed(0)
    added = torch.randn(before.shape[-1], generator=generator) * before.float().std() * _FAR_LARGER

    def add(_: torch.nn.Module, given: object, made: torch.Tensor) -> torch.Tensor:
        del given
        return made + added.to(made.dtype)

    after = next(one.given for one in _watch(network, (entry, add)) if one.module is norm)
    moved = (after.float() - before.float()).reshape(-1, before.shape[-1])
    return bool((torch.cosine_similarity(moved, added.unsqueeze(0)) > _SAME_DIRECTION).all())


def _scale(module: torch.nn.Module, width: int) -> Scale | None:
    """Return what a norm over `width` values does to a direction, found by calling it; None if it is no norm.

    So it does not matter how a model family stores the gain (Gemma's is one plus the weight).
    """
    if list(module.children()) or isinstance(module, torch.nn.Linear | torch.nn.Embedding):
        return None
    norm = copy.deepcopy(module).float()
    signs = torch.ones(width)
    signs[1::2] = -1
    try:
        shift, level, swung, drawn = (
            norm(values.unsqueeze(0))[0]
            for values in (torch.zeros(width), torch.ones(width) * _LARGE, signs * _LARGE, _drawn(width))
        )
        centres = bool((level - shift).abs().max() <= _SAME_VALUE * (swung - shift).abs().max())
        found = Scale((swung - shift) / _unit_size(signs, centres=centres), centres)
        expected = _unit_size(_drawn(width), centres=centres) * found.gain + shift
    except (RuntimeError, TypeError, IndexError):
        return None
    same = torch.allclose(drawn, expected, rtol=_SAME_VALUE, atol=_SAME_VALUE * float(found.gain.abs().max()))
    return found if same else None


def _drawn(width: int) -> torch.Tensor:
    return torch.randn(width, generator=torch.Generator().manual_seed(1)) * _LARGE


def _unit_size(values: torch.Tensor, *, centres: bool) -> torch.Tensor:
    """Return values divided by their root mean square; with `centres`, their mean is subtracted first."""
    values = values - values.mean() if centres else values
    return values / values.square().mean().sqrt()


def _output_weights(projection: torch.nn.Module) -> torch.Tensor:
    """Return what one unit of each neuron's activation adds to the projection's output: (units, width).

    It is a copy, so that a lens does not keep the whole model in memory.
    """
    return output_weights(projection).T.detach().to(torch.float32, copy=True)
