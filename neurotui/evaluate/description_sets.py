"""Sets of descriptions: what one describer says of each neuron, whoever or whatever it is."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from neurotui.store.describers import OWN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from neurotui.store.labels import Labels
    from neurotui.store.run import Run
    from neurotui.types import Neuron, Side


class Said(NamedTuple):
    """A description of a neuron; with side -1 it speaks of the negative of the activation."""

    text: str
    side: Side = 1


SaidByNeuron = dict["Neuron", list[Said]]
"""What a describer says of each neuron, best first."""


class DescriptionSet(NamedTuple):
    """What a describer says first of each neuron, and what it is called.

    ``of_run``: it is a describer of the run, to which no validation text was shown; of any other nobody knows.
    """

    name: str
    says: Mapping[Neuron, Said]
    of_run: bool = False


def own_set(run: Run) -> DescriptionSet:
    """Return what a run says first of each neuron that it describes."""
    overview = run.overview()
    says = {}
    for neuron_id in overview.described.nonzero()[0].tolist():
        if (first := overview.first(neuron_id)) is not None:
            says[overview.neuron(neuron_id)] = Said(first.name, first.side)
    return DescriptionSet(OWN, says, of_run=True)


def sets_beside(run: Run) -> list[DescriptionSet]:
    """Return what each describer beside the run's own says first of each neuron."""
    overview, found = run.overview(), []
    for describer in run.describers.all():
        columns = run.describers.names(describer.name)
        rows = zip(*(columns[key].tolist() for key in ("neuron_id", "side", "name")), strict=True)
        says: dict[Neuron, Said] = {}
        for neuron_id, side, name in rows:
            says.setdefault(overview.neuron(neuron_id), Said(name, 1 if side > 0 else -1))
        found.append(DescriptionSet(describer.name, says, of_run=True))
    return found


def first_of(name: str, said: Mapping[Neuron, list[Said]]) -> DescriptionSet:
    """Return the set of each neuron's first description."""
    return DescriptionSet(name, {neuron: own[0] for neuron, own in said.items() if own})


def proposed_by(labels: Labels, among: Iterable[Neuron]) -> dict[str, SaidByNeuron]:
    """Return what each origin has proposed of some neurons, best first, by the name of the origin.

    What people accepted is no proposal here: it would be judged by itself.
    """
    found: defaultdict[str, SaidByNeuron] = defaultdict(dict)
    for neuron in among:
        for one in labels.proposals(neuron, seen_by=""):
            found[one.origin].setdefault(neuron, []).append(Said(one.text, one.side))
    return dict(found)


def accepted_by(labels: Labels, among: Iterable[Neuron]) -> dict[str, SaidByNeuron]:
    """Return what each annotator has accepted of some neurons, by name."""
    found: defaultdict[str, SaidByNeuron] = defaultdict(dict)
    for neuron in among:
        for by in labels.annotators(neuron):
            if accepted := [Said(one.text, one.side) for one in labels.own(neuron, by).accepted]:
                found[by][neuron] = accepted
    return dict(found)


def said_by(labels: Labels, among: Iterable[Neuron], where: str) -> dict[str, SaidByNeuron]:
    """Return what each person has accepted and each origin proposed of some neurons, best first, by name.

    Where a person and an origin share a name, what was proposed of a neuron goes before what was accepted. Who has
    no name goes by `where`.
    """
    neurons = list(among)
    found: dict[str, SaidByNeuron] = {}
    for by_name in (accepted_by(labels, neurons), proposed_by(labels, neurons)):
        for name, said in by_name.items():
            found.setdefault(name or where, {}).update(said)
    return found


def free_name(name: str, taken: Collection[str], *places: str) -> str:
    """Return a name, followed by the first of some places that makes it unique where it is taken."""
    names = [name, *(f"{name} in {place}" for place in places)]
    return next((one for one in names if one not in taken), names[-1])


def texts_of(said: Mapping[str, SaidByNeuron]) -> dict[str, dict[Neuron, list[str]]]:
    """Return what is said without its side."""
    return {
        name: {neuron: [one.text for one in own] for neuron, own in by_neuron.items()}
        for name, by_neuron in said.items()
    }
