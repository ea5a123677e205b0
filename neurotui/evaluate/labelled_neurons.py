"""Which neurons are labelled, and with what: by people, by the run itself, or by a file."""

from __future__ import annotations

import random
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from neurotui.errors import UserError
from neurotui.review.description import description_of
from neurotui.review.filtered_list import WIDEN, listed
from neurotui.store.run_commands import command_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from neurotui.evaluate.description_sets import Said
    from neurotui.store.labels import Labels
    from neurotui.store.run import Run
    from neurotui.types import Neuron, Side

_SEED = 0


class Labelled(NamedTuple):
    """A neuron with its label; ``by_people``: whoever wrote it may have seen any of the neuron's exemplars."""

    neuron_id: int
    neuron: Neuron
    label: str
    side: Side = 1
    by_people: bool = False


def labelled(run: Run, labels: Labels, text: str = "", most: int | None = None) -> list[Labelled]:
    """Return the neurons that a filter matches and of which something is said; at random `most` of them.

    That is what people accepted, else what the run says aloud. ``UserError`` where there are none.
    """
    state = listed(run, labels, text)
    rows = state.rows.tolist()
    _random().shuffle(rows)
    told = ((one, description_of(state.overview, labels, one)) for one in rows)
    found = islice(
        (
            Labelled(one, state.overview.neuron(one), what.text, what.side, what.grounds == "label")
            for one, what in told
            if what.grounds in {"label", "described"}
        ),
        most,
    )
    return _some(sorted(found), run, text)


def labelled_as(
    run: Run, says: Mapping[Neuron, Said], most: int | None = None, text: str = "", *, by_people: bool = True
) -> list[Labelled]:
    """Return neurons with what a describer says of them, of the side it says it of; at random `most` of them.

    `text` is the filter by which they were chosen. Not `by_people`: a describer of the run,
    which saw no text of the validation split. ``UserError`` where it says nothing.
    """
    neurons = sorted(says)
    drawn = sorted(_random().sample(neurons, min(len(neurons), most or len(neurons))))
    return _some([Labelled(run.number_of(one), one, *says[one], by_people) for one in drawn], run, text)


def _random() -> random.Random:
    return random.Random(_SEED)  # noqa: S311 - no secret


def _some(found: list[Labelled], run: Run, text: str) -> list[Labelled]:
    if not found and text:
        raise UserError(f"no neuron that '{text}' matches is labelled or described", WIDEN)
    if not found:
        raise UserError("no neuron here is labelled or described", command_line("describe", run.path))
    return found
