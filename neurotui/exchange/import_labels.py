"""Labels of a file into a journal: all of them, or none.

Each step is a module: ``recognise_format.py`` finds the format; ``column_mapping.py`` turns other people's columns
into ours; ``checked_rows.py`` checks the rows of a file against the run, such as whether it has the neuron and is
of the same model; ``read_row.py`` reads the values of one row; ``rows_to_events.py`` makes the journal's events of
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from neurotui.exchange.checked_rows import BadLines, Reading, rows_of
from neurotui.exchange.rows_to_events import NewEvents
from neurotui.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from neurotui.store.journal import Journal
    from neurotui.store.run import Run
    from neurotui.types import Event


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: decisions and notes that it added, and candidates.

    ``known`` were in the journal already, ``other_models`` are not this run's, and ``without_model`` do not say
    which weights they are of: they are taken for this run's. ``without_label`` say nothing of their neuron,
    ``no_neurons`` are about something else than a neuron, and ``scores_left_out`` came with a score that was
    measured elsewhere, which a journal does not keep.
    """

    labels: int
    notes: int
    known: int
    other_models: int
    without_model: int
    candidates: int = 0
    without_label: int = 0
    no_neurons: int = 0
    scores_left_out: int = 0

    def remarks(self, model: str) -> list[str]:
        """Return, in sentences, what a person should know of an import into a run of `model`."""
        found = []
        if self.without_model:
            rows = counted(self.without_model, "row")
            found.append(
                f"{rows} {'does' if self.without_model == 1 else 'do'} not say of which weights: "
                f"taken for those of the run's model, '{model}'"
            )
        if self.scores_left_out:
            found.append(
                f"{counted(self.scores_left_out, 'score')} left out: measured on other texts; "
                "neurotui score --describer FILE shows them beside the run's"
            )
        return found


def import_labels(
    run: Run,
    journal: Journal,
    path: Path,
    *,
    form: str | None,
    by: str = "",
    encoding: str = "",
    how: Reading | None = None,
) -> Imported:
    """Append a file's labels to a journal: decisions of whoever took them, at the time they did, or candidates.

    All of them or, on a ``UserError``, none. What the journal says already is not said again; a row that says
    something else counts. They are undone in one step, by whoever imports them: `by`. ``-`` is standard input.
    `form` and `encoding` are those of `how`.
    """
    how = (how or Reading())._replace(form=form, encoding=encoding)
    read = rows_of(run, journal.path, path, how)
    new: list[NewEvents] = []

    def choose(held: Sequence[Event]) -> list[Event]:
        bad, events = BadLines(f"'{path}'"), NewEvents(run, held, by)
        for place, said in enumerate(read.rows):
            with bad.collected(place):
                events.take(said)
        bad.refuse()
        new[:] = [events]
        return events.events

    journal.add(choose)
    actions = [event.action for event in new[0].events]
    notes, candidates = actions.count("note"), actions.count("propose")
    return Imported(
        len(actions) - notes - candidates,
        notes,
        new[0].known,
        read.other_models,
        read.without_model,
        candidates,
        read.without_label,
        read.no_neurons,
        read.scores,
    )
