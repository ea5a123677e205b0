"""Which modules of a network hold its neurons: found by the structure of its family, or named with ``--hook``.

A neuron's activation is what enters such a module, a linear layer. A hook is a module's name with ``*`` where its
layer's number stands, as in ``encoder.layer.*.output.dense``: the one part of a name that differs from layer to
layer. It is not a regular expression, whose dots and brackets neither people nor shells take for what they are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import torch
from transformers.pytorch_utils import Conv1D

from neurotui.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from transformers import PretrainedConfig

Key = TypeVar("Key")

_OUTPUT_PROJECTIONS = tuple(
    re.compile(rf"(?:^|\.){pattern}$")
    for pattern in (
        r"encoder\.layer\.(\d+)\.output\.dense",  # BERT, RoBERTa, ELECTRA, MPNet, XLM-R
        r"transformer\.layer\.(\d+)\.ffn\.lin2",  # DistilBERT
        r"(?:h|layers)\.(\d+)\.mlp\.(?:c_proj|fc_out)",  # GPT-2, GPT-Neo, GPT-J, StarCoder2
        r"(?:h|layers)\.(\d+)\.mlp\.dense_4h_to_h",  # GPT-NeoX (Pythia), BLOOM, Falcon
        r"layers\.(\d+)\.mlp\.(?:down_proj|fc2|Wo)",  # Llama, Mistral, Qwen, Gemma, Phi, ModernBERT
        r"layers\.(\d+)\.fc2",  # OPT, BART's encoder
        r"blocks\.(\d+)\.ffn\.down_proj",  # MPT
        r"block\.(\d+)\.layer\.1\.DenseReluDense\.wo",  # T5's encoder
    )
)
_NUMBER = re.compile(r"(?<![^.])\d+(?![^.])")
# What configurations call the number of experts.
_EXPERTS = ("num_local_experts", "num_experts", "n_routed_experts")
# Of a model's modules people see so many kinds.
_SHOWN = 24
# What a network raises that cannot be run without its weights, or not on text alone.
_CANNOT = (ValueError, RuntimeError, TypeError, AttributeError, NotImplementedError, KeyError, IndexError)
_PROBE = 4  # tokens: more than one, so that their axis is told from that of texts


class Projections(NamedTuple):
    """The modules whose inputs are the activations, by layer, and the hook that names them.

    ``hook`` is "" where the structure of the family finds the same modules: their neurons are the same.
    """

    hook: str
    by_layer: dict[int, torch.nn.Module]


def find(network: torch.nn.Module, config: PretrainedConfig, hook: str = "") -> Projections:
    """Return the modules that hold a network's neurons.

    Raises ``UserError``, with the modules that there are and a hook that works, unless there is one a layer.
    """
    found, problem = _by_structure(network, config)
    if hook:
        name, named = _named(network, config, hook)
        return Projections("", found) if not problem and named == found else Projections(name, named)
    if problem:
        raise _refusal(network, config, problem)
    return Projections("", found)


def output_weights(projection: torch.nn.Module) -> torch.Tensor:
    """Return the weight of an output projection as (outputs, units)."""
    weight = projection.weight
    assert isinstance(weight, torch.Tensor)  # noqa: S101 - checked where it was found
    # GPT-2's Conv1D keeps its weight the other way round.
    return weight.T if isinstance(projection, Conv1D) else weight


def width(projection: torch.nn.Module) -> int:
    """Return how many units feed a projection."""
    return output_weights(projection).shape[1]


def tokens_first(network: torch.nn.Module, modules: dict[int, torch.nn.Module]) -> frozenset[int]:
    """Return the layers whose activations have their tokens in the first axis and texts in the second, as XLNet's.

    Runs the network on two tokens. Raises ``UserError`` for a module that a text does not go through exactly once,
    token by token.
    """
    shapes = _heard(network, modules, 2)
    swapped = set()
    for layer, module in modules.items():
        seen = shapes[layer]
        if len(seen) != 1:
            times = f"{len(seen)} times" if seen else "not"
            raise UserError(
                f"a text goes {times} through the module of layer {layer}: its activations cannot be told apart",
                "name another module with --hook",
            )
        if not _is_by_token(seen[0], 2, width(module)):
            raise UserError(
                f"the module of layer {layer} is given {seen[0]} for 2 tokens: it does not read token by token",
                "name another module with --hook",
            )
        if len(seen[0]) > 2 and seen[0][0] > 1:  # noqa: PLR2004 - the axes of one text's rows
            swapped.add(layer)
    return frozenset(swapped)


def _by_structure(network: torch.nn.Module, config: PretrainedConfig) -> tuple[dict[int, torch.nn.Module], str]:
    """Return each layer's output projection, and what is wrong with that: "" if every layer has one."""
    found: dict[int, torch.nn.Module] = {}
    twice = False
    for name, module in network.named_modules():
        for pattern in _OUTPUT_PROJECTIONS:
            match = pattern.search(name)
            if match and hasattr(module, "weight"):
                twice = twice or int(match[1]) in found
                found[int(match[1])] = module
    if twice or getattr(network, "main_input_name", "input_ids") != "input_ids":
        return {}, f"models of type '{config.model_type}' read more than text"
    layers = getattr(config, "num_hidden_layers", len(found))
    if not found or sorted(found) != list(range(layers)):
        said = f"{len(found)} feed-forward blocks were found in {layers} layers"
        experts = any(getattr(config, name, None) for name in _EXPERTS)
        routed = "; of a mixture of experts, each reads some of the tokens alone" if experts else ""
        return {}, f"models of type '{config.model_type}' are not known: {said}{routed}"
    return dict(sorted(found.items())), ""


