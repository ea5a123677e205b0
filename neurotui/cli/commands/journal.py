"""The command `journal`: lists decisions."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from neurotui.cli import console
from neurotui.cli.context import labels_of
from neurotui.cli.options import Json, LabelsFile, RunFile
from neurotui.sanitize import visible
from neurotui.store.run_commands import command_line
from neurotui.wording import short

if TYPE_CHECKING:
    from collections.abc import Mapping

_LAST = 100
_COLUMNS = ("time", "who", "neuron", "what", "by", "text")
# How wide the two columns of names are at most; the text takes the rest.
_NAME = 14


def journal(
    run: RunFile,
    labels: LabelsFile = None,
    last: Annotated[
        int | None, typer.Option("--last", min=1, help=f"No more than these; {_LAST} unless --json.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List every decision on a run's neurons, newest first, undone ones too."""
    from neurotui.store.beside_run import journal_of
    from neurotui.store.journal_actions import DONE
    from neurotui.store.run import Run

    with Run(run) as opened:
        decided = labels_of(opened, labels)
    everything = decided.history()[::-1]
    history = everything[: last or (None if as_json else _LAST)]
    rows: list[dict[str, console.Value]] = [
        {
            "time": event.time,
            "who": event.by,
            "neuron": str(event.neuron),
            "what": DONE[event.action],
            "text": event.text,
            "origin": event.origin,
            "undone": decided.undone(event),
        }
        for event in history
    ]
    if as_json:
        about = {"journal": str(labels or journal_of(run)), "other_models": decided.others}
        console.answer_of(run, {**about, "decisions": rows, "shares": decided.shares()})
    elif rows:
        for day, of_day in groupby(rows, lambda row: str(row["time"])[:10]):
            console.show(console.table(_COLUMNS, [_cells(row) for row in of_day], f"{day} (UTC)", wraps="text"))
        if len(rows) < len(everything):
            console.show(f"{len(rows):,} of {len(everything):,}: --last shows more of them, --json all.")
        if decided.shares():
            console.show("shares: " + ", ".join(f"{by} {share}" for by, share in decided.shares().items()))
    else:
        of = " about this run's model" if decided.others else ""
        console.show(f"Nothing has been decided{of} yet: {command_line('open', run)}")


def _cells(row: Mapping[str, console.Value]) -> tuple[console.Value, ...]:
    """Return a decision as a row of its day's table; one that is undone says so."""
    who, origin = (short(visible(str(row[key])), _NAME) for key in ("who", "origin"))
    what = f"{row['what']}, undone" if row["undone"] else row["what"]
    return (
        str(row["time"])[11:19],
        who,
        row["neuron"],
        what,
        "own words" if origin == "person" else origin,
        row["text"],
    )
