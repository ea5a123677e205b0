"""The sets of descriptions that are scored: the run's own, those of journals, and any file of labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from neurotui.errors import UserError
from neurotui.evaluate.description_sets import first_of, free_name, own_set, said_by, sets_beside
from neurotui.exchange.label_files import said_in
from neurotui.exchange.registry import STANDARD_INPUT
from neurotui.store.describers import named
from neurotui.store.fetch_cache import origin_of
from neurotui.store.run_commands import command_line
from neurotui.store.url_refusals import on_a_disk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from neurotui.evaluate.description_sets import DescriptionSet, SaidByNeuron
    from neurotui.exchange.stated_scores import StatedScores
    from neurotui.store.labels import Labels
    from neurotui.store.run import Run
    from neurotui.types import Neuron


_JOURNAL = "the journal"


class HeldSets(NamedTuple):
    """Sets with different names, and in sentences what was passed over or is taken on trust.

    ``stated`` are the scores that files state of their explanations, each set under the name that it has here.
    ``files`` are those of the chosen that are no describer's name.
    """

    sets: tuple[DescriptionSet, ...]
    remarks: tuple[str, ...]
    stated: tuple[StatedScores, ...] = ()
    files: tuple[Path, ...] = ()


def neuron_ids(run: Run) -> dict[Neuron, int]:
    """Return the id of every neuron of a run."""
    overview = run.overview()
    return {overview.neuron(number): number for number in range(len(overview))}


def sets_of(
    run: Run, ids: Mapping[Neuron, int], labels: Labels, chosen: Sequence[str], *, alone: bool = False
) -> HeldSets:
    """Return the run's own set, those of describers beside it, of its journal's `labels`, and of files.

    `chosen` has names of the former, and then there are no others, and paths of files; if `alone`, there are none
    but the chosen ones. Of a journal, each origin of proposals and each person who accepted labels is a set; of a
    file, everyone that it names. A describer that says several things of a neuron is scored by the first.
    ``UserError`` for a name that is neither, and if nothing is said of any neuron.
    """
    found = {one.name: one for one in (own_set(run), *sets_beside(run)) if one.says}
    remarks: list[str] = []
    stated: list[StatedScores] = []

    def add(name: str, said: SaidByNeuron, *places: str) -> str:
        called = free_name(name, found, *places)
        one = first_of(called, said)
        if one.says:
            found[called] = one
        return called

    # Not of ``labels.neurons()``: it leaves out those that nobody decided.
    for name, said in said_by(labels, ids, _JOURNAL).items():
        add(name, said, _JOURNAL)
    by_name = {one: named(one, found) for one in chosen}
    files = existing_files((one for one, name in by_name.items() if not name), found)
    if alone or any(by_name.values()):
        found = {name: one for name, one in found.items() if name in by_name.values()}
    for file in files:
        held = said_in(run, file, ids)
        remarks += held.remarks
        for name, said in held.said.items():
            called = add(name, said, file.name, str(file))
            stated += [replace(one, name=called) for one in held.stated if one.name == name]
    if not found:
        hint = f"{command_line('describe', run.path)}, or name a file of descriptions with --describer"
        raise UserError(f"'{origin_of(run.path)}' describes no neuron, and nothing else is named that does", hint)
    return HeldSets(tuple(found.values()), tuple(remarks), tuple(stated), tuple(files))


def existing_files(given: Iterable[str], describers: Iterable[str]) -> list[Path]:
    """Return the paths of files that stand where a describer may; ``UserError`` for one that is not there."""
    there = "; ".join(describers) or "none, nothing is described"
    files = [*map(on_a_disk, given)]
    for file in files:
        if file != STANDARD_INPUT and not file.exists():
            raise UserError(
                f"'{file}' is no describer of the run, and no file",
                f"name a file of explanations, or one of: {there}",
            )
    return files
