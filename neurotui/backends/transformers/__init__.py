"""A language model in this process: as a backend, and as a namer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.backends.spec import BackendSpec, require

if TYPE_CHECKING:
    from pathlib import Path

    from neurotui.backends.llm.budget import Budget
    from neurotui.backends.protocol import Backend
    from neurotui.backends.settings import BackendSettings
    from neurotui.models.protocol import Encoder


def _load(
    settings: BackendSettings, encoder: Encoder | None, cache: Path | None, budget: Budget | None
) -> Backend:
    del encoder, budget  # the model itself reads the texts, and it costs time alone
    require("transformers", "models")
    from neurotui.backends.llm.reply_cache import kept_replies  # noqa: PLC0415 - sqlite3
    from neurotui.backends.transformers.backend import TransformersBackend  # noqa: PLC0415 - torch

    return TransformersBackend(settings, kept_replies(cache))


SPEC = BackendSpec(
    name="transformers",
    summary="a model from a folder or the hub, here",
    load=_load,
    asks_a_model=True,
)
