"""How far annotators agree on a run's neurons: on accepting or rejecting, on the label's text, on its meaning."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np

from neurotui.evaluate.coefficients import MISSING, alpha_by, coefficients, share_near, why_little
from neurotui.evaluate.distances import Cosine
from neurotui.evaluate.label_meanings import accepted_said, vectors_of
from neurotui.evaluate.measures import AGREEMENT
from neurotui.labelling.near_meaning import NEAR_COSINE
from neurotui.spelling import compared
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from neurotui.evaluate.bootstrap import Figure
    from neurotui.models.protocol import Encoder
    from neurotui.store.labels import Labels
    from neurotui.types import Label, Neuron, Progress

Level = Literal["decision", "text", "meaning"]
"""What is compared: accepted against rejected; the accepted label's text; what the accepted label means."""

People = dict[str, dict["Neuron", "Label"]]
"""Each annotator's labels of the neurons that they accepted or rejected."""

_DECISIONS = ("rejected", "accepted")
# Up to this many annotators, every pair is compared.
_MOST = 10

COMPARED = {
    "decision": "accepted or rejected",
    "text": "the accepted label's text",
    "meaning": "what the accepted label means",
}
"""What each level compares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far some annotators agree on one level: the figures of ``coefficients``, and on meaning alpha and near.

    ``remarks`` say, in sentences, why the figures mean little where they do. A measure that the level does not
    have is None; one that cannot be known has the value None.
    """

    annotators: tuple[str, ...]
    level: Level
    raw: Figure | None = None
    kappa: Figure | None = None
    alpha: Figure
    ac1: Figure | None = None
    near: Figure | None = None
    remarks: tuple[str, ...]

    def figures(self) -> list[tuple[str, Figure]]:
        """Return the figures that the level has, in the order of ``MEASURES``."""
        named = [(name, getattr(self, name)) for name in AGREEMENT]
        return [(name, figure) for name, figure in named if figure is not None]


def decided_by(journals: Mapping[str, Labels]) -> People:
    """Return what each annotator of some journals, by name, accepted or rejected.

    Somebody who wrote in several of them is one person in each: the name then says in which.
    """
    writers = Counter(compared(by) for labels in journals.values() for by in labels.annotators())
    people: People = {}
    for name, labels in journals.items():
        neurons = [label.neuron for label in labels.all()]
        for by in labels.annotators():
            own = {label.neuron: label for label in (labels.own(neuron, by) for neuron in neurons)}
            judged = {neuron: label for neuron, label in own.items() if label.state in _DECISIONS}
            if judged:
                people[by if writers[compared(by)] == 1 else f"{by} in {name}"] = judged
    return people


def agreements(
    people: Mapping[str, Mapping[Neuron, Label]], encoder: Encoder | None = None, progress: Progress = no_progress
) -> tuple[Agreement, ...]:
    """Return how far annotators agree: all together, if they are more than two, and then each pair.

    Of more than ten annotators, only the pairs with the most neurons in common are compared.
    The labels that are neither accepted nor rejected are passed over. Texts and meanings are compared where two or
    more accepted a neuron; labels of different sides differ in both, and of several labels of a neuron all count.
    Meanings need an `encoder`, and are left out without.
    """
    names = list(people)
    neurons = sorted({neuron for own in people.values() for neuron in own})
    if len(names) < 2:  # noqa: PLR2004 - agreement takes two people
        return ()
    decisions = _matrix(people, neurons, _decision)
    said = sorted(
        {told for own in people.values() for label in own.values() if (told := accepted_said(label)) is not None}
    )
    place = {told: number for number, told in enumerate(said)}
    texts = _matrix(
        people, neurons, lambda label: MISSING if (told := accepted_said(label)) is None else place[told]
    )
    vectors = vectors_of(said, encoder, progress) if encoder is not None and said else None
    groups = [tuple(range(len(names)))] if len(names) > 2 else []  # noqa: PLR2004 - a pair is its own all
    pairs = _most_in_common(decisions)
    groups += pairs
    found = []
    wordings = [", ".join(text for _, text in told) for told in said]
    for done, group in enumerate(groups):
        progress("comparing people", done, len(groups))
        these, columns = tuple(names[one] for one in group), list(group)
        found.append(_of(these, "decision", decisions[:, columns], _DECISIONS))
        if len(group) > _MOST:
            left_out = f"of their pairs, the {len(pairs)} with the most neurons in common are compared"
            found[-1] = replace(found[-1], remarks=(*found[-1].remarks, left_out))
        found.append(_of(these, "text", texts[:, columns], wordings))
        if vectors is not None:
            found.append(_of_meaning(these, texts[:, columns], Cosine(vectors), wordings))
    progress("comparing people", len(groups), len(groups))
    return tuple(found)


def _most_in_common(decisions: NDArray[np.int64]) -> list[tuple[int, ...]]:
    """Return all pairs of up to ten annotators; of more, as many pairs, with the most in common."""
    judged = (decisions != MISSING).astype(np.float64)
    common = judged.T @ judged
    pairs = list(combinations(range(decisions.shape[1]), 2))
    if decisions.shape[1] > _MOST:
        kept = sorted(pairs, key=lambda pair: -common[pair])[: _MOST * (_MOST - 1) // 2]
        pairs = sorted(pair for pair in kept if common[pair])
    return [*pairs]


def have_meanings(people: Mapping[str, Mapping[Neuron, Label]]) -> bool:
    """Return whether two annotators accepted the same neuron, so that loading an encoder is worth it."""
    accepted = [
        {neuron for neuron, label in own.items() if accepted_said(label) is not None} for own in people.values()
    ]
    return any(one & other for one, other in combinations(accepted, 2))


def _of(these: tuple[str, ...], level: Level, ratings: NDArray[np.int64], names: Sequence[str]) -> Agreement:
    # The number of possible texts is taken to be the number that were written.
    found = coefficients(ratings, len(names)) if level == "decision" else coefficients(*_used(ratings))
    told = tuple(why_little(ratings, names))
    return Agreement(annotators=these, level=level, remarks=told, **found._asdict())


def _of_meaning(
    these: tuple[str, ...], ratings: NDArray[np.int64], distance: Cosine, names: Sequence[str]
) -> Agreement:
    alpha = alpha_by(ratings, len(names), distance)
    near = share_near(ratings, len(names), distance, NEAR_COSINE)
    told = tuple(why_little(ratings, names))
    return Agreement(annotators=these, level="meaning", alpha=alpha, near=near, remarks=told)


def _decision(label: Label) -> int:
    return _DECISIONS.index(label.state) if label.state in _DECISIONS else MISSING


def _matrix(
    people: Mapping[str, Mapping[Neuron, Label]], neurons: Sequence[Neuron], code: Callable[[Label], int]
) -> NDArray[np.int64]:
    """Return the codes of all labels: (neurons, annotators)."""
    ratings = np.full((len(neurons), len(people)), MISSING, np.int64)
    place = {neuron: row for row, neuron in enumerate(neurons)}
    for column, own in enumerate(people.values()):
        for neuron, label in own.items():
            ratings[place[neuron], column] = code(label)
    return ratings


def _used(ratings: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Return ratings renumbered over the categories that were used, and the number of those."""
    used, codes = np.unique(np.append(ratings, MISSING), return_inverse=True)
    return codes[:-1].reshape(ratings.shape).astype(np.int64) - 1, len(used) - 1
