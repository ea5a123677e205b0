"""Commands that show what the app's views show: similar and journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neurotui.cli import console
from neurotui.cli.options import Json, LabelsFile, NeuronName, RunFile
from neurotui.cli.place import labels_of
from neurotui.errors import command_line
from neurotui.review.said import said
from neurotui.types import Neuron

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from neurotui.review.said import Said
    from neurotui.store.labels import Labels
    from neurotui.store.records import Overview
    from neurotui.types import Label

_NEAREST, _LAST = 20, 100


def similar(
    run: RunFile,
    neuron: NeuronName,
    top: Annotated[int, typer.Option("--top", min=1, help="How many on either side.")] = _NEAREST,
    labels: LabelsFile = None,
    as_json: Json = False,
) -> None:
    """List the neurons that respond to the same texts as one, and to the opposite."""
    import numpy as np

    from neurotui.describe.similar import correlations, nearest
    from neurotui.store.run import Run

    with Run(run) as opened, console.progress() as progress:
        number, decided = opened.number_of(Neuron.parse(neuron)), labels_of(opened, labels)
        total, texts = opened.counts()["neurons"], len(opened.pooled(number))
        parts = []
        for first, part in correlations(opened, number):
            parts.append(part)
            progress("correlating", first + len(part), total)
        r = np.concatenate(parts)
        found = nearest(r, number, top)
        overview = opened.overview()
    alike, opposed = (_described(ids, r, overview, decided) for ids in (found.alike, found.opposed))
    if as_json:
        record = {
            "run": str(run),
            "neuron": str(overview.neuron(number)),
            "measure": "Pearson's r",
            "texts": texts,
        }
        answers = ([_record(*one) for one in rows] for rows in (alike, opposed))
        console.answer({**record, **dict(zip(("alike", "opposed"), answers, strict=True))})
        return
    columns = ("neuron", "r", "what is said of it", "state")
    name = overview.neuron(number)
    for title, rows in ((f"Most like {name}", alike), (f"Most opposed to {name}", opposed)):
        cells = [(str(label.neuron), one, told.told, label.state) for one, told, label in rows]
        shown = f"{title}, by Pearson's r of pooled activations over {texts:,} texts"
        console.show(console.table(columns, cells, shown))


def journal(
    run: RunFile,
    labels: LabelsFile = None,
    last: Annotated[
        int | None, typer.Option("--last", min=1, help=f"No more than these; {_LAST} unless --json.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List every decision on a run's neurons, newest first, undone ones too."""
    from neurotui.store.journal import journal_of
    from neurotui.store.labels import STATE_AFTER
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
            "what": STATE_AFTER.get(event.action, "noted"),
            "text": event.text,
            "origin": event.origin,
            "undone": decided.undone(event),
        }
        for event in history
    ]
    if as_json:
        console.answer({"run": str(run), "journal": str(labels or journal_of(run)), "decisions": rows})
    elif rows:
        console.show(console.table(tuple(rows[0]), [tuple(row.values()) for row in rows]))
        if len(rows) < len(everything):
            console.show(f"{len(rows):,} of {len(everything):,}: --last shows more of them, --json all.")
    else:
        console.show(f"Nothing has been decided yet: {command_line('open', run)}")


def _described(
    ids: Iterable[int], r: NDArray[np.float32], overview: Overview, decided: Labels
) -> list[tuple[float, Said, Label]]:
    """Return r, what is said of them, and the label of some neurons."""
    return [
        (float(r[number]), said(overview, decided, int(number)), decided.label(overview.neuron(int(number))))
        for number in ids
    ]


def _record(r: float, told: Said, label: Label) -> dict[str, console.Value]:
    return {"neuron": str(label.neuron), "r": r, **told.record(), "state": label.state}
