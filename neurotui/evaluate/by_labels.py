"""Evaluate a run's descriptors against annotators' labels and the validation split."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from neurotui.evaluate.agreement import Agreement, People, agreements, decided_by, have_meanings
from neurotui.evaluate.bootstrap import Figure, ratio
from neurotui.evaluate.find_wording_conflicts import find_wording_conflicts
from neurotui.evaluate.measures import BY_LABELS
from neurotui.spelling import compared
from neurotui.types import Blind, Neuron, no_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from neurotui.models.protocol import Encoder
    from neurotui.store.labels import Labels
    from neurotui.store.run import Run
    from neurotui.store.run_tables import Matches
    from neurotui.types import Label, Progress


_JUDGING = {"accepted", "rejected"}
BLIND_TO_MACHINE = {"machine", "both"}
"""What was hidden from whoever gave a label without sight of the machine's candidates: see ``types.Blind``."""

Hidden = Literal["nothing", "people", "machine", "both"]
HIDDEN: dict[Blind, Hidden] = {"": "nothing", "people": "people", "machine": "machine", "both": "both"}
"""What was hidden from whoever decided, by what a label says of it."""


@dataclass(frozen=True, slots=True)
class AtK:
    """The scores of each neuron's first ``k`` described descriptors against annotators' labels."""

    k: int
    precision: Figure
    recall: Figure
    hit: Figure


@dataclass(frozen=True, slots=True)
class ByHidden:
    """What the run says first against the decisions that were taken with something ``hidden``, or with nothing.

    Whoever saw the machine's candidates may be anchored by them: their labels agree with the run more than those
    of whoever saw none. ``decisions`` counts each annotator's.
    """

    hidden: Hidden
    decisions: int
    first: AtK


@dataclass(frozen=True, slots=True)
class LayerFigures:
    """One layer's figures: ``neurons`` were judged by people, of ``described`` the first match is described."""

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

    ``conflicts`` counts the neurons that are left out since people differ on them; of those, ``same_words`` on
    which their labels are of the same words, and ``near_meaning`` others on which these are near in meaning: None
    where that is not known.

    The figures at k are over all descriptors by rank, whatever their scope. The two consistency figures compare
    the splits over text descriptors; ``replication`` is over token descriptors. ``agreement`` is how far the
    annotators agree with each other. ``by_hidden`` tells decisions with something hidden from those with
    nothing hidden, where there are both.
    """

    neurons: int
    conflicts: int
    same_words: int
    near_meaning: int | None
    at_k: tuple[AtK, ...]
    consistency: Figure
    consistency_neurons: Figure
    replication: Figure
    agreement: tuple[Agreement, ...]
    by_hidden: tuple[ByHidden, ...]
    layers: tuple[LayerFigures, ...]

    def figures(self) -> list[tuple[str, Figure]]:
        """Return every figure of the run's descriptors with its name, in display order."""
        return _named(self)


def judge(
    run: Run,
    people: Mapping[str, Labels],
    k: int,
    progress: Progress = no_progress,
    *,
    encoder: Callable[[], Encoder | None] = lambda: None,
) -> Judgement:
    """Evaluate a run's descriptors against each annotator's labels, at 1 and at `k`, and by the other split.

    Annotators are compared with each other too: by the meaning of their labels only where `encoder`, which is
    called only then, makes one.
    """
    said = described(run)
    by_person = decided_by(people)
    standing = {name: labels.all() for name, labels in people.items()}
    decided = {name: [one for one in labels if one.state in _JUDGING] for name, labels in standing.items()}
    differed = {one.neuron for labels in standing.values() for one in labels if one.state == "conflict"}
    overview = run.overview()
    numbers = [int(layer) for layer in np.unique(overview.layer)]
    progress("judging", 0, len(numbers) + 1)
    everything = _layer(-1, int(overview.described.sum()), said, list(decided.values()), k)
    layers = []
    for done, layer in enumerate(numbers, 1):
        progress("judging", done, len(numbers) + 1)
        here = [[label for label in labels if label.neuron.layer == layer] for labels in decided.values()]
        of_layer = int(overview.described[overview.layer == layer].sum())
        layers.append(_layer(layer, of_layer, _of(layer, said), here, k))
    progress("judging", len(numbers) + 1, len(numbers) + 1)
    encodes = encoder() if have_meanings(by_person) else None
    makes = None if encodes is None else lambda: encodes
    in_wording = {
        one.neuron: one.same_words for of in people.values() for one in find_wording_conflicts(of, makes, progress)
    }
    same = sum(in_wording.values())
    return Judgement(
        everything.neurons,
        len(differed),
        same,
        len(in_wording) - same if encodes is not None else None,
        everything.at_k,
        everything.consistency,
        everything.consistency_neurons,
        everything.replication,
        agreements(by_person, encodes, progress),
        by_hidden(said.first, by_person),
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
        gathered(run, matches, matches.described),
        gathered(run, texts, texts.described),
        gathered(run, texts, texts.described_validation),
        [
            (neurons(number), bool(there))
            for number, there in zip(matches.neuron_id[own], matches.described_validation[own], strict=True)
        ],
    )


