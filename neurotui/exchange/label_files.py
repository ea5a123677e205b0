"""What a journal or a file of labels holds, without taking it into the run's journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from neurotui.errors import UserError
from neurotui.evaluate.description_sets import Said, said_by, texts_of
from neurotui.exchange.checked_rows import BadLines, FileRows, Reading, rows_of
from neurotui.exchange.registry import STANDARD_INPUT
from neurotui.exchange.rows_to_events import NewEvents
from neurotui.exchange.stated_scores import StatedScores, stated_in
from neurotui.store.beside_run import journal_of
from neurotui.store.journal import Journal
from neurotui.store.journal_lines import holds_decisions
from neurotui.store.labels import Labels, remarks
from neurotui.store.run_commands import command_line
from neurotui.wording import counted

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from neurotui.evaluate.description_sets import SaidByNeuron
    from neurotui.store.run import Run
    from neurotui.types import Neuron


class HeldLabels(NamedTuple):
    """The labels that a file adds up to, and in sentences what of it does not count or is taken on trust."""

    labels: Labels
    remarks: list[str]


class HeldSaid(NamedTuple):
    """What each describer of a file says of each neuron, best first, and remarks as those of ``HeldLabels``.

    ``stated`` are the scores that the file states of its explanations.
    """

    said: dict[str, SaidByNeuron]
    remarks: list[str]
    stated: list[StatedScores]


class HeldNames(NamedTuple):
    """The same without the sides."""

    names: dict[str, dict[Neuron, list[str]]]
    remarks: list[str]


def labels_in(run: Run, path: Path) -> HeldLabels:
    """Return the labels of a journal, or of any file that `import` reads; ``UserError`` if it decides nothing."""
    held = _journal(run, path) if _is_journal(path) else _decisions(run, path)
    if not any(label.state not in {"open", "skipped"} for label in held.labels.all()):
        taken = command_line("import", run.path, str(path), "--as-decisions", "--labels", "curated.jsonl")
        raise UserError(
            f"'{path}' holds nothing that was accepted or rejected of this model's neurons",
            f"if its labels are right, make them decisions and name that journal: {taken}",
        )
    return held


def names_in(run: Run, path: Path, among: Collection[Neuron]) -> HeldNames:
    """Return what ``said_in`` does, without the sides."""
    held = said_in(run, path, among)
    return HeldNames(texts_of(held.said), held.remarks)


def said_in(run: Run, path: Path, among: Collection[Neuron]) -> HeldSaid:
    """Return what the describers of a journal, or of any file that `import` reads, say of some neurons.

    Of a journal, every origin of proposals and everyone who accepted labels; of a file, likewise, in the order of
    its rows. Who is not named goes by the file's name. ``UserError`` if it says nothing.
    """
    stated: list[StatedScores] = []
    if _is_journal(path):
        labels, told = _journal(run, path)
        found = said_by(labels, among, path.name)
    else:
        read = _read(run, path)
        found, told = _said_in_rows(read, path, among), _trusted(read, path)
        stated = stated_in((row for row in read.rows if row.neuron in among), path.name)
    if not found:
        raise UserError(f"'{path}' says nothing of these neurons", "name a file of labels or explanations")
    return HeldSaid(found, told, stated)


def _said_in_rows(read: FileRows, path: Path, among: Collection[Neuron]) -> dict[str, SaidByNeuron]:
    found: dict[str, SaidByNeuron] = {}
    for row in read.rows:
        if row.label:
            whose = row.origin if row.action == "propose" else row.by
            said_of = found.setdefault(whose or path.name, {})
            if row.neuron in among:
                said_of.setdefault(row.neuron, []).append(Said(row.label, row.side))
    return found


def _is_journal(path: Path) -> bool:
    if path != STANDARD_INPUT and not path.exists():
        raise UserError(f"there is no file '{path}'", "name a journal, or a file that neurotui export wrote")
    return path.is_file() and holds_decisions(path.read_bytes())


def _journal(run: Run, path: Path) -> HeldLabels:
    journal = Journal(path, run.path)
    labels = Labels(run.weights, journal.events)
    return HeldLabels(labels, remarks(journal, labels, name=str(path)))


def _decisions(run: Run, path: Path) -> HeldLabels:
    read = _read(run, path)
    bad, events = BadLines(f"'{path}'"), NewEvents(run, [], path.name)
    for place, row in enumerate(read.rows):
        with bad.collected(place):
            events.take(row)
    bad.refuse()
    # Rows need no times: the later ones count, as they would in a journal.
    in_order = [event._replace(order=f"{place:09}") for place, event in enumerate(events.events)]
    return HeldLabels(Labels(run.weights, in_order), _trusted(read, path))


def _read(run: Run, path: Path) -> FileRows:
    """Return the rows of a file as `import` reads it; the hint says where the options of `import` help."""
    try:
        return rows_of(run, journal_of(run.path), path, Reading())
    except UserError as error:
        if " --" not in error.hint:
            raise
        option = ["--insist"] if "--insist" in error.hint else []
        taken = command_line("import", run.path, str(path), *option, "--labels", "theirs.jsonl")
        hint = f"{error.hint}; take it so into a journal, and name that: {taken}"
        raise UserError(error.message, hint, error.details) from error


def _trusted(read: FileRows, path: Path) -> list[str]:
    found = []
    if read.other_models:
        found.append(f"'{path}': {counted(read.other_models, 'row')} of another model passed over")
    if read.without_model:
        one = read.without_model == 1
        rows = counted(read.without_model, "row")
        found.append(f"'{path}': {rows} {'does' if one else 'do'} not say of which weights: taken for the run's")
    return found
