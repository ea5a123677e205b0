"""Load models through transformers: quietly, without running their maker's code, and with errors that say why."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from huggingface_hub.errors import StrictDataclassError
from huggingface_hub.utils.tqdm import disable_progress_bars
from safetensors import SafetensorError
from transformers.utils import logging

from neurotui.errors import UserError
from neurotui.models.weights import weight_names

if TYPE_CHECKING:
    from transformers import PretrainedConfig

UNLOADABLE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RuntimeError,
    ArithmeticError,
    ImportError,
    SafetensorError,
    StrictDataclassError,
)
"""What transformers raises about a model that it cannot load."""


# Parts that the feed-forward blocks do not need: their absence from a checkpoint changes nothing. Of an encoder
# and a decoder, the encoder alone is read.
NOT_NEEDED = ("pooler.", "decoder.")
# What PyTorch writes before every name where a model was wrapped when it was saved.
_SHOWN = 8  # languages
_WRAPPERS = ("module.", "_orig_mod.", "_fsdp_wrapped_module.")


def quiet() -> None:
    """Keep transformers from drawing progress bars and warnings over ours."""
    disable_progress_bars()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call] # theirs
    logging.set_verbosity_error()  # type: ignore[no-untyped-call] # theirs


@contextmanager
def loading_errors(folder: Path) -> Iterator[None]:
    """Turn whatever transformers raises about a model it cannot load into a ``UserError``."""
    try:
        yield
    except UNLOADABLE as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        if "ignore_mismatched_sizes" in reason:
            reason = "its weights have other sizes than its config.json says"
        raise UserError(f"the model in '{folder}' cannot be loaded: {reason}", _way_out(folder)) from error


def _way_out(folder: Path) -> str:
    """Say what helps where a model cannot be loaded."""
    try:
        method = json.loads((folder / "config.json").read_bytes())["quantization_config"]["quant_method"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "copy it again, or choose another with --model"
    return f"it is quantised ({method}): choose the model that it was made from, or install what is missing"


@contextmanager
def forward_errors(model_type: str, tokens: int) -> Iterator[None]:
    """Turn what a network raises about texts that it cannot read into a ``UserError``."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError, IndexError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(
            f"the model, of type '{model_type}', cannot read a text of {tokens} tokens: {reason}",
            "try fewer with --max-tokens, or choose another with --model",
        ) from error


def refuse_impossible(config: PretrainedConfig, folder: Path) -> None:
    """Raise ``UserError`` for a configuration with which no network can read a text."""
    positions = config.to_dict().get("max_position_embeddings")
    if isinstance(positions, int) and positions < 0:
        raise UserError(
            f"'{folder / 'config.json'}' says that 'max_position_embeddings' is '{positions}'", "copy it again"
        )
    languages = getattr(config, "languages", None)
    if config.model_type == "xmod" and config.default_language is None and languages:
        raise UserError(
            f"the model in '{folder}' reads {', '.join(languages[:_SHOWN])}, and does not say which"
            if len(languages) > 1
            else f"the model in '{folder}' does not say which language it reads",
            f'add "default_language": "{languages[0]}", or another of them, to its config.json',
        )


def load(kind: Any, folder: Path, dtype: str) -> tuple[Any, list[str]]:  # noqa: ANN401 - auto classes of transformers
    """Return what an auto class of transformers makes of a folder, and the weights that it did not find there.

    Raises ``UserError`` for a model that cannot be loaded.
    """
    wrapper = _wrapper(folder)
    with loading_errors(folder):
        network, report = with_attention(
            lambda attention: kind.from_pretrained(
                folder,
                trust_remote_code=False,
                use_safetensors=True,
                dtype=getattr(torch, dtype),
                attn_implementation=attention,
                output_loading_info=True,
                **({"key_mapping": {f"^{re.escape(wrapper)}": ""}} if wrapper else {}),
            )
        )
    return network, sorted(report["missing_keys"])


def _wrapper(folder: Path) -> str:
    """Return what every weight's name begins with where a model was saved in its wrapper; mostly nothing."""
    names = weight_names(folder)
    wrapper = ""
    while names and (
        more := next((one for one in _WRAPPERS if all(name.startswith(wrapper + one) for name in names)), "")
    ):
        wrapper += more
    return wrapper


def refuse_missing(missing: Iterable[str], folder: Path) -> None:
    """Raise ``UserError`` if weights that the feed-forward blocks need are missing from a checkpoint."""
    for name in missing:
        if not name.startswith(NOT_NEEDED):
            raise UserError(f"the weights in '{folder}' lack '{name}'", "copy the model again")


def with_attention(build: Callable[[str], Any]) -> Any:  # noqa: ANN401 - whatever transformers returns
    """Build a network with the fused attention, or with the plain one where a family has only that."""
    try:
        return build("sdpa")
    except ValueError as error:
        if "scaled_dot_product_attention" not in str(error):
            raise
        return build("eager")
