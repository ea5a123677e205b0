"""What every model that transformers loads has in common: silence, and the many ways in which it can fail."""

from __future__ import annotations

from huggingface_hub.errors import StrictDataclassError
from huggingface_hub.utils.tqdm import disable_progress_bars
from safetensors import SafetensorError
from transformers.utils import logging

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
