"""The judges, which say whether a description holds: one line each. What one needs is loaded when it is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from neurotui.backends.settings import BackendSettings, server_of
from neurotui.backends.spec import require
from neurotui.errors import UserError
from neurotui.models import smollm2
from neurotui.models.packaged_models import SMOLLM2

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from neurotui.backends.judge_protocol import Judge


class JudgeSpec(NamedTuple):
    """A judge, before it is loaded: ``load(settings, cache)``; ``remote``: it asks a server."""

    load: Callable[[BackendSettings, Path | None], Judge]
    remote: bool = False


def choose_judge(name: str, settings: BackendSettings | None = None, *, cache: Path | None = None) -> Judge:
    """Return the judge of this name; `cache` is the file that keeps what it answered.

    Raises ``UserError`` for what is no judge, settings that cannot serve, or what is not installed.
    """
    if name not in _SPECS:
        raise UserError(
            f"'{name}' cannot judge: it takes a language model to say whether a description holds",
            f"choose one of: {', '.join(_SPECS)}",
        )
    return _SPECS[name].load(settings or BackendSettings(), cache)


def judging_server(name: str, settings: BackendSettings) -> str:
    """Return which model at which server a judge asks, in words; nothing where it asks none."""
    return server_of(settings) if _SPECS[name].remote else ""


def _smollm2(settings: BackendSettings, cache: Path | None) -> Judge:
    require("transformers", "models")
    from neurotui.backends.llm.reply_cache import kept_replies  # noqa: PLC0415 - sqlite3
    from neurotui.backends.transformers.judge import LocalJudge  # noqa: PLC0415 - torch

    source = smollm2.packaged()
    version = f" {source.version}" if source is not None else ""
    called = (SMOLLM2.name, f"{SMOLLM2.name}{version}")
    return LocalJudge(*called, str(smollm2.model_folder()), kept_replies(cache), settings.device)


def _openai(settings: BackendSettings, cache: Path | None) -> Judge:
    require("openai", "openai")
    from neurotui.backends.llm.reply_cache import kept_replies  # noqa: PLC0415
    from neurotui.backends.openai.judge import OpenAIJudge  # noqa: PLC0415 - openai

    return OpenAIJudge(settings, kept_replies(cache))


def _transformers(settings: BackendSettings, cache: Path | None) -> Judge:
    require("transformers", "models")
    from neurotui.backends.llm.reply_cache import kept_replies  # noqa: PLC0415 - sqlite3
    from neurotui.backends.transformers.judge import LocalJudge  # noqa: PLC0415 - torch

    if not settings.llm:
        raise UserError("no model is named for the judge", "name a folder or a model on the hub with --llm")
    return LocalJudge("transformers", settings.llm, settings.llm, kept_replies(cache), settings.device)


_SPECS = {
    SMOLLM2.name: JudgeSpec(_smollm2),
    "openai": JudgeSpec(_openai, remote=True),
    "transformers": JudgeSpec(_transformers),
}

JUDGES = tuple(_SPECS)
"""What ``--judge`` takes."""
