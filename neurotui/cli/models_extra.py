"""What commands that run a model begin with: the message where the `models` extra is not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from neurotui.errors import UserError


@contextmanager
def model_side() -> Iterator[None]:
    """Raise a ``UserError`` that says how to install the `models` extra if a package of it is missing."""
    # Before torch, which takes a numpy whose import Ctrl-C ended for one that is not installed, and carries on.
    import numpy as np  # noqa: F401

    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in {"", "neurotui"}:
            raise
        message = f"this command runs a model, for which '{missing}' is not installed"
        raise UserError(message, "pip install 'neurotui[models]'") from error
