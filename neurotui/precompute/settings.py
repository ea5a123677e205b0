"""What a person may choose of a precompute, and what they get told at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from neurotui.errors import UserError
from neurotui.models.dtype import Dtype
from neurotui.pooling import DEFAULT, POOLINGS
from neurotui.types import Device

# A run counts the tokens of a text in 16 bits.
_MOST_TOKENS = 32_767


@dataclass(frozen=True, slots=True)
class PrecomputeSettings:
    """The choices of one precompute. Raises ``UserError`` for a value that cannot be.

    ``model`` is ``minilm`` (the packaged one), a folder, or a name on the Hugging Face hub. ``layers`` counts
    from 0, None for all; ``hook`` names the modules that the neurons enter, with ``*`` for the layer's number,
    where the structure of the model does not tell. A text is cut at ``max_tokens``, or with ``window`` divided
    into texts of so many tokens, each ``stride`` tokens after the one before; 0 for as many as a window holds.
    ``pool`` is a rule of ``pooling.POOLINGS``. ``dtype`` ``auto``
    is float32 with the quickest products that the machine has, if a check bounds what they change
    (``dtype_check.py``); ``float32`` takes the exact ones.
    ``exemplars`` is how many top ones a neuron keeps, ``token_sample`` at how many tokens its activation is kept.
    ``workers`` 0 leaves their number to the machine; it never changes what comes out. ``fresh`` removes shards of
    other settings that are in the way, which otherwise are refused.
    """

    model: str = "minilm"
    text_fields: tuple[str, ...] = ("text",)
    id_field: str | None = None
    gold_fields: tuple[str, ...] = ()
    layers: tuple[int, ...] | None = None
    hook: str = ""
    max_tokens: int = 256
    window: int = 0
    stride: int = 0
    pool: str = DEFAULT
    dtype: Dtype = "auto"
    device: Device = "auto"
    exemplars: int = 20
    token_sample: int = 8_192
    seed: int = 0
    workers: int = 0
    fresh: bool = False

    def __post_init__(self) -> None:
        for name, value, choices in (
            ("pool", self.pool, tuple(POOLINGS)),
            ("dtype", self.dtype, get_args(Dtype)),
            ("device", self.device, get_args(Device)),
        ):
            if value not in choices:
                raise UserError(f"'{value}' is not a {name}", f"choose one of: {', '.join(choices)}")
        for name, number, least, most in (
            ("max-tokens", self.max_tokens, 1, _MOST_TOKENS),
            ("window", self.window, 0, _MOST_TOKENS),
            ("stride", self.stride, 0, self.window or _MOST_TOKENS),
            ("exemplars", self.exemplars, 1, 1_000),
            ("token-sample", self.token_sample, 16, 1_000_000),
            ("workers", self.workers, 0, 1_024),
        ):
            if not least <= number <= most:
                raise UserError(f"{name} is '{number}'", f"choose a number from {least} to {most}")
        if self.stride and not self.window:
            raise UserError("a stride is between windows", "say how many tokens a window has with --window")
        if not self.text_fields:
            raise UserError("no field holds the text", "name at least one with --text-field")
        if self.layers is not None and not self.layers:
            raise UserError("no layers are chosen", "name at least one with --layers, or leave it out for all")


@dataclass(frozen=True, slots=True)
class PrecomputeSummary:
    """What a precompute or a merge made, for people and for ``--json``.

    ``tokens`` counts what the figures are over: special tokens are left out. ``texts_left_out`` were blank or
    gave no token that counts, and ``texts_cut`` went on beyond what was read of them. ``documents`` are what texts
    are windows of, or the texts. ``dtype`` is what was taken, ``dtype_check`` what was found of it, "" if nothing
    was looked for. ``bytes`` is the size of the run.
    """

    run: str
    model: str
    documents: int
    texts: int
    texts_left_out: int
    texts_cut: int
    max_tokens: int
    tokens: int
    layers: int
    neurons: int
    shards: int
    dtype: str
    dtype_check: str
    bytes: int
    seconds: float
