"""The namers, which give descriptors their names: one line each. What one needs is loaded when it is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from neurotui.backends.registry import spec_of
from neurotui.backends.settings import BackendSettings, server_of
from neurotui.backends.spec import require
from neurotui.errors import UserError
from neurotui.models import smollm2
from neurotui.models.packaged_models import SMOLLM2
from neurotui.types import GOLD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from neurotui.backends.llm.budget import Budget
    from neurotui.backends.namer_protocol import Namer

NO_NAMER = "no language model names the descriptors, their words and the vocabulary alone do; to install one: "
"""What a person hears where the usual namer is not installed, before the command that installs it."""


NONE = "none"
"""The value of ``--namer`` that leaves the names to the words of the texts."""


class NamerSpec(NamedTuple):
    """A namer, before it is loaded: ``name`` is what ``--namer`` takes and what the run calls it.

    ``load(settings, cache, budget)`` imports what it needs, and raises ``UserError`` for settings that cannot
    serve or what is not installed. ``takes_llm``: its model is the one that ``--llm`` names. ``remote``: it asks
    the server that ``--base-url`` names, which is told and estimated before.
    """

    name: str
    load: Callable[[BackendSettings, Path | None, Budget | None], Namer]
    takes_llm: bool = False
    remote: bool = False


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
    if name is None:
        name = SMOLLM2.name if smollm2.packaged() is not None else NONE
    if name not in NAMERS:
        raise UserError(f"'{name}' is not a namer", f"choose one of: {', '.join(NAMERS)}")
    return None if name == NONE else _SPECS[name].load(settings or BackendSettings(), cache, budget)


def _smollm2(settings: BackendSettings, cache: Path | None, budget: Budget | None) -> Namer:
    del cache, budget  # it sends no requests
    require("transformers", "models")
    from neurotui.backends.llm.reply_cache import kept_replies  # noqa: PLC0415 - sqlite3
    from neurotui.backends.transformers.namer import LocalNamer  # noqa: PLC0415 - torch

    source = smollm2.packaged()
    version = f" {source.version}" if source is not None else ""
    return LocalNamer(
        SMOLLM2.name, f"{SMOLLM2.name}{version}", str(smollm2.model_folder()), kept_replies(), settings.device
    )


def _openai(settings: BackendSettings, cache: Path | None, budget: Budget | None) -> Namer:
    require("openai", "openai")
    from neurotui.backends.llm.reply_cache import kept_replies  # noqa: PLC0415 - sqlite3
    from neurotui.backends.openai.namer import OpenAINamer  # noqa: PLC0415 - openai

    return OpenAINamer(settings, kept_replies(cache), budget)


def _transformers(settings: BackendSettings, cache: Path | None, budget: Budget | None) -> Namer:
    del cache, budget  # it sends no requests
    require("transformers", "models")
    from neurotui.backends.llm.reply_cache import kept_replies  # noqa: PLC0415 - sqlite3
    from neurotui.backends.transformers.namer import LocalNamer  # noqa: PLC0415 - torch

    if not settings.llm:
        raise UserError(
            "no model is named for the namer",
            f"name a folder or a model on the hub with --llm, or --namer {SMOLLM2.name}",
        )
    return LocalNamer("transformers", settings.llm, settings.llm, kept_replies(), settings.device)


_SPECS = {
    spec.name: spec
    for spec in (
        NamerSpec(SMOLLM2.name, _smollm2),
        NamerSpec("openai", _openai, takes_llm=True, remote=True),
        NamerSpec("transformers", _transformers, takes_llm=True),
    )
}

NAMERS = (*_SPECS, NONE)
"""What ``--namer`` takes."""


def asks_a_server(namer: str | None) -> bool:
    """Return whether the namer of this name asks a server; None is the usual one, which does not."""
    return namer in _SPECS and _SPECS[namer].remote


def server_asked(settings: BackendSettings | None, backend: str | None, namer: str | None = None) -> str:
    """Return which model at which server a backend or a namer asks, in words; nothing where neither asks one.

    `backend` is None, or ``gold``, where no backend writes.
    """
    remote = asks_a_server(namer) or (backend not in {None, GOLD} and spec_of(backend).remote)
    return server_of(settings) if settings is not None and remote else ""


def refuse_two_models(backend: str, namer: str | None) -> None:
    """Raise ``UserError`` where backend and namer would each take another model from the one ``--llm``."""
    takes_llm = namer in _SPECS and _SPECS[namer].takes_llm
    if not takes_llm or backend in {namer, GOLD} or not spec_of(backend).asks_a_model:
        return
    same = f"--namer {backend}, " if backend in NAMERS else ""
    raise UserError(
        f"--backend {backend} and --namer {namer} need two different models, and --llm names one",
        f"take {same}--namer {SMOLLM2.name} or --namer {NONE}",
    )
