"""In one sentence, how what a run says first of its neurons fared with the people who judged it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.wording import counted

if TYPE_CHECKING:
    from neurotui.evaluate.by_labels import Judgement


def headline(judged: Judgement) -> str:
    """Return in one sentence how the run's first choice fared; "" if nobody has accepted or rejected anything."""
    first = next((one for one in judged.at_k if one.k == 1), None)
    if first is None or not judged.neurons:
        return ""
    named = first.hit.of
    hits = round((first.hit.value or 0.0) * named)
    rejected = judged.neurons - named
    accepted = f"{counted(named, 'neuron')} with an accepted label"
    told = f"Of {accepted}, what the run says first was that label for {hits:,}."
    return f"{told} {rejected:,} {'was' if rejected == 1 else 'were'} rejected." if rejected else told
