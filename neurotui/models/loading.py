"""What every model that transformers loads has in common: silence, and the many ways in which it can fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
