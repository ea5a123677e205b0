"""What an export says of a neuron: one flat record, the same in every format. Nothing heavy is imported."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neurotui.review.description import Grounds
    from neurotui.types import Side, State


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One neuron's label with the machine's evidence for it.

    ``sentence`` is what is said of the neuron, as the app says it, and ``grounds`` why: the label where one was
    accepted, else what the run says first. The scores, scope and kind are those of the neuron's match that this
    names, letter by letter; None where a person wrote something else. ``fit`` is how well the label fits
    held-out texts as a topic, ``token_fit`` held-out tokens as a word, each with the ends of its 95 % interval;
    None where nobody asked. ``best_descriptor`` is what the machine says of the neuron by itself, None where it
    stays silent. ``peaks`` are the words at which its top exemplars peak, its bottom ones for side -1 unless it
    is merely silent there, each with how many. ``history`` counts the decisions that led here, undone ones too.
    ``time`` is UTC, and of the decision, as ``annotator`` is; the note has its own.
    """

    neuron: str
    layer: int
    unit: int
    state: State
    label: str
    origin: str
    note: str
    note_annotator: str
    note_time: str
    annotator: str
    time: str
    history: int
    sentence: str | None
    grounds: Grounds
    side: Side | None
    scope: str | None
    kind: str | None
    auroc_calibration: float | None
    lower: float | None
    upper: float | None
    auroc_validation: float | None
    correlation_calibration: float | None
    correlation_validation: float | None
    fit: float | None
    fit_lower: float | None
    fit_upper: float | None
    token_fit: float | None
    token_fit_lower: float | None
    token_fit_upper: float | None
    best_descriptor: str | None
    peaks: str
    model: str
    weights: str


COLUMNS = tuple(field.name for field in fields(LabelRow))
"""The names of a record's fields, in the order of every format."""
