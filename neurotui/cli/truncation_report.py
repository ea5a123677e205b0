"""How commands report texts that were longer than what the model was given."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neurotui.cli.console import Value
    from neurotui.precompute.settings import PrecomputeSummary


def said_of_cut(cut: int, max_tokens: int) -> str:
    """Return how many texts were cut, and what reads all of them."""
    return f"{cut:,} at {max_tokens:,} tokens; --window {max_tokens} keeps the rest" if cut else "0"


def summary_of(made: PrecomputeSummary, *, as_json: bool) -> dict[str, Value]:
    """Return what a run that was made holds, for people or for ``--json``."""
    record = asdict(made)
    if as_json:
        return record
    told = {**record, "texts_cut": said_of_cut(made.texts_cut, made.max_tokens)}
    return {key: value for key, value in told.items() if key != "dtype_check" or value}
