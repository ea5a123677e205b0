"""The effects of pushing neurons at one token of a text on what a model outputs, for the command ``causal``.

Many neurons are pushed in one forward pass. Only what a push changes is computed: the blocks from the neurons'
layer up, and of a causal model the tokens from the place on. A model of which that gives another output than the
whole forward pass is run whole.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from neurotui.models.heads import ModelWithHead

# Rows of one forward pass: of so many the distributions over a vocabulary still fit in memory.
_MOST_ROWS = 128
_MOST_TOKENS = 8192
# How far a shortened forward pass may lie from a whole one, as a share of the largest output.
_ROUNDING = 1e-3
_LEAST_MASS = 1e-300


class Pushes(NamedTuple):
    """What is added to which unit of a layer: ``units`` (rows,) int64 and ``amounts`` (rows,) float64.

    Each row is a forward pass of its own.
    """

    units: NDArray[np.int64]
    amounts: NDArray[np.float64]


class Effects(NamedTuple):
    """What each push does: how far the output moves, ``size`` (rows,), and ``toward`` each target (rows, targets).

    Both are 0 where the output is the same to the last bit.
    """

    size: NDArray[np.float64]
    toward: NDArray[np.float64]


class OutputReader(Protocol):
    """Reads the output of pushes, of which the first is none: (1 + rows, tokens, values)."""

    def __call__(self, output: torch.Tensor) -> Effects:
        """Return the effects of all rows but the first."""


class NextToken:
    """Reads distributions over the next token, given as logits.

    Size: the Kullback-Leibler divergence of the changed one from the unchanged, in bits. Toward a target, which
    is a group of tokens: how much the natural log of their probability together rises. Both are means over tokens.
    """

    def __init__(self, groups: Sequence[NDArray[np.int64]], vocabulary: int) -> None:
        rows = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
        where = torch.from_numpy(np.stack([rows, np.concatenate(groups)]))
        self._members = torch.sparse_coo_tensor(
            where, torch.ones(len(rows), dtype=torch.float64), (len(groups), vocabulary), check_invariants=True
        )

    def __call__(self, output: torch.Tensor) -> Effects:
        """Return the effects of all rows but the first."""
        said = torch.log_softmax(output.double(), dim=-1)
        probable = said.exp()
        bits = (probable[:1] * (said[:1] - said)).sum(-1).clamp(min=0).mean(1) / math.log(2)
        flat = probable.reshape(-1, probable.shape[-1])
        mass = torch.sparse.mm(self._members, flat.T).T.reshape(*probable.shape[:2], -1)
        logs = mass.clamp(min=_LEAST_MASS).log()
        rises = (logs - logs[:1]).mean(1)
        return Effects(bits[1:].numpy(), rises[1:].numpy())


class Embedding:
    """Reads embeddings of a text, the mean of its last hidden states.

    Size: one minus the cosine of the changed one to the unchanged. Toward a target, which is a direction (width,)
    of length 1: how much the cosine to it rises.
    """

    def __init__(self, targets: NDArray[np.float64]) -> None:
        self._targets = torch.from_numpy(targets)

    def __call__(self, output: torch.Tensor) -> Effects:
        """Return the effects of all rows but the first."""
        units = torch.nn.functional.normalize(output.double().mean(1), dim=-1)
        moved = units - units[:1]
        # Of unit vectors half the squared distance is one minus the cosine, without its rounding near 0.
        return Effects((moved.square().sum(-1) / 2)[1:].numpy(), (moved @ self._targets.T)[1:].numpy())


class _Start(NamedTuple):
    """Where forward passes begin: the tokens that are computed (1, tokens), and the place of the push among them.

    ``cache`` is what the tokens before them left, None if there are none; ``kept`` the output of each block below
    the layer.
    """

    ids: torch.Tensor
    place: int
    cache: Any
    kept: dict[int, Any]


class PushedModel:
    """A model whose neurons are pushed, and whose output is read.

    ``causal``: its output is read as distributions over the next token. ``shortens[layer]`` tells whether forward
    passes are shortened there, for every layer that was pushed so far.
    """

    def __init__(self, model: ModelWithHead) -> None:
        self._model = model
        self.causal = model.head == "causal"
        self._network = model.speaking if self.causal and model.speaking is not None else model.network
        self._blocks = _blocks(self._network, model.projections)
        self.shortens: dict[int, bool] = {}

    @property
    def vocabulary(self) -> int:
        """How many tokens a causal model's distributions are over."""
        head: torch.nn.Linear = self._network.get_output_embeddings()  # type: ignore[operator] # theirs
        return head.weight.shape[0]

    @torch.inference_mode()
    def effects(
        self, ids: Sequence[int], place: int, layer: int, pushes: Pushes, reading: OutputReader, *, after: int = 0
    ) -> Effects:
        """Return the effects of pushes at a token of a text.

        Of a causal model the distributions after the tokens from ``place`` to ``place + after`` are read, of any
        other the embedding.
        """
        start = self._start(torch.tensor([list(ids)]), place, layer, after)
        most = max(1, min(_MOST_ROWS, _MOST_TOKENS // start.ids.shape[1]) - 1)
        parts = []
        for first in range(0, len(pushes.units), most):
            some = Pushes(pushes.units[first : first + most], pushes.amounts[first : first + most])
            parts.append(reading(self._output(start, layer, some, after)))
        return Effects(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def _start(self, ids: torch.Tensor, place: int, layer: int, after: int) -> _Start:
        whole = _Start(ids[:, : place + 1 + after] if self.causal else ids, place, None, {})
        if self.shortens.get(layer) is False:
            return whole
        short = self._shortened(whole, layer)
        if layer not in self.shortens:
            nothing = Pushes(np.zeros(0, np.int64), np.zeros(0))
            one, other = (self._output(start, layer, nothing, after) for start in (whole, short))
            self.shortens[layer] = bool((one - other).abs().max() <= _ROUNDING * one.abs().max())
        return short if self.shortens[layer] else whole

    def _shortened(self, whole: _Start, layer: int) -> _Start:
        ids, place, cache = whole.ids, whole.place, None
        if self.causal and place:
            before = self._model.network(input_ids=ids[:, :place].to(self._model.device), use_cache=True)
            cache = getattr(before, "past_key_values", None)
            if not hasattr(cache, "batch_repeat_interleave"):
                cache = None
            else:
                ids, place = ids[:, place:], 0
        kept: dict[int, Any] = {}
        with ExitStack() as hooks:
            for number, block in self._blocks.items():
                if number < layer:
                    hooks.callback(block.register_forward_hook(_keeping(kept, number)).remove)
            self._run(self._model.network, ids, cache)
        return _Start(ids, place, cache, kept)

    def _output(self, start: _Start, layer: int, pushes: Pushes, after: int) -> torch.Tensor:
        """Return the output of no push and of each of some: (1 + rows, tokens, values)."""
        rows = 1 + len(pushes.units)
        units = torch.from_numpy(np.concatenate([[0], pushes.units]).astype(np.int64))
        amounts = torch.from_numpy(np.concatenate([[0.0], pushes.amounts]))
        pushing = _pushing(start.place, units.to(self._model.device), amounts)
        hook = self._model.projections[layer].register_forward_pre_hook(pushing)
        try:
            with _resumed(self._blocks, start.kept, rows):
                output = self._run(self._network, start.ids.expand(rows, -1), start.cache)
        finally:
            hook.remove()
        if self.causal:
            logits: torch.Tensor = output.logits[:, start.place : start.place + 1 + after]
            return logits.cpu()
        states: torch.Tensor = output.last_hidden_state
        return states.cpu()

    def _run(self, network: torch.nn.Module, ids: torch.Tensor, cache: Any) -> Any:  # noqa: ANN401 - the network's own
        if cache is None:
            return network(input_ids=ids.to(self._model.device), **self._model.arguments())
        own = copy.deepcopy(cache)
        own.batch_repeat_interleave(len(ids))
        return network(input_ids=ids.to(self._model.device), past_key_values=own, use_cache=True)


def _blocks(network: torch.nn.Module, projections: Mapping[int, torch.nn.Module]) -> dict[int, torch.nn.Module]:
    """Return the block that each layer's output projection is part of."""
    names = {id(module): name for name, module in network.named_modules()}
    found = {}
    for layer, projection in projections.items():
        before, number, _ = f".{names[id(projection)]}".partition(f".{layer}.")
        found[layer] = network.get_submodule(f"{before}{number}".strip("."))
    return found


def _keeping(kept: dict[int, Any], number: int) -> Callable[[torch.nn.Module, object, object], None]:
    def hook(_: torch.nn.Module, __: object, output: object) -> None:
        kept[number] = output

    return hook


def _pushing(
    place: int, units: torch.Tensor, amounts: torch.Tensor
) -> Callable[[torch.nn.Module, tuple[torch.Tensor, ...]], tuple[torch.Tensor, ...]]:
    def hook(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        moved = inputs[0].clone(memory_format=torch.contiguous_format)
        # With or without an axis for texts, and maybe padded at its end.
        moved.view(len(units), -1, moved.shape[-1])[torch.arange(len(units)), place, units] += amounts.to(moved)
        return moved, *inputs[1:]

    return hook


@contextmanager
def _resumed(blocks: Mapping[int, torch.nn.Module], kept: Mapping[int, Any], rows: int) -> Iterator[None]:
    """Have some blocks give what they gave before, once a row, without computing it."""
    for number, output in kept.items():
        blocks[number].forward = _giving(_repeated(output, rows))
    try:
        yield
    finally:
        for number in kept:
            del blocks[number].forward


def _giving(output: object) -> Callable[..., object]:
    return lambda *_, **__: output


def _repeated(output: Any, rows: int) -> Any:  # noqa: ANN401 - whatever a block puts out
    if isinstance(output, torch.Tensor):
        return output.expand(rows, *output.shape[1:]) if len(output) == 1 else output
    if isinstance(output, tuple | list):
        return type(output)(_repeated(one, rows) for one in output)
    return output
