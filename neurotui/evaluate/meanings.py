"""What each figure of an evaluation says, and what is good: a sentence for each, for the app and the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neurotui.wording import counted

if TYPE_CHECKING:
    from neurotui.evaluate.by_labels import Judgement

_BY_PEOPLE = {
    "precision": "of {first} of a judged neuron, the share that people accepted; {most}",
    "recall": "of the labels that people accepted, the share that is in {first}; "
    "1 is best, and a label in one's own words counts as missed",
    "hit": "of the neurons with an accepted label, the share for which it is in {first}; 1 is best",
    "consistency": "of the text descriptors that either half of the texts finds, the share that both find; "
    "1 is best",
    "consistency_neurons": "the same neuron by neuron: of the descriptors that either half gives it, "
    "the share that both give; 1 is best",
    "replication": "of the token descriptors that the first half gives a neuron, the share that the other half "
    "gives it as well; 1 is best, and what is missing was luck",
}
_BY_GOLD = _BY_PEOPLE | {
    "precision": "of {first} of a neuron, the share that holds on texts that chose "
    "nothing (AUROC 0.7 or more); 1 is best",
    "recall": "of the gold labels that hold for a neuron, the share that is in {first}; 1 is best",
    "coverage": "of the gold labels that some neuron carries, the share that a description stands for; 1 is best",
    "purity": "the share of a descriptor's texts that bear one and the same gold label; 1 is best",
    "overlap": "how far a descriptor shares its texts with the one most like it; low is good: each says its own",
}
_TITLES = {"consistency_neurons": "consistency by neuron"}


def title(name: str) -> str:
    """Return a figure's name as people read it."""
    return _TITLES.get(name, name)


def meaning(name: str, *, gold: bool = False) -> str:
    """Return a sentence on what a figure says and what is good; by gold labels, or by people's."""
    known = _BY_GOLD if gold else _BY_PEOPLE
    kind, _, depth = name.partition("@")
    k = int(depth or 1)
    best = "1 is best" if k == 1 else f"as people accept one label a neuron, {1 / k:.2g} is the most"
    first = "what the run says first" if k == 1 else f"the first {k} that the run says"
    return known[kind].format(first=first, most=best)


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
