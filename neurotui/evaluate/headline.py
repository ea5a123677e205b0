"""A few sentences on how a run's first descriptions fared with the people who judged them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.wording import counted

if TYPE_CHECKING:
    from neurotui.evaluate.by_labels import Judgement


def headline(judged: Judgement, settle: str) -> str:
    """Return how the run's first choice fared, and what is left out; `settle` is the command that settles.

    "" if nobody has accepted or rejected anything and nobody differs.
    """
    told = [_fared(judged)] if judged.neurons else []
    if judged.conflicts:
        one = judged.conflicts == 1
        told.append(f"{counted(judged.conflicts, 'neuron')} {'is' if one else 'are'} in conflict and left out.")
        told.append(_in_wording(judged, settle))
    return " ".join(filter(None, told))


def _in_wording(judged: Judgement, settle: str) -> str:
    """Return on how many of them people differ in wording alone, or are near in meaning; "" for none."""
    told = []
    if judged.same_words:
        told.append(f"on {judged.same_words:,} of them people differ in wording alone")
    if judged.near_meaning:
        told.append(
            f"on {judged.near_meaning:,}{' more' if told else ' of them'} their labels are near in meaning"
        )
    if not told:
        return ""
    options = " --equal meaning" if judged.near_meaning else ""
    said = ", ".join(told)
    return f"{said[0].upper()}{said[1:]}; {settle}{options} settles these."


def _fared(judged: Judgement) -> str:
    first = next(one for one in judged.at_k if one.k == 1)
    named = first.hit.of
    hits = round((first.hit.value or 0.0) * named)
    rejected = judged.neurons - named
    accepted = f"{counted(named, 'neuron')} with an accepted label"
    told = f"Of {accepted}, what the run says first was that label for {hits:,}."
    return f"{told} {rejected:,} {'was' if rejected == 1 else 'were'} rejected." if rejected else told
