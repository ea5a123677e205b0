"""Load models through transformers: quietly, without running their maker's code, and with errors that say why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from huggingface_hub.utils.tqdm import disable_progress_bars
from safetensors import SafetensorError
from transformers.utils import logging

from neurotui.errors import UserError

UNLOADABLE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RuntimeError,
    ImportError,
    SafetensorError,
    StrictDataclassError,
)
"""What transformers raises about a model that it cannot load."""


# Heads that the feed-forward blocks do not need: their absence from a checkpoint changes nothing.
HEADS = ("pooler.",)


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
        raise UserError(
            f"the model in '{folder}' cannot be loaded: {reason}",
            "copy it again, or choose another with --model",
        ) from error


def load(kind: Any, folder: Path, dtype: str) -> tuple[Any, list[str]]:  # noqa: ANN401 - auto classes of transformers
    """Return what an auto class of transformers makes of a folder, and the weights that it did not find there.

    Raises ``UserError`` for a model that cannot be loaded.
    """
    with loading_errors(folder):
        network, report = with_attention(
            lambda attention: kind.from_pretrained(
                folder,
                trust_remote_code=False,
                use_safetensors=True,
                dtype=getattr(torch, dtype),
                attn_implementation=attention,
                output_loading_info=True,
            )
        )
    return network, sorted(report["missing_keys"])


def refuse_missing(missing: Iterable[str], folder: Path) -> None:
    """Raise ``UserError`` if weights that the feed-forward blocks need are missing from a checkpoint."""
    for name in missing:
        if not name.startswith(HEADS):
            raise UserError(f"the weights in '{folder}' lack '{name}'", "copy the model again")


def with_attention(build: Callable[[str], Any]) -> Any:  # noqa: ANN401 - whatever transformers returns
    """Build a network with the fused attention, or with the plain one where a family has only that."""
    try:
        return build("sdpa")
    except ValueError as error:
        if "scaled_dot_product_attention" not in str(error):
            raise
        return build("eager")
