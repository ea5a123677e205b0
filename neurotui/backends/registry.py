"""The backends by name: ours, one line each, and those of other packages.

Nothing is loaded before it is needed, and a package's backend is not even imported before it is named.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from neurotui import plugins
from neurotui.backends import keywords, openai, transformers
from neurotui.backends.plugin_backend import OutsideBackend
from neurotui.backends.settings import BackendSettings
from neurotui.backends.spec import BackendSpec
from neurotui.types import GOLD

if TYPE_CHECKING:
    from pathlib import Path

    from neurotui.backends.llm.budget import Budget
    from neurotui.backends.protocol import Backend
    from neurotui.models.protocol import Encoder


def _guarded(spec: BackendSpec, package: plugins.Package) -> BackendSpec:
    """Wrap another package's backend so that errors inside it name the package."""

    def load(
        settings: BackendSettings, encoder: Encoder | None, cache: Path | None, budget: Budget | None
    ) -> Backend:
        with package.blamed():
            backend = spec.load(settings, encoder, cache, budget)
        return OutsideBackend(backend, package)

    return replace(spec, load=load)


_REGISTRY = plugins.Registry(
    plugins.BACKENDS,
    "backend",
    BackendSpec,
    (
        keywords.SPEC,
        openai.SPEC,
        transformers.SPEC,
    ),
    _guarded,
)
BUILT_IN, names, spec_of = _REGISTRY.built_in, _REGISTRY.names, _REGISTRY.spec_of


def sources() -> tuple[str, ...]:
    """Return who may write the phrases of a run: any backend, or ``gold``.

    Gold is no backend: what is said of a text then is what the data set came with.
    """
    return (*names(), GOLD)


def choose(
    name: str,
    settings: BackendSettings | None = None,
    *,
    encoder: Encoder | None = None,
    cache: Path | None = None,
    budget: Budget | None = None,
) -> Backend:
    """Return the backend of this name.

    `encoder` serves those that need one; without it, the packaged encoder is loaded for them. `cache` is the file
    that keeps what the others were answered; without one, it is kept as long as the process runs. `budget`
    serves a server, and begins at nothing where none is given. Raises ``UserError`` for an unknown name, settings
    that cannot serve, or a library that is not installed.
    """
    spec = spec_of(name)
    if not spec.needs_encoder:
        encoder = None
    elif encoder is None:
        from neurotui.models.encoder import MiniLM  # noqa: PLC0415 - torch

        encoder = MiniLM()
    return spec.load(settings or BackendSettings(), encoder, cache, budget)
