"""The labels that `causal` tests: those of a run and its journal, or those of one describer or one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from neurotui.errors import UserError
from neurotui.evaluate.labelled_neurons import labelled, labelled_as
from neurotui.exchange.read_descriptions import neuron_ids, sets_of
from neurotui.review.filtered_list import neurons_listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neurotui.evaluate.labelled_neurons import Labelled
    from neurotui.store.labels import Labels
    from neurotui.store.run import Run


class LabelsToTest(NamedTuple):
    """The labelled neurons, and in sentences what was passed over or is taken on trust."""

    labelled: Sequence[Labelled]
    remarks: tuple[str, ...] = ()


def labels_to_test(run: Run, labels: Labels, filter_: str, most: int, describer: str = "") -> LabelsToTest:
    """Return the neurons that a filter matches, at most `most` at random, with their labels.

    That is what people accepted, else what the run says aloud; with a `describer`, what that one says, or a file.
    ``UserError`` where nothing is said.
    """
    if most < 1:
        raise UserError(f"sample is '{most}'", "1 or more")
    if not describer:
        return LabelsToTest(labelled(run, labels, filter_, most))
    held = sets_of(run, neuron_ids(run), labels, [describer], alone=True)
    remarks = held.remarks
    if len(held.sets) > 1:
        said_by = ", ".join(one.name for one in held.sets)
        told = f"'{describer}' has labels by {said_by}: the first of these that names a neuron counts"
        remarks = (*remarks, told)
    among = neurons_listed(run, labels, filter_)
    says = {neuron: said for one in reversed(held.sets) for neuron, said in one.says.items() if neuron in among}
    by_people = not all(one.of_run for one in held.sets)
    return LabelsToTest(labelled_as(run, says, most, filter_, by_people=by_people), remarks)
