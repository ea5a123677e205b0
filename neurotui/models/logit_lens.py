"""How a model's neurons write to its logits: their output weights, the final norm and the unembedding.

The logit lens: a neuron adds its output weights to the residual stream, and what stands there at the end goes
through the final norm and the unembedding. The norm's division by the size of the stream is the same for every
token, so a neuron's share of the logits is known up to a positive factor. No table says which modules these
are: the model is watched while it reads a few tokens. A model in which anything else stands in between (the
transform of a masked-language-model head, a norm over the stream after every block) has no lens.
"""

from __future__ import annotations

import copy
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

import torch

from neurotui.models.hooked import output_weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from neurotui.models.heads import ModelWithHead

# Far above what a norm adds to a variance so that it never divides by zero.
_LARGE = 1e3
# What rounding to bfloat16 may do to a direction is a tenth of this.
_SAME_DIRECTION = 0.999
_SAME_VALUE = 1e-3
# Beside what is so much larger than the stream, what later blocks make of it is nothing: they norm their input.
_FAR_LARGER = 1e5
_TOKENS = 4


class Scale(NamedTuple):
    """What a norm does to a direction, up to a positive factor: centre it (LayerNorm) or not, and scale it."""

    gain: torch.Tensor
    centres: bool

    def of(self, directions: torch.Tensor) -> torch.Tensor:
        """Return directions as they leave the norm: (..., width)."""
        if self.centres:
            directions = directions - directions.mean(-1, keepdim=True)
        return directions * self.gain

    def before(self, readings: torch.Tensor) -> torch.Tensor:
        """Return what reads before the norm as `readings` do behind it: (..., width), ``of`` transposed."""
        readings = readings * self.gain
        return readings - readings.mean(-1, keepdim=True) if self.centres else readings


class Lens(NamedTuple):
    """What a unit of each neuron's activation does to the logits, up to a positive factor a layer.

    ``directions[layer]`` (units, width) are what neurons add to the residual stream, and ``readings``
    (vocabulary, width) what each token's logit reads of it, the final norm included. All are float32.
    """

    directions: dict[int, torch.Tensor]
    readings: torch.Tensor


class _Seen(NamedTuple):
    """A module that took a tensor and gave one."""

    module: torch.nn.Module
    given: torch.Tensor
    made: torch.Tensor


@torch.inference_mode()
def lens_of(model: ModelWithHead) -> Lens | None:
    """Return how a model's neurons write to its logits, None where they do not write there directly."""
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
    """Let a network read a few tokens; return what its modules took and gave, in the order of their work."""
    seen: list[_Seen] = []

    def keep(module: torch.nn.Module, given: tuple[object, ...], made: object) -> None:
        if given and isinstance(given[0], torch.Tensor) and isinstance(made, torch.Tensor):
            seen.append(_Seen(module, given[0], made))

    with ExitStack() as hooks:
        for module, hook in (*more, *((module, keep) for module in network.modules())):
            hooks.callback(module.register_forward_hook(hook).remove)
        # From 1: the embedding of number 0 is padding, and empty, in many families.
        network(input_ids=torch.arange(1, 1 + _TOKENS).unsqueeze(0))
    return seen


def _final_norm(seen: list[_Seen], head: torch.nn.Linear) -> _Seen | None:
    """Return the norm whose output the unembedding reads; None where that is no norm's."""
    read = next(one.given for one in seen if one.module is head)
    for one in seen:
        if one.made.shape == read.shape and torch.equal(one.made, read) and not list(one.module.children()):
            return one if _scale(one.module, head.in_features) is not None else None
    return None


def _entry(seen: list[_Seen], projection: torch.nn.Module) -> _Seen:
    """Return what a block hands to the residual stream: its output projection, or a norm right behind it."""
    own = next(one for one in seen if one.module is projection)
    for one in seen:
        same = one.given.data_ptr() == own.made.data_ptr() and one.given.shape == own.made.shape
        if same and _scale(one.module, own.made.shape[-1]) is not None:
            return one
    return own


def _writes_to(network: torch.nn.Module, entry: torch.nn.Module, norm: torch.nn.Module) -> bool:
    """Say whether what is added to the output of `entry` comes to `norm` as the same direction.

    Later blocks read it too, but through a norm of their own, so that what they add does not grow with it.
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
    """Return what a norm over `width` values does to a direction, found by asking it; None if it is no norm.

    How a family writes its gain down (Gemma's is one plus the weight) does not matter then.
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
    """Return values over their root mean square, less their mean first where a norm takes that away."""
    values = values - values.mean() if centres else values
    return values / values.square().mean().sqrt()


def _output_weights(projection: torch.nn.Module) -> torch.Tensor:
    """Return what a unit of each neuron's activation adds to an output projection's output: (units, width)."""
    return output_weights(projection).T.detach().float()
