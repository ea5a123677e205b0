"""Describers against a curated set of labels: how each of them fares, and which of two fares better.

A describer is whatever names neurons: a run's descriptors, a generator, a file of explanations, a person. All
are judged over the same neurons, those of the set. Only what names say is compared, not of which side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from neurotui.evaluate.bootstrap import Figure, ratios
from neurotui.evaluate.by_labels import BLIND_TO_MACHINE
from neurotui.labelling.near_meaning import NEAR_COSINE
from neurotui.spelling import compared
from neurotui.types import Neuron, no_progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neurotui.models.protocol import Encoder
    from neurotui.types import Label, Progress

Equal = Literal["text", "meaning"]
"""What makes a name the same as a label."""

EQUAL = {
    "text": "a name is right if it is a curated label, letter for letter but for case and white space",
    "meaning": f"a name is right if it is near to a curated label in meaning (cosine of the sentence encoder "
    f"{NEAR_COSINE} or more)",
}
"""What each of them means, in a sentence."""

Ranked = Mapping[Neuron, Sequence[str]]
"""What a describer says of each neuron, best first."""

Same = Callable[[str, str], bool]
"""Whether a name and a label are the same."""


class Curated(NamedTuple):
    """A curated set: the ``right`` labels of every neuron that was accepted or rejected, none if it was rejected.

    ``conflicts`` and ``skipped`` count the neurons that are left out because people differ, or did not decide.
    ``unseen`` counts the accepted ones that were labelled without sight of the machine's candidates.
    """

    right: dict[Neuron, tuple[str, ...]]
    conflicts: int
    skipped: int
    unseen: int


@dataclass(frozen=True, slots=True)
class Describer:
    """How a describer fares: the figures that ``rank`` defines."""

    name: str
    hit: Figure
    precision: Figure
    recall: Figure
    reciprocal_rank: Figure
    coverage: Figure


@dataclass(frozen=True, slots=True)
class Pair:
    """How a describer fares beside one that is behind it in the ranking."""

    first: str
    second: str
    win_rate: Figure
    difference: Figure


@dataclass(frozen=True, slots=True)
class Ranking:
    """Describers, best first, and each pair of them; ``accepted`` and ``rejected`` count the set's neurons.

    ``remarks`` say in sentences what of the files does not count or is taken on trust.
    """

    k: int
    accepted: int
    rejected: int
    conflicts: int
    skipped: int
    unseen: int
    describers: tuple[Describer, ...]
    pairs: tuple[Pair, ...]
    remarks: tuple[str, ...] = ()


def curated(labels: Iterable[Label]) -> Curated:
    """Return what standing labels say is right."""
    right: dict[Neuron, tuple[str, ...]] = {}
    states: Counter[str] = Counter()
    unseen = 0
    for label in labels:
        states[label.state] += 1
        if label.state in {"accepted", "rejected"}:
            right[label.neuron] = tuple(dict.fromkeys(compared(one.text) for one in label.accepted))
            # What was added to a blind label may be a candidate that was seen by then.
            unseen += label.state == "accepted" and label.blind in BLIND_TO_MACHINE and not label.also
    return Curated(right, states["conflict"], states["skipped"], unseen)


def same_text(name: str, label: str) -> bool:
    """Return whether two texts are the same as texts are compared."""
    return compared(name) == compared(label)


def same_meaning(
    describers: Mapping[str, Ranked], right: Mapping[Neuron, Sequence[str]], encoder: Encoder, progress: Progress
) -> Same:
    """Return what tells whether two of these texts are near in meaning; each of them is encoded once."""
    said = {name for ranked in describers.values() for neuron in right for name in ranked.get(neuron, ())}
    texts = sorted({compared(text) for text in said.union(*right.values())})
    place = {text: number for number, text in enumerate(texts)}
    vectors = encoder.encode(texts, progress)

    def same(name: str, label: str) -> bool:
        one, other = place[compared(name)], place[compared(label)]
        return one == other or float(vectors[one] @ vectors[other]) >= NEAR_COSINE

    return same


class _Found(NamedTuple):
    """What a describer says of each of the set's neurons: all (neurons,).

    ``said`` counts its first k names and ``right`` those of them that are right; ``labels`` counts the labels that
    they meet. ``place`` is 1 over the place of its first right name, 0 for none; ``anything`` whether it has
    a name.
    """

    said: NDArray[np.float64]
    right: NDArray[np.float64]
    labels: NDArray[np.float64]
    place: NDArray[np.float64]
    anything: NDArray[np.float64]


def rank(
    describers: Mapping[str, Ranked],
    wanted: Curated,
    k: int,
    same: Same = same_text,
    progress: Progress = no_progress,
) -> Ranking:
    """Rank describers, one or more, by hit@k against a curated set, and compare each two of them.

    With P the first `k` different names of a neuron and G its curated labels, none if it was rejected::

        precision@k = sum |P that are in G| / sum |P|         over all neurons of the set
        recall@k    = sum |G that are in P| / sum |G|
        hit@k       = share of the neurons with a G for which P and G meet
        reciprocal rank = mean over these of 1 / place of the first right name, 0 without one
        coverage    = share of these of which the describer says anything
        win rate    = share of these for which the first's right name is higher than the second's, ties half
        difference  = the first's hit@k less the second's

    All intervals are from resampling neurons, the same ones for every figure, which makes those of pairs paired.
    """
    neurons = sorted(wanted.right)
    found: dict[str, _Found] = {}
    for done, (name, ranked) in enumerate(describers.items()):
        progress("comparing with the set", done, len(describers))
        found[name] = _found(ranked, wanted.right, neurons, k, same)
    progress("comparing with the set", len(describers), len(describers))
    size = np.array([len(wanted.right[neuron]) for neuron in neurons], np.float64)
    labelled = (size > 0) * 1.0
    hits = {name: (one.right > 0) * 1.0 for name, one in found.items()}
    order = sorted(found, key=lambda name: (-hits[name].sum(), -found[name].place.sum()))
    figures: list[tuple[NDArray[np.floating], NDArray[np.floating]]] = []
    for name in order:
        one = found[name]
        figures += [(hits[name], labelled), (one.right, one.said), (one.labels, size)]
        figures += [(one.place, labelled), (one.anything * labelled, labelled)]
    for first, second in combinations(order, 2):
        ahead, behind = found[first].place, found[second].place
        won = (ahead > behind) + (ahead == behind) / 2
        figures += [(won * labelled, labelled), (hits[first] - hits[second], labelled)]
    above, below = (np.array(side).reshape(-1, len(neurons)).T for side in zip(*figures, strict=True))
    measured = iter(ratios(above, below))
    accepted = int(labelled.sum())
    return Ranking(
        k,
        accepted,
        len(neurons) - accepted,
        wanted.conflicts,
        wanted.skipped,
        wanted.unseen,
        tuple(Describer(name, *islice(measured, 5)) for name in order),
        tuple(Pair(first, second, *islice(measured, 2)) for first, second in combinations(order, 2)),
    )


def _found(
    ranked: Ranked, right: Mapping[Neuron, Sequence[str]], neurons: Sequence[Neuron], k: int, same: Same
) -> _Found:
    rows = np.zeros((len(neurons), len(_Found._fields)), np.float64)
    for row, neuron in enumerate(neurons):
        names = list(dict.fromkeys(map(compared, ranked.get(neuron, ()))))
        labels = right[neuron]
        is_right = [any(same(name, label) for label in labels) for name in names]
        met = sum(any(same(name, label) for name in names[:k]) for label in labels)
        place = 1 / (is_right.index(True) + 1) if True in is_right else 0.0
        rows[row] = len(names[:k]), sum(is_right[:k]), met, place, bool(names)
    return _Found(*rows.T)
