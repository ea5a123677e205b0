"""The context of a command: whether it runs at a terminal, and the journal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from neurotui.cli import console
from neurotui.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from neurotui.store.labels import Labels
    from neurotui.store.run import Run


def at_a_terminal() -> bool:
    """Return whether the command runs at a terminal."""
    # A stream that was closed before we began is None.
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def journal_path(run: Path, named: Path | None) -> Path:
    """Return the path of the journal to write to: the given one, or the one beside the run."""
    from neurotui.store.beside_run import journal_of

    journal = named or journal_of(run)
    if not journal.parent.is_dir():
        raise UserError(f"there is no folder '{journal.parent}'", f"make it with: mkdir -p '{journal.parent}'")
    return journal


def labels_of(run: Run, named: Path | None) -> Labels:
    """Return a journal's labels for a run's model; a journal that was named must exist."""
    from neurotui.store.beside_run import journal_of
    from neurotui.store.journal import Journal
    from neurotui.store.labels import Labels, remarks

    if named is not None and not named.exists():
        raise UserError(
            f"there is no journal '{named}'", "neurotui open writes one; leave out --labels for the run's own"
        )
    journal = Journal(named or journal_of(run.path), run.path)
    labels = Labels(run.weights, journal.events)
    for note in remarks(journal, labels, name=str(journal.path)):
        console.warn(f"warning: {note}")
    return labels
