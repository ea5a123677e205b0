"""Open the app on a run, and close the run behind it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.review.session import Session
from neurotui.review.terms import share as share_term
from neurotui.store.run_commands import command_line
from neurotui.tui import runner
from neurotui.tui.app import OFFLINE, UNSET, NeurotuiApp
from neurotui.tui.runner import in_a_browser
from neurotui.tui.threads import leave

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from neurotui.labelling.types import LabelBackend
    from neurotui.review.read_run import ReadRun
    from neurotui.review.reviewer import Reviewer
    from neurotui.store.run import Run
    from neurotui.tui.config import Config


def open_app(
    run: Run,
    reviewer: Reviewer,
    *,
    labels: Path | None,
    config: Config = UNSET,
    asking: LabelBackend = OFFLINE,
    model: str = "",
    reading: Future[ReadRun] | None = None,
) -> None:
    """Show a run in the terminal, or in the browser if started by `neurotui serve`, until the user quits.

    The run is closed afterwards. `labels` is the journal, by default the run's own (``run.labels.jsonl`` beside
    ``run.duckdb``). `asking` says which backend writes labels; its API key is read only when labels are requested.
    `model` is the folder of the run's model for probing, if it is not the one that the run names. `reading` is the
    run as it is being read already, if it is. Raises
    ``UserError``, before the terminal is touched, if the journal cannot be opened or there is no terminal;
    ``SystemExit`` if the app crashes.
    """
    app = None
    try:
        session = Session.of(run, reviewer, labels=labels)
        if not in_a_browser() and not (sys.__stdin__ and sys.__stdin__.isatty()):
            told = f"{command_line('info', run.path)} tells what the run is"
            raise UserError("there is no terminal to open the app in", told)
        app = NeurotuiApp(session, config, asking, model, reading)
        if reviewer.share:
            session.take_share(reviewer.share)
            app.filter = share_term.filter_text(reviewer.share)
        signal = runner.run(app, session.close, app.give_back_terminal)
    finally:
        (session if app is not None else run).close()
    if signal:
        runner.end_by(signal)
    if app.return_code:
        leave(app.return_code)
        raise SystemExit(app.return_code)
