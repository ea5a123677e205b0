"""Fill the rows of an export: labels with what the run has for them. ``label_row.py`` says what a row holds."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neurotui.exchange.label_row import LabelRow
from neurotui.review.description import Description, first, said_by_label
from neurotui.store.neuron_index import NeuronIndex
from neurotui.types import Label, Neuron, Side, State

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from neurotui.store.labels import Labels
    from neurotui.store.run import Run
    from neurotui.store.run_tables import Matches, Overview, Peaks
    from neurotui.types import Detail

_DECIMALS = 4


class SetName(NamedTuple):
    """What whoever exports a curated set calls it and its version; empty where they do not say."""

    title: str = ""
    version: str = ""


UNNAMED = SetName()


class LabelRows:
    """The records of an export, of every neuron whose standing label is in `state`, in neuron order.

    A neuron with several labels has a record for each; one in conflict has those of every annotator. With
    `everyone`, the records are those of every annotator whose own label is in `state`, whatever stands.
    With some neurons `chosen`, only of those. A neuron of the journal that this run does not have (it was made
    from fewer layers) has no scores. What a record has no field for, a format asks for here.
    """

    def __init__(
        self,
        run: Run,
        labels: Labels,
        state: State,
        chosen: Container[Neuron] | None = None,
        called: SetName = UNNAMED,
        *,
        everyone: bool = False,
    ) -> None:
        self.run = run
        self.labels = labels
        self.state = state
        self.called = called
        self._chosen = chosen
        self._everyone = everyone

    def __iter__(self) -> Iterator[LabelRow]:
        tables = self._tables
        decided = {label.neuron: label for label in self.labels.all()}
        every = map(tables.overview.neuron, range(len(tables.overview))) if self.state == "open" else ()
        for neuron in sorted({*decided, *every}):
            label = decided.get(neuron, Label(neuron))
            if self._chosen is not None and neuron not in self._chosen:
                continue
            if not self._everyone and label.state != self.state:
                continue
            if self._everyone or self.state == "conflict":
                for one in self._own(label):
                    yield from (replace(row, differ=label.differ) for row in _rows_of(one, self.run, tables))
            else:
                yield from _rows_of(label, self.run, tables)

    def _own(self, label: Label) -> list[Label]:
        """Return what each person says of a neuron: all of it in a conflict, else what is in the state."""
        own = [self.labels.own(label.neuron, by) for by in self.labels.annotators(label.neuron)]
        if self.state == "conflict":
            return own if label.state == "conflict" else []
        return [one for one in own if one.state == self.state]

    def by_neuron(self) -> Iterator[list[LabelRow]]:
        """Yield the records of each neuron together, for formats in which a neuron stands once."""
        for _, of_one in groupby(self, lambda row: row.neuron):
            yield list(of_one)

    @cached_property
    def _tables(self) -> _Tables:
        return _Tables.of(self.run)

    def detail(self, row: LabelRow) -> Detail | None:
        """Return all that the run knows of a record's neuron, its exemplars too; None if it has no such neuron."""
        number = self._tables.neurons.find(Neuron(row.layer, row.unit))
        return None if number is None else self.run.detail(number)

    def suggestion(self, row: LabelRow) -> tuple[str, float | None]:
        """Return what the machine says of a neuron by itself, "" for nothing, with its AUROC on validation."""
        number = self._tables.neurons.find(Neuron(row.layer, row.unit))
        if number is None or row.best_descriptor is None:
            return "", None
        best = first(self._tables.overview, number)
        return best.text, self._tables.evidence(best, number).auroc_validation

    def answers(self, row: LabelRow) -> list[Answer]:
        """Return what each person says of a record's neuron, whoever decided last, in the order of their names."""
        return answers(self.labels, Neuron(row.layer, row.unit))


class Answer(NamedTuple):
    """What one person says of a neuron: a state with the labels that they accepted, and their own note."""

    by: str
    state: State
    labels: tuple[str, ...]
    time: str
    note: str


def answers(labels: Labels, neuron: Neuron) -> list[Answer]:
    """Return what everybody says who decided a neuron, in the order of their names."""
    own = (labels.own(neuron, by) for by in labels.annotators(neuron))
    return [
        Answer(label.by, label.state, tuple(one.text for one in label.accepted), label.time, label.note)
        for label in own
    ]


