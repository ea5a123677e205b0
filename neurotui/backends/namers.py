"""From a namer's name to the namer; what it needs is loaded here and not before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.backends.registry import spec_of
from neurotui.backends.settings import NAMERS, BackendSettings
from neurotui.backends.spec import require
from neurotui.errors import UserError
from neurotui.models import smollm2
from neurotui.types import GOLD

if TYPE_CHECKING:
    from pathlib import Path

    from neurotui.backends.llm.budget import Budget
    from neurotui.backends.namer import Namer

_TAKE_LLM = {"openai", "transformers"}
"""The namers whose model is the one that ``--llm`` names."""

NO_NAMER = "no language model names the descriptors, their words and the vocabulary alone do; to install one: "
"""What a person hears where the usual namer is not installed, before the command that installs it."""


def choose_namer(
    name: str | None,
    settings: BackendSettings | None = None,
    *,
    cache: Path | None = None,
    budget: Budget | None = None,
) -> Namer | None:
    """Return the namer of this name, None for ``none``; by default, smollm2 where it is installed.

    `cache` and `budget` serve a server, as those of ``choose`` do. Raises ``UserError`` for an unknown name,
    settings that cannot serve, or what is not installed.
    """
    chosen = settings or BackendSettings()
    if name is None:
        name = smollm2.NAME if smollm2.packaged() is not None else "none"
    if name not in NAMERS:
        raise UserError(f"'{name}' is not a namer", f"choose one of: {', '.join(NAMERS)}")
    if name == "none":
        return None
    if name == "openai":
        require("openai", "openai")
        from neurotui.backends.llm.reply_cache import Cache  # noqa: PLC0415
        from neurotui.backends.openai.namer import OpenAINamer  # noqa: PLC0415 - openai

        return OpenAINamer(chosen, Cache(cache), budget)
    require("transformers", "models")
    from neurotui.backends.transformers.namer import LocalNamer  # noqa: PLC0415 - torch

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
    if namer not in _TAKE_LLM or backend in {namer, GOLD} or not spec_of(backend).asks_a_model:
        return
    same = f"--namer {backend}, " if backend in NAMERS else ""
    raise UserError(
        f"--backend {backend} and --namer {namer} need two different models, and --llm names one",
        f"take {same}--namer smollm2 or --namer none",
    )
