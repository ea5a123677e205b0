"""What a backend declares of itself; a package that brings one imports this and nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from neurotui.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from neurotui.backends.llm.budget import Budget
    from neurotui.backends.protocol import Backend
    from neurotui.backends.settings import BackendSettings
    from neurotui.models.protocol import Encoder

    Load = Callable[[BackendSettings, Encoder | None, Path | None, Budget | None], Backend]
    """Makes a backend: ``load(settings, encoder, cache, budget)``.

    ``encoder`` is there where the backend needs one, else None. ``cache`` is the file that keeps replies, None to
    keep them as long as the process runs. ``budget`` is what is shared with whatever else asks a server, if
    anything does. Raises ``UserError`` for settings that cannot serve; nothing is asked yet.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendSpec:
    """A backend, before it is loaded: made where it can be imported without torch, openai or scikit-learn.

    ``name`` is what ``--backend`` takes and what runs and labels call it, ``summary`` a line for the help.
    ``load`` imports what it needs.

    ``asks_a_model``: a generative model writes, the one that ``--llm`` names. Its phrases are names already, where
    those of others are mere words; others take no price, and are not asked for one. ``priced``: to ask costs
    something, so the app tells the price of a label first. ``remote``: it asks the server that ``--base-url``
    names, and people are told which. ``needs_encoder``: it is given the sentence encoder.
    """

    name: str
    summary: str
    load: Load
    asks_a_model: bool = False
    priced: bool = False
    remote: bool = False
    needs_encoder: bool = False


def require(library: str, extra: str) -> None:
    """Raise ``UserError`` where a library of one of neurotui's extras is not installed."""
    if find_spec(library) is None:
        raise UserError(f"'{library}' is not installed", f"pip install 'neurotui[{extra}]'")
