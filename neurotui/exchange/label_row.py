"""The columns of an export: one flat record a neuron, the same in every format; ``rows.py`` fills it.

Nothing heavy is imported.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.spelling import compared

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

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
    ``time`` is UTC, and of the decision, as ``annotator`` is; the note has its own. Where several labels were
    accepted for a neuron each has a row, with its ``label_number`` from 1. ``settled``: people differed and the
    annotator settled it. ``blind`` is what was hidden from the annotator: people, machine, both, or nothing.
    ``differ`` is what people differ in where the neuron is in conflict: the decision, the label, or wording alone.
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
    label_number: int = 1
    settled: bool = False
    blind: str = ""
    differ: str = ""


COLUMNS = tuple(field.name for field in fields(LabelRow))
"""The names of a record's fields, in the order of every format."""


# Invisible characters, which do not count in a column's name.
_UNSEEN = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060"))


@cache
def named(column: str) -> str:
    """Return a column's name as ours are written: in small letters, with no blanks."""
    return compared(column.translate(_UNSEEN).strip().strip('"')).replace(" ", "_").replace("-", "_")


def refuse_doubled(columns: Iterable[str], name: str, known: Container[str] = COLUMNS) -> None:
    """Raise ``UserError`` if one of some `known` columns, by default ours, is among a file's more than once."""
    for column, count in Counter(map(named, columns)).items():
        if count > 1 and column in known:
            raise UserError(f"'{name}' has {count} columns '{column}'", "rename or remove the others")
