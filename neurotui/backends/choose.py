"""From a backend's name to the backend; what it needs is loaded here and not before."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from neurotui.backends.settings import NAMES, Settings
from neurotui.words import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from neurotui.backends.budget import Budget
    from neurotui.backends.protocol import Backend, Encoder


def choose(
    name: str,
    settings: Settings | None = None,
    *,
    encoder: Encoder | None = None,
    cache: Path | None = None,
    budget: Budget | None = None,
) -> Backend:
    """Return the backend of this name.

    `encoder` serves the keywords; without one, the packaged encoder is loaded for them. `cache` is the file
    that keeps what the others were answered; without one, it is kept as long as the process runs. `budget`
    serves a server, and begins at nothing where none is given. Raises ``Refusal`` for an unknown name, settings
    that cannot serve, or a library that is not installed.
    """
    chosen = settings or Settings()
    if name not in NAMES:
        raise Refusal(f"'{name}' is not a backend", f"choose one of: {', '.join(NAMES)}")
    if name == "keywords":
        from neurotui.backends.encoder import MiniLM  # noqa: PLC0415 - torch
        from neurotui.backends.keywords import Keywords  # noqa: PLC0415 - scikit-learn

        return Keywords(encoder or MiniLM(), chosen.seed)
    from neurotui.backends.cache import Cache  # noqa: PLC0415

    if name == "openai":
        _require("openai", "openai")
        from neurotui.backends.openai import OpenAIBackend  # noqa: PLC0415 - openai

        return OpenAIBackend(chosen, Cache(cache), budget)
    _require("transformers", "models")
    from neurotui.backends.transformers import TransformersBackend  # noqa: PLC0415 - torch

    return TransformersBackend(chosen, Cache(cache))


def _require(library: str, extra: str) -> None:
    if find_spec(library) is None:
        raise Refusal(f"'{library}' is not installed", f"pip install 'neurotui[{extra}]'")
