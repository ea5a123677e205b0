"""The sets of descriptions that are scored: the run's own, those of journals, and any file of labels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from neurotui.errors import UserError, command_line
from neurotui.evaluate.description_sets import first_of, free_name, own_set, said_by, sets_beside
from neurotui.exchange.label_files import said_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from neurotui.evaluate.description_sets import DescriptionSet, SaidByNeuron
    from neurotui.exchange.stated_scores import StatedScores
    from neurotui.store.labels import Labels
    from neurotui.store.run import Run
    from neurotui.types import Neuron


_JOURNAL = "the journal"


class HeldSets(NamedTuple):
    """Sets with different names, and in sentences what was passed over or is taken on trust.

    ``stated`` are the scores that files state of their explanations, each set under the name that it has here.
    """

    sets: tuple[DescriptionSet, ...]
    remarks: tuple[str, ...]
    stated: tuple[StatedScores, ...] = ()


def neuron_ids(run: Run) -> dict[Neuron, int]:
    """Return the id of every neuron of a run."""
    overview = run.overview()
    return {overview.neuron(number): number for number in range(len(overview))}


def sets_of(run: Run, ids: Mapping[Neuron, int], labels: Labels, files: Sequence[Path]) -> HeldSets:
    """Return the run's own set, those of describers beside it, those of its journal's `labels`, and of `files`.

    Of a journal, each origin of proposals and each person who accepted labels is a set; of a file, everyone that
    it names. A describer that says several things of a neuron is scored by the first. ``UserError`` if nothing
    is said of any neuron.
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
    for file in files:
        held = said_in(run, file, ids)
        remarks += held.remarks
        for name, said in held.said.items():
            called = add(name, said, file.name, str(file))
            stated += [replace(one, name=called) for one in held.stated if one.name == name]
    if not found:
        hint = f"{command_line('describe', run.path)}, or name a file of descriptions with --set"
        raise UserError(f"'{run.path}' describes no neuron, and nothing else is named that does", hint)
    return HeldSets(tuple(found.values()), tuple(remarks), tuple(stated))
