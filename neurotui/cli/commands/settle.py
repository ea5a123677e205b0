"""The command `settle`: settles the conflicts in which people differ in wording alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from neurotui.cli import console
from neurotui.cli.context import journal_labels_of
from neurotui.cli.options import Annotator, Json, LabelsFile, RunFile
from neurotui.cli.progress_display import shown_progress
from neurotui.sanitize import visible
from neurotui.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurotui.review.wording_conflict import WordingConflict


def settle(
    run: RunFile,
    labels: LabelsFile = None,
    equal: Annotated[
        Literal["text", "meaning"],
        typer.Option("--equal", help="When labels say the same: by their words, or by what they mean too."),
    ] = "text",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would stand; settle nothing.")] = False,
    annotator: Annotator = "",
    as_json: Json = False,
) -> None:
    """Settle the conflicts in which people differ in wording alone.

    The wording that most of them gave stands, else the one that was given first. Every settlement has the name of
    whoever settled; in the app, undo takes all of them back in one step.
    """
    from neurotui.annotator_name import annotator_name
    from neurotui.evaluate.find_wording_conflicts import find_wording_conflicts
    from neurotui.models.load_encoder import load_encoder
    from neurotui.review.session import Session
    from neurotui.store.run import Run

    with Run(run) as opened:
        # Where none is there, nothing can be settled: a journal of that name would be a new one.
        journal = journal_labels_of(opened, labels).path
        session = Session.open(opened, labels=journal, annotator=annotator_name(annotator), read_only=dry_run)
        with shown_progress() as progress:
            found = find_wording_conflicts(session.labels, load_encoder if equal == "meaning" else None, progress)
        if not dry_run:
            session.settle_together(found)
        left = sum(label.state == "conflict" for label in session.labels.all()) - (len(found) if dry_run else 0)
    if as_json:
        rows = [
            {
                "neuron": str(one.neuron),
                "stands": one.stands.text,
                "side": one.stands.side,
                "same_words": one.same_words,
                "each": {label.by: [said.text for said in label.accepted] for label in one.each},
            }
            for one in found
        ]
        console.answer_of(run, {"settled": not dry_run, "conflicts_left": left, "neurons": rows})
        return
    if found:
        columns = ("neuron", "by", "stands", "who", "said")
        console.show(console.table(columns, [row for one in found for row in _rows(one)], wraps="said"))
    done = "would be settled" if dry_run else f"settled by {session.annotator}"
    console.show(*console.folded(f"{counted(len(found), 'neuron')} {done}; {left:,} left in conflict."))


def _rows(one: WordingConflict) -> Sequence[tuple[console.Value, ...]]:
    """Return a row for each label of each person; the first also says what stands."""
    by = "words" if one.same_words else "meaning"
    said = [
        (visible(label.by) if not place else "", console.of_side(said.text, said.side))
        for label in one.each
        for place, said in enumerate(label.accepted)
    ]
    first = (str(one.neuron), by, console.of_side(one.stands.text, one.stands.side))
    return [(*(first if not place else ("", "", "")), *words) for place, words in enumerate(said)]