class _Evidence(NamedTuple):
    """What the run has for a label: fields of a ``LabelRow``."""

    side: Side | None = None
    scope: str | None = None
    kind: str | None = None
    auroc_calibration: float | None = None
    lower: float | None = None
    upper: float | None = None
    auroc_validation: float | None = None
    correlation_calibration: float | None = None
    correlation_validation: float | None = None


_SCORES = _Evidence._fields[3:]


class _Tables(NamedTuple):
    """The run's tables that rows are made from; ``peaks`` are text, by neuron_id and side."""

    overview: Overview
    neurons: NeuronIndex
    matches: Matches
    peaks: dict[tuple[int, int], str]

    @classmethod
    def of(cls, run: Run) -> _Tables:
        """Read them."""
        overview = run.overview()
        neurons = NeuronIndex(overview.layer, overview.unit)
        return cls(overview, neurons, run.matches(), _peaks_in_words(run.all_peaks()))

    def evidence(self, told: Description, number: int) -> _Evidence:
        """Return the scores of a neuron's match that is said of it; empty where what is said is no match."""
        first, end = np.searchsorted(self.matches.neuron_id, [number, number + 1])
        for place in range(first, end):
            same = self.matches.descriptor_id[place] == told.descriptor_id
            if same and self.matches.side[place] == told.side:
                scores = (float(getattr(self.matches, name)[place]) for name in _SCORES)
                return _Evidence(told.side, told.scope, told.kind, *map(_known, scores))
        return _Evidence(told.side if told.text else None, told.scope or None)


def _known(score: float) -> float | None:
    return round(score, _DECIMALS) if math.isfinite(score) else None


def _peaks_in_words(peaks: Peaks) -> dict[tuple[int, int], str]:
    """Return the words at which each neuron peaks on either side, commonest first: ``away 13, find 2``."""
    found: dict[tuple[int, int], list[str]] = {}
    for place in np.lexsort((peaks.rank, peaks.neuron_id)).tolist():
        words = found.setdefault((int(peaks.neuron_id[place]), int(peaks.side[place])), [])
        words.append(f"{peaks.word[place]} {peaks.exemplars[place]}")
    return {named: ", ".join(words) for named, words in found.items()}


def _elsewhere(label: Label) -> Description:
    """Return what is said of a neuron that the run does not have."""
    return (
        Description(label.text, "label", label.side, label.scope) if label.state == "accepted" else Description()
    )


def _rows_of(label: Label, run: Run, tables: _Tables) -> Iterator[LabelRow]:
    """Yield a label's record, or one for each label that was accepted."""
    if not label.also:
        yield _row(label, run, tables)
    for number, one in enumerate(label.accepted if label.also else (), 1):
        row = _row(label._replace(**one._asdict()), run, tables)
        # Only the first was given while something was hidden.
        yield replace(row, label_number=number, blind=label.blind if number == 1 else "")


def _row(label: Label, run: Run, tables: _Tables) -> LabelRow:
    number = tables.neurons.find(label.neuron)
    told, best, evidence, peaks = _elsewhere(label), Description(), _Evidence(), ""
    if number is not None:
        best = first(tables.overview, number)
        told = said_by_label(tables.overview, label, number) if label.state == "accepted" else best
        evidence, peaks = (
            tables.evidence(told, number),
            tables.peaks.get((number, 1 if told.quiet else told.side), ""),
        )
    return LabelRow(
        str(label.neuron),
        label.neuron.layer,
        label.neuron.unit,
        label.state,
        label.text,
        label.origin,
        label.note,
        label.note_by,
        label.note_time,
        label.by,
        label.time,
        label.history,
        told.sentence or None,
        told.grounds,
        *evidence,
        *_figures(label.fit),
        *_figures(label.token_fit),
        best_descriptor=best.text if best.grounds == "described" else None,
        peaks=peaks,
        model=run.model,
        weights=run.weights,
        settled=label.settled,
        blind=label.blind,
    )


def _figures(fit: tuple[float, ...]) -> tuple[float | None, float | None, float | None]:
    """Return a fit and the ends of its interval as records have them."""
    if not fit:
        return None, None, None
    found, lower, upper = map(_known, fit)
    return found, lower, upper
