"""Conflicts of wording alone, and what would stand if they were settled.

By words, people differ in wording alone where their labels are of the same words (``same_words.py``); by meaning,
also where every two of their labels are near in meaning. The wording that most of them gave stands, letter for
letter but for case and white space; of several such, the one that was given first.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from neurotui.spelling import compared
from neurotui.types import no_progress

if TYPE_CHECKING:
    from neurotui.models.protocol import Encoder
    from neurotui.store.labels import Labels
    from neurotui.types import Label, Neuron, Progress, Proposal


class Settlement(NamedTuple):
    """What would stand of a neuron on which people differ in wording alone, and what each of them said.

    ``same_words``: their labels are of the same words, and not just near in meaning.
    """

    neuron: Neuron
    stands: Proposal
    each: tuple[Label, ...]
    same_words: bool


def settlements(
    labels: Labels, encoder: Encoder | None = None, progress: Progress = no_progress
) -> list[Settlement]:
    """Return what would stand where people differ in wording alone: by meaning too, if there is an `encoder`.

    In neuron order. Left out is where everybody gave several labels: which of them stand, a person has to say.
    """
    differing = [label for label in labels.all() if label.differ in {"wording", "label"}]
    groups = [tuple(one for one in label.each if one.state == "accepted") for label in differing]
    same = [label.differ == "wording" for label in differing]
    if encoder is not None and groups:
        from neurotui.evaluate.label_meanings import all_near  # noqa: PLC0415 - words need no numpy

        near = all_near(groups, encoder, progress)
    else:
        near = same
    found = []
    for label, each, words, meaning in zip(differing, groups, same, near, strict=True):
        stands = _most_said(each) if words or meaning else None
        if stands is not None:
            found.append(Settlement(label.neuron, stands, each, words))
    return found


def _most_said(each: tuple[Label, ...]) -> Proposal | None:
    """Return the label that most gave; of several such the first one given; None where all gave several labels."""
    single = sorted((one for one in each if not one.also), key=lambda one: one.time)
    if not single:
        return None
    given = Counter(compared(one.text) for one in single)
    # max() keeps the first of equals: the one that was given first.
    return max(single, key=lambda one: given[compared(one.text)]).accepted[0]
