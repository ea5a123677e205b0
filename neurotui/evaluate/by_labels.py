"""Evaluate a run's descriptors against annotators' labels and the validation split."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.evaluate.bootstrap import Figure, ratio
from neurotui.spelling import compared
from neurotui.types import Neuron, no_progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from neurotui.store.labels import Labels
    from neurotui.store.records import Matches
    from neurotui.store.run import Run
    from neurotui.types import Label, Progress

_JUDGING = {"accepted", "rejected"}


@dataclass(frozen=True, slots=True)
class AtK:
    """The scores of each neuron's first ``k`` described descriptors against annotators' labels."""

    k: int
    precision: Figure
    recall: Figure
    hit: Figure


@dataclass(frozen=True, slots=True)
class Agreement:
    """The agreement of two annotators on the neurons that both decided.

    ``raw`` is the share with the same state and label, ``kappa`` is Cohen's kappa (1960) for accepting against
    rejecting; None if one of the two only accepted or only rejected.
    """

    first: str
    second: str
    raw: Figure
    kappa: float | None


@dataclass(frozen=True, slots=True)
class LayerFigures:
    """The figures over one layer's neurons alone, of which ``described`` are described."""

    layer: int
    neurons: int
    described: int
    at_k: tuple[AtK, ...]
    consistency: Figure
    consistency_neurons: Figure
    replication: Figure

    def figures(self) -> list[tuple[str, Figure]]:
        """Return every figure under its name."""
        return _named(self)


@dataclass(frozen=True, slots=True)
class Judgement:
    """All figures of a run; ``neurons`` counts those that were accepted or rejected.

    The figures at k are over all descriptors by rank, whatever their scope. The two consistency figures compare
    the splits over text descriptors; ``replication`` is over token descriptors.
    """

    neurons: int
    at_k: tuple[AtK, ...]
    consistency: Figure
    consistency_neurons: Figure
    replication: Figure
    agreement: tuple[Agreement, ...]
    layers: tuple[LayerFigures, ...]

    def figures(self) -> list[tuple[str, Figure]]:
        """Return every figure with its name, in display order."""
        named = _named(self)
        for pair in self.agreement:
            named.append((f"agreement of {pair.first} and {pair.second}", pair.raw))
            named.append(("their kappa", Figure(pair.kappa, None, None, pair.raw.of)))
        return named


def judge(run: Run, people: Mapping[str, Labels], k: int, progress: Progress = no_progress) -> Judgement:
    """Evaluate a run's descriptors against each annotator's labels, at 1 and at `k`, and by the other split."""
    said = described(run)
    decided = {name: [one for one in labels.all() if one.state in _JUDGING] for name, labels in people.items()}
    numbers = [int(layer) for layer in np.unique(run.overview().layer)]
    progress("judging", 0, len(numbers) + 1)
    everything = _layer(-1, said, list(decided.values()), k)
    layers = []
    for done, layer in enumerate(numbers, 1):
        progress("judging", done, len(numbers) + 1)
        here = [[label for label in labels if label.neuron.layer == layer] for labels in decided.values()]
        layers.append(_layer(layer, _of(layer, said), here, k))
    progress("judging", len(numbers) + 1, len(numbers) + 1)
    return Judgement(
        everything.neurons,
        everything.at_k,
        everything.consistency,
        everything.consistency_neurons,
        everything.replication,
        tuple(agreement(*pair) for pair in combinations(decided.items(), 2)),
        tuple(layers),
    )


NamesByNeuron = dict[Neuron, list[str]]


class Described(NamedTuple):
    """The names of each neuron's descriptors: ``first`` has all of them by rank, whatever their scope.

    ``calibration`` and ``validation`` are the text descriptors by which each split, on its own evidence, describes
    the neuron. ``again`` has a row for each described match of a token descriptor: its neuron, and whether
    validation describes it as well.
    """

    first: NamesByNeuron
    calibration: NamesByNeuron
    validation: NamesByNeuron
    again: list[tuple[Neuron, bool]]


def described(run: Run) -> Described:
    """Return the descriptors by which a run describes its neurons."""
    matches, texts = run.matches(), run.text_matches()
    at_tokens = np.array([scope == "token" for scope in run.overview().scopes], np.bool_)
    own = matches.described & at_tokens[matches.descriptor_id]
    neurons = run.overview().neuron
    return Described(
        _gathered(run, matches, matches.described),
        _gathered(run, texts, texts.described),
        _gathered(run, texts, texts.described_validation),
        [
            (neurons(number), bool(there))
            for number, there in zip(matches.neuron_id[own], matches.described_validation[own], strict=True)
        ],
    )


def _gathered(run: Run, matches: Matches, wanted: NDArray[np.bool_]) -> NamesByNeuron:
    """Return the names of the `wanted` matches (matches,) of each neuron that has any, in order of rank."""
    overview = run.overview()
    found: defaultdict[Neuron, list[str]] = defaultdict(list)
    for number, descriptor in zip(matches.neuron_id[wanted], matches.descriptor_id[wanted], strict=True):
        found[overview.neuron(number)].append(overview.names[descriptor])
    return dict(found)