def gathered(run: Run, matches: Matches, wanted: NDArray[np.bool_]) -> NamesByNeuron:
    """Return the names of the `wanted` matches (matches,) of each neuron that has any, in order of rank."""
    overview = run.overview()
    found: defaultdict[Neuron, list[str]] = defaultdict(list)
    for number, descriptor in zip(matches.neuron_id[wanted], matches.descriptor_id[wanted], strict=True):
        found[overview.neuron(number)].append(overview.names[descriptor])
    return dict(found)


def _layer(layer: int, described: int, said: Described, decided: list[list[Label]], k: int) -> LayerFigures:
    """Return the figures over the given neurons, of which so many are `described`."""
    again = np.array([there for _, there in said.again], np.float64)
    return LayerFigures(
        layer,
        len({label.neuron for labels in decided for label in labels}),
        described,
        _at_each(said, decided, k),
        consistency(said.calibration, said.validation),
        consistency_neurons(said.calibration, said.validation),
        ratio(again, np.ones(len(again))),
    )


def _at_each(said: Described, decided: list[list[Label]], k: int) -> tuple[AtK, ...]:
    return tuple(at_k(said.first, decided, depth) for depth in sorted({1, k}))


def _of(layer: int, said: Described) -> Described:
    first, here, there = (
        {neuron: names for neuron, names in one.items() if neuron.layer == layer} for one in said[:3]
    )
    return Described(first, here, there, [one for one in said.again if one[0].layer == layer])


def _named(judged: LayerFigures | Judgement) -> list[tuple[str, Figure]]:
    named = [(f"{name}@{one.k}", getattr(one, name)) for one in judged.at_k for name in BY_LABELS["first k"]]
    return named + [(name, getattr(judged, name)) for name in BY_LABELS["neurons"]]


def normalised(label: str) -> str:
    """Return a label as texts are compared: spelling, case and the amount of white space do not matter."""
    return compared(label)


def at_k(proposed: Mapping[Neuron, Sequence[str]], labels: Sequence[Iterable[Label]], k: int) -> AtK:
    """Score the proposals for each neuron, best first, against the labels of one or more annotators.

    Over the neurons of `labels`, all accepted or rejected, with P a neuron's first `k` proposals and G the
    labels that were accepted for it (none where it was only rejected)::

        precision@k = sum |P and G| / sum |P|        recall@k = sum |P and G| / sum |G|
        hit@k = share of the neurons with a G for which P and G meet

    Where one label a neuron was accepted, precision@2 is at most 1/2 if two are proposed: it is the share of
    proposals that were accepted; precision@1 says whether the first proposal was.
    """
    accepted: defaultdict[Neuron, set[str]] = defaultdict(set)
    for one in labels:
        for label in one:
            accepted[label.neuron] |= {normalised(said.text) for said in label.accepted}
    counts = np.zeros((len(accepted), 3), np.float64)
    for row, (neuron, gold) in enumerate(sorted(accepted.items())):
        first = {normalised(name) for name in proposed.get(neuron, ())[:k]}
        counts[row] = len(first & gold), len(first), len(gold)
    right, proposals, wanted = counts.T
    return AtK(k, ratio(right, proposals), ratio(right, wanted), ratio((right > 0) * 1.0, (wanted > 0) * 1.0))


def by_hidden(proposed: Mapping[Neuron, Sequence[str]], people: People) -> tuple[ByHidden, ...]:
    """Score the first proposal for each neuron apart for what was hidden from whoever decided.

    Empty where the same was hidden from all of them.
    """
    groups: dict[Hidden, list[list[Label]]] = {hidden: [] for hidden in HIDDEN.values()}
    for own in people.values():
        for blind, hidden in HIDDEN.items():
            if labels := [_as_hidden(label) for label in own.values() if label.blind == blind]:
                groups[hidden].append(labels)
    found = {hidden: labels for hidden, labels in groups.items() if labels}
    if len(found) < 2:  # noqa: PLR2004 - there is nothing to compare
        return ()
    return tuple(
        ByHidden(hidden, sum(map(len, labels)), at_k(proposed, labels, 1)) for hidden, labels in found.items()
    )


def _as_hidden(label: Label) -> Label:
    """Return a label without what was added to it once nothing was hidden any more."""
    return label._replace(also=()) if label.blind else label


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
