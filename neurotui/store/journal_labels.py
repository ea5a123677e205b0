"""The labels of a journal for a run's model, by the journal's path or of the run's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from neurotui.errors import UserError
from neurotui.store.beside_run import journal_of
from neurotui.store.journal import Journal
from neurotui.store.labels import Labels, remarks
from neurotui.store.url_refusals import on_a_disk

if TYPE_CHECKING:
    from neurotui.store.run import Run


class JournalLabels(NamedTuple):
    """The labels of a journal; ``path`` is None for the run's own. ``remarks`` say what of it does not count."""

    path: Path | None
    labels: Labels
    remarks: list[str]


def journal_labels(run: Run, named: str | Path | None) -> JournalLabels:
    """Return a journal's labels for a run's model, by default the run's own.

    ``UserError`` if it is not there, or at a URL.
    """
    path = None if named is None else on_a_disk(named)
    if path is not None and not path.exists():
        raise UserError(
            f"there is no journal '{path}'", "neurotui open writes one; leave out --labels for the run's own"
        )
    journal = Journal(path or journal_of(run.path), run.path)
    labels = Labels(run.weights, journal.events)
    return JournalLabels(path, labels, remarks(journal, labels, name=str(journal.path)))