def _layer(layer: int, said: Described, decided: list[list[Label]], k: int) -> LayerFigures:
    """Return the figures over the given neurons."""
    again = np.array([there for _, there in said.again], np.float64)
    return LayerFigures(
        layer,
        len({label.neuron for labels in decided for label in labels}),
        len(said.first),
        tuple(at_k(said.first, decided, depth) for depth in sorted({1, k})),
        consistency(said.calibration, said.validation),
        consistency_neurons(said.calibration, said.validation),
        ratio(again, np.ones(len(again))),
    )


def _of(layer: int, said: Described) -> Described:
    first, here, there = (
        {neuron: names for neuron, names in one.items() if neuron.layer == layer} for one in said[:3]
    )
    return Described(first, here, there, [one for one in said.again if one[0].layer == layer])


def _named(judged: LayerFigures | Judgement) -> list[tuple[str, Figure]]:
    named = []
    for one in judged.at_k:
        parts = {"precision": one.precision, "recall": one.recall, "hit": one.hit}
        named += [(f"{name}@{one.k}", figure) for name, figure in parts.items()]
    named += [("consistency", judged.consistency), ("consistency_neurons", judged.consistency_neurons)]
    return [*named, ("replication", judged.replication)]


def normalised(label: str) -> str:
    """Return a label as texts are compared: spelling, case and the amount of white space do not matter."""
    return compared(label)


def at_k(proposed: Mapping[Neuron, Sequence[str]], labels: Sequence[Iterable[Label]], k: int) -> AtK:
    """Score the proposals for each neuron, best first, against the labels of one or more annotators.

    Over the neurons of `labels`, all accepted or rejected, with P a neuron's first `k` proposals and G the
    labels that were accepted for it (none where it was only rejected)::

        precision@k = sum |P and G| / sum |P|        recall@k = sum |P and G| / sum |G|
        hit@k = share of the neurons with a G for which P and G meet

    One annotator accepts one label a neuron, so that precision@2 is at most 1/2 if two are proposed: it is the
    share of proposals that were accepted; precision@1 says whether the first proposal was.
    """
    accepted: defaultdict[Neuron, set[str]] = defaultdict(set)
    for one in labels:
        for label in one:
            accepted[label.neuron] |= {normalised(label.text)} if label.state == "accepted" else set()
    counts = np.zeros((len(accepted), 3), np.float64)
    for row, (neuron, gold) in enumerate(sorted(accepted.items())):
        first = {normalised(name) for name in proposed.get(neuron, ())[:k]}
        counts[row] = len(first & gold), len(first), len(gold)
    right, said, wanted = counts.T
    return AtK(k, ratio(right, said), ratio(right, wanted), ratio((right > 0) * 1.0, (wanted > 0) * 1.0))


def consistency(own: Mapping[Neuron, Iterable[str]], other: Mapping[Neuron, Iterable[str]]) -> Figure:
    """Return the Jaccard index of the two splits' sets of descriptors that describe a neuron."""
    here, there = ({name for names in one.values() for name in names} for one in (own, other))
    either = sorted(here | there)
    return ratio(np.array([float(name in here & there) for name in either]), np.ones(len(either)))


def consistency_neurons(own: Mapping[Neuron, Iterable[str]], other: Mapping[Neuron, Iterable[str]]) -> Figure:
    """Return the mean over neurons of the Jaccard index of the two splits' sets of descriptors.

    Over the neurons that either split describes: ``|A and B| / |A or B|`` of the two sets of descriptors.
    """
    neurons = sorted(own.keys() | other.keys())
    both = [(set(own.get(neuron, ())), set(other.get(neuron, ()))) for neuron in neurons]
    overlap = np.array([len(a & b) / len(a | b) for a, b in both if a | b])
    return ratio(overlap, np.ones(len(overlap)))


def agreement(first: tuple[str, Iterable[Label]], second: tuple[str, Iterable[Label]]) -> Agreement:
    """Compare two annotators' accepted and rejected labels, each with a name, on neurons that both decided."""
    decided = [{label.neuron: label for label in labels} for _, labels in (first, second)]
    pairs = [(decided[0][neuron], decided[1][neuron]) for neuron in sorted(decided[0].keys() & decided[1])]
    same = np.array(
        [a.state == b.state and normalised(a.text) == normalised(b.text) for a, b in pairs], np.float64
    )
    states = np.array([[a.state == "accepted", b.state == "accepted"] for a, b in pairs], np.float64).reshape(
        -1, 2
    )
    return Agreement(first[0], second[0], ratio(same, np.ones(len(same))), _kappa(states))


def _kappa(accepted: NDArray[np.float64]) -> float | None:
    """Return Cohen's kappa of two columns of yes and no."""
    if not len(accepted):
        return None
    observed = (accepted[:, 0] == accepted[:, 1]).mean()
    yes = accepted.mean(axis=0)
    chance = yes.prod() + (1 - yes).prod()
    return None if chance == 1 else float((observed - chance) / (1 - chance))
