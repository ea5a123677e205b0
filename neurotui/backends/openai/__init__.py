"""A model behind a server that speaks OpenAI's chat completions: as a backend, and as a namer."""

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
    del encoder  # the server reads the texts
    require("openai", "openai")
    from neurotui.backends.llm.reply_cache import kept_replies  # noqa: PLC0415 - sqlite3
    from neurotui.backends.openai.backend import OpenAIBackend  # noqa: PLC0415 - openai

    return OpenAIBackend(settings, kept_replies(cache), budget)


SPEC = BackendSpec(
    name="openai",
    summary="a model behind an OpenAI-compatible server",
    load=_load,
    asks_a_model=True,
    priced=True,
    remote=True,
)
