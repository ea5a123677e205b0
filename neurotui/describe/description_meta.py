"""What a description says of itself: in ``meta`` for the run's own, in ``describers`` for another."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from neurotui.describe.auroc import ALPHA
from neurotui.describe.cluster import CUT
from neurotui.describe.described_rule import LEAST_AUROC, LEAST_CORRELATION

if TYPE_CHECKING:
    from neurotui.backends.namer_protocol import Namer
    from neurotui.backends.settings import BackendSettings

_DESCRIBED = {
    "backend",
    "described",
    "cluster_cut",
    "match_threshold",
    "match_alpha",
    "match_correlation",
    "texts_failed",
    "llm",
    "prompts",
    "namer",
    "namer_model",
}


def of_the_run(meta: dict[str, str], *, described: bool) -> dict[str, str]:
    """Return what a run says of itself, but for its format; what it says of its own description if `described`."""
    left_out = {"format_version"} if described else {"format_version", *_DESCRIBED}
    return {key: value for key, value in meta.items() if key not in left_out}


def of_description(
    backend: str, settings: BackendSettings | None, *, failed: int, prompts: str, namer: Namer | None
) -> dict[str, str]:
    """Return what a description says of itself: who described, who named, when, and by which rules."""
    entries = {
        "backend": backend,
        "described": datetime.now(UTC).isoformat(timespec="seconds"),
        "cluster_cut": str(CUT),
        "match_threshold": str(LEAST_AUROC),
        "match_alpha": str(ALPHA),
        "match_correlation": str(LEAST_CORRELATION),
        "texts_failed": str(failed),
    }
    if prompts and settings is not None:
        entries |= {"llm": settings.llm, "prompts": prompts}
    named = {"namer": "none"} if namer is None else {"namer": namer.name, "namer_model": namer.model}
    return {**entries, **named}
