"""From a backend's name to the backend; what it needs is loaded here and not before."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from neurotui.backends.settings import NAMERS, NAMES, Settings
from neurotui.errors import UserError
from neurotui.models import smollm2

if TYPE_CHECKING:
    from pathlib import Path

    from neurotui.backends.llm.budget import Budget
    from neurotui.backends.namer import Namer
    from neurotui.backends.protocol import Backend
    from neurotui.models.protocol import Encoder


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
    serves a server, and begins at nothing where none is given. Raises ``UserError`` for an unknown name, settings
    that cannot serve, or a library that is not installed.
    """
    chosen = settings or Settings()
    if name not in NAMES:
        raise UserError(f"'{name}' is not a backend", f"choose one of: {', '.join(NAMES)}")
    if name == "keywords":
        from neurotui.backends.keywords import Keywords  # noqa: PLC0415 - scikit-learn
        from neurotui.models.encoder import MiniLM  # noqa: PLC0415 - torch

        return Keywords(encoder or MiniLM(), chosen.seed)
    from neurotui.backends.llm.reply_cache import Cache  # noqa: PLC0415

    if name == "openai":
        _require("openai", "openai")
        from neurotui.backends.openai import OpenAIBackend  # noqa: PLC0415 - openai

        return OpenAIBackend(chosen, Cache(cache), budget)
    _require("transformers", "models")
    from neurotui.backends.transformers import TransformersBackend  # noqa: PLC0415 - torch

    return TransformersBackend(chosen, Cache(cache))


NO_NAMER = "no language model names the descriptors, their words and the vocabulary alone do; to install one: "
"""What a person hears where the usual namer is not installed, before the command that installs it."""


def choose_namer(
    name: str | None,
    settings: Settings | None = None,
    *,
    cache: Path | None = None,
    budget: Budget | None = None,
) -> Namer | None:
    """Return the namer of this name, None for ``none``; by default, smollm2 where it is installed.

    `cache` and `budget` serve a server, as those of ``choose`` do. Raises ``UserError`` for an unknown name,
    settings that cannot serve, or what is not installed.
    """
    chosen = settings or Settings()
    if name is None:
        name = smollm2.NAME if smollm2.packaged() is not None else "none"
    if name not in NAMERS:
        raise UserError(f"'{name}' is not a namer", f"choose one of: {', '.join(NAMERS)}")
    if name == "none":
        return None
    if name == "openai":
        _require("openai", "openai")
        from neurotui.backends.llm.reply_cache import Cache  # noqa: PLC0415
        from neurotui.backends.openai_namer import OpenAINamer  # noqa: PLC0415 - openai

        return OpenAINamer(chosen, Cache(cache), budget)
    _require("transformers", "models")
    from neurotui.backends.local_namer import LocalNamer  # noqa: PLC0415 - torch

    if name == smollm2.NAME:
        source = smollm2.packaged()
        version = f" {source.version}" if source is not None else ""
        return LocalNamer(name, f"{smollm2.NAME}{version}", str(smollm2.model_folder()), chosen.device)
    if not chosen.llm:
        raise UserError(
            "no model is named for the namer",
            "name a folder or a model on the hub with --llm, or --namer smollm2",
        )
    return LocalNamer(name, chosen.llm, chosen.llm, chosen.device)


def refuse_two_models(backend: str, namer: str | None) -> None:
    """Raise ``UserError`` where backend and namer would each take another model from the one ``--llm``."""
    if {backend, namer} == {"openai", "transformers"}:
        raise UserError(
            f"--backend {backend} and --namer {namer} need two different models, and --llm names one",
            f"take --namer {backend}, --namer smollm2 or --namer none",
        )


def _require(library: str, extra: str) -> None:
    if find_spec(library) is None:
        raise UserError(f"'{library}' is not installed", f"pip install 'neurotui[{extra}]'")
