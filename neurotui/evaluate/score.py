"""The same scores for every set of descriptions, whoever wrote them: at held-out places, by the words alone.

Each set stands beside itself shuffled: the same descriptions, dealt out to other neurons of the set. All values
come from a ``HeldOut``, which has no calibration place and no exemplar of the neuron.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.evaluate.bootstrap import Figure, ratios
from neurotui.evaluate.sanity import DRAWS, PAIRS, Sanity, outcomes_of
from neurotui.evaluate.score_measures import MEASURES, Measures
from neurotui.types import no_progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from neurotui.evaluate.description_scorer import DescriptionScorer
    from neurotui.evaluate.description_sets import DescriptionSet, Said
    from neurotui.store.held_out import HeldOut
    from neurotui.types import Neuron, Progress, Scope, Side

SCOPES: tuple[Scope, ...] = ("text", "token")

TESTED_FROM = 0.7
"""The measures are tested on descriptions with at least this AUROC: one of chance has nothing to lose."""

_SEED = 0


@dataclass(frozen=True, slots=True)
class ScoreFigure:
    """A measure's mean over neurons, and that of the shuffled set."""

    scope: Scope
    measure: str
    own: Figure
    shuffled: Figure


class NeuronScore(NamedTuple):
    """What is said of a neuron, and how it scores in each scope: in the order of ``MEASURES``, NaN for none."""

    neuron: Neuron
    label: str
    side: Side
    text: tuple[float, ...]
    token: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SetScore:
    """The scores of a set, over the ``described`` neurons of which it says something, and layer by layer."""

    name: str
    described: int
    figures: tuple[ScoreFigure, ...]
    layers: dict[int, tuple[ScoreFigure, ...]]
    neurons: tuple[NeuronScore, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of some sets over ``neurons`` neurons, by ``texts`` and ``tokens`` that are held out."""

    neurons: int
    texts: int
    tokens: int
    sets: tuple[SetScore, ...]


def chosen_neurons(
    sets: Sequence[DescriptionSet], ids: Mapping[Neuron, int], among: set[Neuron] | None, most: int | None
) -> list[Neuron]:
    """Return the neurons that are scored: of those of which a set says something, `most` drawn at random."""
    told = sorted({neuron for one in sets for neuron in one.says if neuron in ids})
    told = [neuron for neuron in told if among is None or neuron in among]
    if most is None or most >= len(told):
        return told
    drawn = np.random.default_rng(_SEED).permutation(len(told))[:most]
    return [told[place] for place in sorted(drawn.tolist())]


def score(
    held: HeldOut,
    scorer: DescriptionScorer,
    sets: Sequence[DescriptionSet],
    neurons: Mapping[Neuron, int],
    progress: Progress = no_progress,
) -> Scored:
    """Score sets on some neurons, by their ids; each neuron counts once in a set's means, of equal weight.

    The intervals are from resampling neurons.
    """
    by_id = {neuron_id: neuron for neuron, neuron_id in neurons.items()}
    own = [{neuron: one.says[neuron] for neuron in neurons if neuron in one.says} for one in sets]
    scorer.read((said.text for says in own for said in says.values()), progress)
    shuffled = [_shuffled(says) for says in own]
    found: list[tuple[list[NeuronScore], list[NeuronScore]]] = [([], []) for _ in sets]
    told = [neuron_id for neuron_id, neuron in by_id.items() if any(neuron in says for says in own)]
    for done, neuron in enumerate(held.neurons(told), 1):
        name = by_id[neuron.neuron_id]
        asked = [
            (rows, says[name])
            for each, pair in zip(found, zip(own, shuffled, strict=True), strict=True)
            for rows, says in zip(each, pair, strict=True)
            if name in says
        ]
        by_text, by_token = scorer.score(neuron, [said for _, said in asked])
        for place, (rows, said) in enumerate(asked):
            rows.append(NeuronScore(name, said.text, said.side, _at(by_text, place), _at(by_token, place)))
        progress("scoring neurons", done, len(told))
    return Scored(
        len(neurons),
        len(held.texts.text_id),
        len(held.tokens.place),
        tuple(_scored(one.name, rows, control) for one, (rows, control) in zip(sets, found, strict=True)),
    )


def sanity_of(
    held: HeldOut,
    scorer: DescriptionScorer,
    sets: Sequence[DescriptionSet],
    neurons: Mapping[Neuron, int],
    progress: Progress = no_progress,
) -> Sanity:
    """Return whether the measures fall where one of the first set's descriptions is made worse.

    In each scope, on those that score at least ``TESTED_FROM`` there.
    """
    random = np.random.default_rng(_SEED)
    told = sorted(neuron for neuron in neurons if neuron in sets[0].says)
    drawn = {told[place] for place in random.permutation(len(told))[:PAIRS].tolist()}
    by_id = {neurons[neuron]: sets[0].says[neuron] for neuron in drawn}
    scores: dict[Scope, list[NDArray[np.float64]]] = {"text": [], "token": []}
    for done, neuron in enumerate(held.neurons(list(by_id)), 1):
        measured = scorer.worse(neuron, by_id[neuron.neuron_id], DRAWS, random)
        for scope, one in zip(SCOPES, measured, strict=True):
            if one is not None and one.auroc[0] >= TESTED_FROM:
                scores[scope].append(np.stack(one))
        progress("testing the measures", done, len(by_id))
    outcomes = [
        outcome
        for scope in SCOPES
        if scores[scope]
        for outcome in outcomes_of(scope, np.stack(scores[scope]), DRAWS, MEASURES)
    ]
    return Sanity({scope: len(scores[scope]) for scope in SCOPES}, DRAWS, tuple(outcomes))


def _at(measured: Measures, place: int) -> tuple[float, ...]:
    return tuple(float(column[place]) for column in measured)


def _shuffled(says: Mapping[Neuron, Said]) -> dict[Neuron, Said]:
    """Return the same descriptions on other neurons; one that comes to where it is said already is left out."""
    neurons = list(says)
    dealt = np.random.default_rng(_SEED).permutation(len(neurons)).tolist()
    pairs = ((neuron, says[neurons[place]]) for neuron, place in zip(neurons, dealt, strict=True))
    return {neuron: said for neuron, said in pairs if said.text != says[neuron].text}


def _scored(name: str, rows: Sequence[NeuronScore], control: Sequence[NeuronScore]) -> SetScore:
    layers = {
        layer: _figures(*([one for one in each if one.neuron.layer == layer] for each in (rows, control)))
        for layer in sorted({one.neuron.layer for one in rows})
    }
    return SetScore(name, len(rows), _figures(rows, control), layers, tuple(rows))


def _figures(rows: Sequence[NeuronScore], control: Sequence[NeuronScore]) -> tuple[ScoreFigure, ...]:
    means = [_means(each) for each in (rows, control)]
    named = [(scope, measure) for scope in SCOPES for measure in MEASURES]
    return tuple(
        ScoreFigure(scope, measure, own, shuffled)
        for (scope, measure), own, shuffled in zip(named, *means, strict=True)
    )


def _means(rows: Sequence[NeuronScore]) -> list[Figure]:
    """Return the mean of each measure over the neurons that have it, scope by scope."""
    each = [[*one.text, *one.token] for one in rows]
    values = np.array(each, np.float64).reshape(len(rows), len(SCOPES) * len(MEASURES))
    known = np.isfinite(values)
    return ratios(np.where(known, values, 0.0), known.astype(np.float64))
