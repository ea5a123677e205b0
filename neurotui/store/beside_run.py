"""What lies beside a run: its own journal, and the cached replies of models.

What belongs to a run that was fetched from a URL lies in the present folder: the run itself is in a cache, where
nothing of a person's would be safe.
"""

from __future__ import annotations

import os
from pathlib import Path

from neurotui.store.fetch_cache import is_fetched


def journal_of(run: Path) -> Path:
    """Return the path of a run's own journal: ``run.labels.jsonl`` beside ``run.duckdb``.

    Where the run is a link: the one beside the link if there is one, else the one beside the file that the link
    names, so that the same labels are found by either name.
    """
    beside, behind = _beside(run), _beside(run.resolve())
    own = not run.is_symlink() or beside.exists() or not (behind.exists() or os.access(behind.parent, os.W_OK))
    return beside if own else behind


def second_journal_of(run: Path) -> Path | None:
    """Return the journal beside the file that a link names, where the one beside the link is used; else None."""
    beside, behind = _beside(run), _beside(run.resolve())
    return behind if beside.exists() and behind.exists() and not behind.samefile(beside) else None


def _beside(run: Path) -> Path:
    return folder_of(run) / f"{run.stem}.labels.jsonl"


def folder_of(run: Path) -> Path:
    """Return where what belongs to a run lies: beside it, or in the present folder if it was fetched."""
    return Path() if is_fetched(run) else run.parent


def replies_of(run: Path) -> Path:
    """Return the path of the cached model replies: ``run.replies.sqlite`` beside ``run.duckdb``."""
    return folder_of(run) / f"{run.stem}.replies.sqlite"
