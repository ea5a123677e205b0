"""Open the app on a run, quickly: nothing is imported that only other commands need.

``entry.py`` comes here past typer.
"""

from __future__ import annotations

import gc
import os
import sys
from functools import partial
from typing import TYPE_CHECKING

from neurotui.annotator_name import annotator_name
from neurotui.cli import console
from neurotui.cli.context import at_a_terminal, journal_path
from neurotui.errors import UserError
from neurotui.labelling.types import LabelBackend
from neurotui.review.reviewer import Reviewer
from neurotui.store.run_commands import command_line

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from neurotui.review.read_run import ReadRun
    from neurotui.store.run import Run

_KEYWORDS = LabelBackend()
_ANYBODY = Reviewer("")
_SWITCHING = 0.0005
_THREADS = "OPENBLAS_NUM_THREADS"


def open_run(
    run: Path,
    labels: Path | None = None,
    reviewer: Reviewer = _ANYBODY,
    *,
    asking: LabelBackend = _KEYWORDS,
    model: str = "",
) -> None:
    """Show a run in the app until the user quits; the defaults are those of `neurotui open`.

    Raises ``UserError``, before the terminal is touched, if there is no terminal or the run or journal is invalid.
    """
    from neurotui.tui.runner import in_a_browser, refuse_dumb_terminal
    from neurotui.tui.textual_environment import keep_how_to_draw
    from neurotui.tui.threads import leave, started

    keep_how_to_draw(os.environ)
    if not at_a_terminal() and not in_a_browser():
        raise UserError("neurotui open needs a terminal", f"without one, try: {command_line('info', run)}")
    refuse_dumb_terminal(command_line("open", run))
    # Objects loaded here stay alive: garbage collection before the first screen has settled would find nothing.
    gc.disable()
    # A thread that reads waits for one that draws or imports so long, once for every step that it takes.
    switching = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCHING)
    try:
        # DuckDB opens and reads while Python imports, each on its own core.
        opening = _begin_opening(run)
        reading = started(partial(_read, opening))
        from neurotui.tui.config import load_config
        from neurotui.tui.open_app import open_app

        config = load_config()
        journal = journal_path(run, labels)
        open_app(
            opening.result(),
            reviewer._replace(annotator=annotator_name(reviewer.annotator)),
            labels=journal,
            config=config,
            asking=asking,
            model=model,
            reading=reading,
        )
        if not in_a_browser():
            _say_goodbye(run, journal, labels)
        leave(0)
    finally:
        gc.enable()
        sys.setswitchinterval(switching)


def _say_goodbye(run: Path, journal: Path, named: Path | None) -> None:
    """Say where the labels lie, and how to open the run again."""
    if journal.exists():
        console.show(f"labels: {journal}")
    console.show(f"again: {command_line('open', run, *(['--labels', str(named)] if named else []))}")


def _begin_opening(run: Path) -> Future[Run]:
    """Open a run in a thread, and import ``store`` meanwhile without numpy's BLAS threads.

    Starting those takes as long as importing numpy, and the app's matrix products are small. Helper processes,
    whose products are not, keep their threads.
    """
    from neurotui.tui.threads import started

    given = os.environ.get(_THREADS)
    os.environ.setdefault(_THREADS, "1")
    opening = started(partial(_open, run))
    import neurotui.store.run  # noqa: F401 - here for the environment that it is loaded in

    if given is None:
        del os.environ[_THREADS]
    return opening


def _open(path: Path) -> Run:
    """Open a run while others import."""
    from neurotui.store.connection import open_run as attach

    opened = attach(path)  # needs no numpy, which is being imported
    from neurotui.store.reader import Reader
    from neurotui.store.run import Run

    return Run(path, Reader(path, opened))


def _read(opening: Future[Run]) -> ReadRun:
    """Read what the app needs before keys work, once the run is open; then the neuron that its list opens on."""
    from neurotui.review.orders import opens_on
    from neurotui.review.read_run import read_run
    from neurotui.tui.threads import started

    read = read_run(opening.result())
    return read._replace(first=started(partial(read.loader.load, opens_on(read.overview))))
