"""The datasheet of a curated set: what it is, how it came about, how far to trust it (Gebru et al. 2018).

It is the head of the page of a set, and by itself a JSON file.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Any

from neurotui.evaluate.measures import title
from neurotui.exchange.same_model import last_part
from neurotui.exchange.spec import FormatSpec
from neurotui.spelling import compared
from neurotui.store.describers import with_what
from neurotui.types import Neuron, State
from neurotui.wording import with_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from neurotui.evaluate.agreement import Agreement
    from neurotui.exchange.label_row import LabelRow
    from neurotui.exchange.rows import LabelRows
    from neurotui.store.describers import Describer

_VERSION = 12
_SPLITS = ("calibration", "validation")


@dataclass(frozen=True, slots=True)
class Datasheet:
    """The facts of a curated set.

    ``version`` is what whoever exports calls it, else a hash of the labels. ``layers`` and ``origins`` count
    labels, ``origins`` by who wrote them; ``annotators`` counts the neurons on which each decided as the set does,
    and ``hidden`` the same decisions by what was hidden from them: nothing, other people's labels, the machine's
    candidates, or both. ``settled`` counts the labels on which people differed until somebody settled it,
    ``conflicts`` the neurons of the journal on which they still differ.
    ``describers`` are the run's own, then those beside it, each with what it describes and names with.
    ``agreement`` is over all that they decided, on decisions and on texts. ``first`` and ``last`` are the days of
    the oldest and the newest of the decisions that count; ``written`` is the day of the export, all UTC.
    """

    name: str
    version: str
    written: str
    labels: int
    neurons: int
    state: State
    model: str
    weights: str
    data_set: str
    texts: int
    texts_hash: str
    describers: tuple[str, ...]
    layers: dict[int, int]
    annotators: dict[str, int]
    origins: dict[str, int]
    hidden: dict[str, int]
    settled: int
    conflicts: int
    first: str
    last: str
    agreement: tuple[Agreement, ...]

    def record(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return asdict(self)

    def agreement_table(self, places: int) -> tuple[list[str], list[list[str]]]:
        """Return titles and rows: who, on what, each measure with its interval, and of how many neurons.

        A measure that is not known is ""; there is no row where nobody has a neuron in common.
        """
        known = [one for one in self.agreement if one.alpha.of]
        names = list(dict.fromkeys(name for one in known for name, _ in one.figures()))
        rows = []
        for one in known:
            figures = {name: with_interval(of.value, of.lower, of.upper, places) for name, of in one.figures()}
            cells = [figures.get(name, "") for name in names]
            rows.append([", ".join(one.annotators), one.level, *cells, f"{one.alpha.of:,}"])
        return ["people", "on", *map(title, names), "neurons"], rows


def datasheet_of(rows: LabelRows, labels: Sequence[LabelRow]) -> Datasheet:
    """Return the datasheet of the `labels` that some rows have."""
    from neurotui.evaluate.agreement import agreements, decided_by  # noqa: PLC0415 - other formats do without numpy

    meta, neurons = rows.run.meta, list(dict.fromkeys(Neuron(row.layer, row.unit) for row in labels))
    every = (rows.labels.own(neuron, by) for neuron in neurons for by in rows.labels.annotators(neuron))
    own = [label for label in every if rows.state in {label.state, "conflict"}]
    by = Counter(compared(label.by) for label in own)
    days = sorted(row.time[:10] for row in labels if row.time)
    return Datasheet(
        name=rows.called.title or f"Labels of neurons of {last_part(rows.run.model)}",
        version=rows.called.version or version_of(labels),
        written=datetime.now(UTC).date().isoformat(),
        labels=len(labels),
        neurons=len(neurons),
        state=rows.state,
        model=rows.run.model,
        weights=rows.run.weights,
        data_set=PurePath(meta.get("texts_path", "")).name,
        texts=sum(int(meta.get(f"texts_{split}", 0)) for split in _SPLITS),
        texts_hash=meta.get("texts_hash", ""),
        describers=(*filter(None, (_own_describer(meta),)), *map(_beside, rows.run.describers.all())),
        layers=dict(sorted(Counter(row.layer for row in labels).items())),
        annotators={name: by[compared(name)] for name in rows.labels.annotators() if compared(name) in by},
        origins=dict(Counter(row.origin or "not said" for row in labels).most_common()),
        hidden=dict(Counter(label.blind or "nothing" for label in own).most_common()),
        settled=sum(row.settled for row in labels),
        conflicts=sum(label.state == "conflict" for label in rows.labels.all()),
        first=days[0] if days else "",
        last=days[-1] if days else "",
        agreement=agreements(decided_by({"": rows.labels})),
    )


def _own_describer(meta: Mapping[str, str]) -> str:
    """Return the run's own describer in words; "" if nothing is described."""
    return with_what(meta.get("backend", ""), meta.get("llm", ""), meta.get("namer", "none"))


def _beside(one: Describer) -> str:
    return f"{one.name} ({with_what(one.backend, one.llm, one.namer)})"


def write(rows: LabelRows, file: IO[str]) -> int:
    """Write the datasheet; return how many labels it speaks of."""
    sheet = datasheet_of(rows, list(rows))
    file.write(json.dumps(sheet.record(), indent=2) + "\n")
    return sheet.labels


def version_of(rows: Sequence[LabelRow]) -> str:
    """Return what names this state of the labels: a hash of neurons, labels, people and times."""
    digest = hashlib.sha256()
    for row in rows:
        said = (row.neuron, row.state, row.label, row.annotator, row.time, row.note)
        digest.update("\0".join(said).encode("utf-8", "replace") + b"\n")
    return digest.hexdigest()[:_VERSION]


SPEC = FormatSpec(name="datasheet", suffixes=(".datasheet.json",), write=write, counts="label")
