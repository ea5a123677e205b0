"""The offline backend: words that set groups of texts apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.backends.spec import BackendSpec
from neurotui.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from neurotui.backends.llm.budget import Budget
    from neurotui.backends.protocol import Backend
    from neurotui.backends.settings import BackendSettings
    from neurotui.models.protocol import Encoder


def _load(
    settings: BackendSettings, encoder: Encoder | None, cache: Path | None, budget: Budget | None
) -> Backend:
    del cache, budget  # it sends no requests
    from neurotui.backends.keywords.backend import Keywords  # noqa: PLC0415 - scikit-learn

    if encoder is None:
        raise UserError("the keywords need a sentence encoder")
    return Keywords(encoder, settings.seed)


SPEC = BackendSpec(
    name="keywords",
    summary="words that tell groups of texts apart, offline",
    load=_load,
    needs_encoder=True,
)
