"""What an export says of a neuron: one flat record, the same in every format."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.words import Label, Neuron, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neurotui.store.labels import Labels
    from neurotui.store.records import Matches
    from neurotui.store.run import Run


@dataclass(frozen=True, slots=True)
class Row:
    """One neuron's label with the machine's evidence for it.

    The scores are those of the neuron's match whose descriptor is the label, letter by letter; None where a
    person wrote something else. ``best_descriptor`` is what the machine says of the neuron by itself, None
    where it stays silent. ``history`` counts the decisions that led here, undone ones too. ``time`` is UTC.
    ``fit`` is how well the label fits held-out texts as a topic, ``token_fit`` held-out tokens as a word, each
    with the ends of its 95 % interval; None where nobody asked.
    """

    neuron: str
    layer: int
    unit: int
    state: State
    label: str
    origin: str
    note: str
    annotator: str
    time: str
    history: int
    auroc_calibration: float | None
    lower: float | None
    upper: float | None
    auroc_validation: float | None
    fit: float | None
    fit_lower: float | None
    fit_upper: float | None
    token_fit: float | None
    token_fit_lower: float | None
    token_fit_upper: float | None
    best_descriptor: str | None
    model: str
    weights: str


_DECIMALS = 4

COLUMNS = tuple(field.name for field in fields(Row))
"""The names of a record's fields, in the order of every format."""


def rows(run: Run, labels: Labels, state: State) -> Iterator[Row]:
    """Yield the record of every neuron whose label is in `state`, in neuron order.

    A neuron of the journal that this run does not have (it was made from fewer layers) has no scores.
    """
    matches, names = run.matches(), [descriptor.name for descriptor in run.descriptors()]
    overview = run.overview()
    neurons = {overview.neuron(number): number for number in range(len(overview))}
    decided = {label.neuron: label for label in labels.all()}
    for neuron in sorted(neurons.keys() | decided.keys() if state == "open" else decided):
        label = decided.get(neuron, Label(neuron))
        if label.state == state:
            yield _row(label, run, _evidence(label, neurons, matches, names))


_Figure = float | None
_Three = tuple[_Figure, _Figure, _Figure]


class _Evidence(NamedTuple):
    """The scores of the match that a label names, and the machine's own best descriptor."""

    scores: tuple[_Figure, _Figure, _Figure, _Figure]
    best: str | None


def _evidence(label: Label, neurons: dict[Neuron, int], matches: Matches, names: list[str]) -> _Evidence:
    number = neurons.get(label.neuron, -1)
    first, end = np.searchsorted(matches.neuron_id, [number, number + 1])
    own = range(first, end)
    best = next((names[matches.descriptor_id[place]] for place in own if matches.described[place]), None)
    for place in own:
        if label.text and names[matches.descriptor_id[place]] == label.text:
            scores = (matches.auroc_calibration, matches.lower, matches.upper, matches.auroc_validation)
            calibration, lower, upper, validation = (
                round(float(column[place]), _DECIMALS) for column in scores
            )
            return _Evidence((calibration, lower, upper, validation), best)
    return _Evidence((None, None, None, None), best)


def _row(label: Label, run: Run, evidence: _Evidence) -> Row:
    return Row(
        str(label.neuron),
        label.neuron.layer,
        label.neuron.unit,
        label.state,
        label.text,
        label.origin,
        label.note,
        label.by,
        label.time,
        label.history,
        *evidence.scores,
        *_figures(label.fit),
        *_figures(label.token_fit),
        evidence.best,
        model=run.model,
        weights=run.weights,
    )


def _figures(fit: tuple[float, ...]) -> _Three:
    """Return a fit and the ends of its interval as records have them."""
    if not fit:
        return None, None, None
    found, lower, upper = (round(figure, _DECIMALS) for figure in fit)
    return found, lower, upper