def _named(
    network: torch.nn.Module, config: PretrainedConfig, hook: str
) -> tuple[str, dict[int, torch.nn.Module]]:
    """Return the modules that a hook names, by layer, and the whole of their names as a hook."""
    # In the same model with a head, which is what people print, all names begin with this.
    short = hook.removeprefix(f"{getattr(network, 'base_model_prefix', '')}.")
    pattern = re.compile(r"(?:.*\.)?" + r"(\d+)".join(map(re.escape, short.split("*"))))
    matches = [(match, module) for name, module in network.named_modules() if (match := pattern.fullmatch(name))]
    kinds = sorted({_starred(match) for match, _ in matches})
    if not matches:
        raise _refusal(network, config, f"no module of the model is called '{hook}'")
    if "*" not in short:
        starred = _NUMBER.sub("*", matches[0][0][0], count=1)
        if "*" not in starred:
            raise _refusal(network, config, f"'{hook}' is a module of the whole model, of no layer")
        raise UserError(
            f"'{hook}' does not say where the number of the layer stands",
            f"put * there, and choose layers with --layers: --hook {quote(starred)}",
        )
    if len(kinds) > 1:
        raise _refusal(network, config, f"'{hook}' names '{kinds[0]}' and '{kinds[1]}'")
    other = next((module for _, module in matches if not _is_linear(module)), None)
    if other is not None:
        raise _refusal(network, config, f"'{hook}' names a {type(other).__name__}, which is no linear layer")
    modules = sorted((tuple(map(int, match.groups())), module) for match, module in matches)
    # With several numbers in a name, layers are numbered from 0 in their order.
    several = pattern.groups > 1
    return kinds[0], {place if several else numbers[0]: module for place, (numbers, module) in enumerate(modules)}


def _starred(match: re.Match[str]) -> str:
    """Return the whole name that a pattern matched, with ``*`` for each number that it caught."""
    name = match[0]
    for group in range(len(match.groups()), 0, -1):
        name = f"{name[: match.start(group)]}*{name[match.end(group) :]}"
    return name


def _is_linear(module: torch.nn.Module) -> bool:
    weight = getattr(module, "weight", None)
    embeds = isinstance(module, torch.nn.Embedding)
    return isinstance(weight, torch.Tensor) and weight.dim() == 2 and not embeds  # noqa: PLR2004 - a matrix


def _refusal(network: torch.nn.Module, config: PretrainedConfig, problem: str) -> UserError:
    """Return an error that lists the modules that could be hooked, and suggests one that can be listened to."""
    alike: dict[str, dict[tuple[int, ...], torch.nn.Module]] = defaultdict(dict)
    for name, module in network.named_modules():
        numbers = tuple(map(int, _NUMBER.findall(name)))
        if numbers and _is_linear(module):
            alike[_NUMBER.sub("*", name)][numbers] = module
    kinds = [_Kind(name, modules) for name, modules in alike.items()]
    best = _best(network, config, kinds)
    if best is None:
        return UserError(problem, "save the part that reads text by itself, and name its folder with --model")
    listed = [f"  {kind.listed()}" for kind in kinds[:_SHOWN]]
    more = [f"  and {len(kinds) - _SHOWN} more"] if len(kinds) > _SHOWN else []
    said = "its linear layers, with how many values go in and come out:"
    return UserError(
        problem, f"name those that the neurons enter, as in --hook {quote(best.hook())}", [said, *listed, *more]
    )


