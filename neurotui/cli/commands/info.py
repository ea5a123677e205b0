"""The command `info`: shows what a run holds, and how much of it is decided."""

from __future__ import annotations

from neurotui.cli import console
from neurotui.cli.context import labels_of
from neurotui.cli.options import Json, LabelsFile, RunFile


def info(run: RunFile, labels: LabelsFile = None, as_json: Json = False) -> None:
    """Say what a run is, and how much of it is decided."""
    from neurotui.store.run import Run

    with Run(run) as opened:
        states = [label.state for label in labels_of(opened, labels).all()]
        record: dict[str, console.Value] = {
            "run": str(run),
            "bytes": run.stat().st_size,
            **opened.counts(),
            **{state: states.count(state) for state in ("accepted", "rejected", "skipped")},
        }
        if opened.lacks:
            record["lacks"] = opened.lacks
        record = {**record, **{key: value for key, value in opened.meta.items() if key not in record}}
    console.summary(record, as_json=as_json)
