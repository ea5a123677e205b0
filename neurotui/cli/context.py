"""The context of a command: whether it runs at a terminal, and the journal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from neurotui.cli import console
from neurotui.errors import UserError
from neurotui.store.urls import is_url

if TYPE_CHECKING:
    from neurotui.store.journal_labels import JournalLabels
    from neurotui.store.labels import Labels
    from neurotui.store.run import Run


def run_path(name: str) -> Path:
    """Return the path of a run that was typed; one at a URL is fetched, with its progress shown."""
    if not is_url(name):
        return Path(name)
    from neurotui.cli.progress_display import shown_progress
    from neurotui.store.fetched_files import local_file

    with shown_progress() as progress:
        return local_file(name, progress)


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
    """Return a journal's labels for a run's model, and warn of what of it does not count."""
    return journal_labels_of(run, named).labels


def journal_labels_of(run: Run, named: Path | None) -> JournalLabels:
    """Return the same with the journal that they are of."""
    from neurotui.store.journal_labels import journal_labels

    found = journal_labels(run, named)
    for note in found.remarks:
        console.warn(f"warning: {note}")
    return found