class _Kind(NamedTuple):
    """Linear layers whose names differ in their numbers alone, which are ``*`` in ``name``."""

    name: str
    modules: dict[tuple[int, ...], torch.nn.Module]

    def listed(self) -> str:
        """Return the names in short, and how wide what goes in and comes out is."""
        name = self._with(lambda low, high: f"{{{low}..{high}}}" if high > low else str(low))
        sizes = {tuple(output_weights(module).shape) for module in self.modules.values()}
        outputs, inputs = (sorted({size[axis] for size in sizes}) for axis in (0, 1))
        return f"{name}: {_range(inputs)} in, {_range(outputs)} out"

    def hook(self) -> str:
        """Return what names them all: ``*`` where their numbers differ, or at the first where none does."""
        alone = len(self.modules) == 1
        name = self._with(lambda low, high: "*" if high > low else str(low))
        return _NUMBER.sub("*", name, count=1) if alone else name

    def likeness(self, hidden: int) -> tuple[bool, bool, bool, int, int]:
        """Return how like output projections they are: as wide as the model going out, wider going in."""
        outputs, inputs = output_weights(next(iter(self.modules.values()))).shape
        elsewhere = "att" not in self.name.lower()
        return outputs == hidden, elsewhere, inputs > outputs, inputs - outputs, len(self.modules)

    def _with(self, spelled: Callable[[int, int], str]) -> str:
        parts = self.name.split("*")
        numbers = [spelled(min(own), max(own)) for own in zip(*self.modules, strict=True)]
        return "".join(f"{part}{number}" for part, number in zip(parts, [*numbers, ""], strict=True))


def _range(values: list[int]) -> str:
    return str(values[0]) if len(values) == 1 else f"{values[0]}-{values[-1]}"


def _best(network: torch.nn.Module, config: PretrainedConfig, kinds: list[_Kind]) -> _Kind | None:
    """Return the modules that are most like output projections and can be listened to; None for none."""
    hidden = getattr(config.get_text_config(), "hidden_size", 0)
    # Of equals the last: what puts out a block's result is named after what it is made of.
    ordered = sorted(kinds, key=lambda kind: kind.likeness(hidden))[::-1]
    every = {(kind.name, numbers): module for kind in ordered for numbers, module in kind.modules.items()}
    try:
        shapes = _heard(network, every, _PROBE)
    except _CANNOT as error:
        # On text alone it cannot be run; what only lacks its weights may well be.
        return None if _needs_more(error) or not ordered else ordered[0]
    return next(
        (
            kind
            for kind in ordered
            if all(
                len(heard := shapes[kind.name, numbers]) == 1 and _is_by_token(heard[0], _PROBE, width(module))
                for numbers, module in kind.modules.items()
            )
        ),
        None,
    )


def _needs_more(error: Exception) -> bool:
    """Return whether a network asks for something besides text, rather than not running without weights."""
    said = str(error)
    return any(word in said for word in ("pixel_values", "input_features", "decoder_input", "missing"))


def _heard(
    network: torch.nn.Module, modules: Mapping[Key, torch.nn.Module], tokens: int
) -> dict[Key, list[tuple[int, ...]]]:
    """Run a network over one text of `tokens` tokens; return the shapes of what each module is given."""
    shapes: dict[Key, list[tuple[int, ...]]] = {key: [] for key in modules}

    def note(key: Key) -> Callable[[torch.nn.Module, tuple[torch.Tensor, ...]], None]:
        def hook(_: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            shapes[key].append(tuple(inputs[0].shape))

        return hook

    hooks = [module.register_forward_pre_hook(note(key)) for key, module in modules.items()]
    try:
        with torch.inference_mode():
            device = next(network.parameters()).device
            network(input_ids=torch.arange(tokens, device=device)[None])
    finally:
        for hook in hooks:
            hook.remove()
    return shapes


def _is_by_token(shape: tuple[int, ...], tokens: int, units: int) -> bool:
    """Return whether what a module is given for one text has a row for each token, or more where it is padded."""
    rows = shape[:-1]
    longest = max(rows, default=0)
    return shape[-1] == units and len(rows) in {1, 2} and longest >= tokens and rows.count(1) == len(rows) - 1
