"""The command `similar`: lists the neurons most similar to one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neurotui.cli import console
from neurotui.cli.context import labels_of
from neurotui.cli.options import Json, LabelsFile, NeuronName, RunFile
from neurotui.cli.progress_display import shown_progress
from neurotui.review.description import description_of
from neurotui.types import Neuron

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from neurotui.review.description import Description
    from neurotui.store.labels import Labels
    from neurotui.store.run_tables import Overview
    from neurotui.types import Label

_NEAREST = 20


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

    with Run(run) as opened, shown_progress() as progress:
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
        record = {"neuron": str(overview.neuron(number)), "measure": "Pearson's r", "texts": texts}
        answers = ([_record(*one) for one in rows] for rows in (alike, opposed))
        console.answer_of(run, {**record, **dict(zip(("alike", "opposed"), answers, strict=True))})
        return
    columns = ("neuron", "r", "what is said of it", "state")
    name = overview.neuron(number)
    for title, rows in ((f"Most like {name}", alike), (f"Most opposed to {name}", opposed)):
        cells = [(str(label.neuron), one, told.told, label.state) for one, told, label in rows]
        shown = f"{title}, by Pearson's r of pooled activations over {texts:,} texts"
        console.show(console.table(columns, cells, shown))


def _described(
    ids: Iterable[int], r: NDArray[np.float32], overview: Overview, decided: Labels
) -> list[tuple[float, Description, Label]]:
    """Return r, the description and the label of some neurons."""
    return [
        (
            float(r[number]),
            description_of(overview, decided, int(number)),
            decided.label(overview.neuron(int(number))),
        )
        for number in ids
    ]


def _record(r: float, told: Description, label: Label) -> dict[str, console.Value]:
    return {"neuron": str(label.neuron), "r": r, **told.record(), "state": label.state}
