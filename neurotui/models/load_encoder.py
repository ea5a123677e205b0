"""The sentence encoder, loaded where it is first needed: torch is imported here, not by whoever may need it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.errors import UserError

if TYPE_CHECKING:
    from neurotui.models.protocol import Encoder


def load_encoder() -> Encoder:
    """Return the packaged sentence encoder; ``UserError`` where the ``models`` extra is not installed."""
    try:
        from neurotui.models.encoder import MiniLM  # noqa: PLC0415 - torch
    except ImportError as error:
        raise UserError("the sentence encoder is not installed", "pip install 'neurotui[models]'") from error
    return MiniLM()


def encoder_if_there() -> Encoder | None:
    """Return the packaged sentence encoder, or None where it is not installed."""
    try:
        return load_encoder()
    except UserError:
        return None
