"""Shared by all loading through transformers: the errors it can raise, and how to silence its output."""

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
"""The exceptions that transformers raises for a model that it cannot load."""


def quiet() -> None:
    """Turn off transformers' progress bars and warnings."""
    disable_progress_bars()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call] # theirs
    logging.set_verbosity_error()  # type: ignore[no-untyped-call] # theirs
