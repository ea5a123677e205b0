"""Who reviews a run, and how. Nothing heavy is imported here: the command that opens the app needs it first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from neurotui.types import Blind


class Reviewer(NamedTuple):
    """An annotator: ``blind`` is what is hidden from them, ``share`` their part of the neurons, as in ``2/5``."""

    annotator: str
    read_only: bool = False
    blind: Blind = ""
    share: str = ""
