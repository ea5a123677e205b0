"""The command `open`: opens a run in the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from neurotui.backends.settings import BackendSettings
from neurotui.cli.app_launcher import open_run
from neurotui.cli.backend_options import MakeSettings, Writer, asks_a_backend
from neurotui.cli.options import Annotator, LabelsFile, ModelFolder, RunFile
from neurotui.errors import UserError
from neurotui.labelling.types import LabelBackend
from neurotui.review.reviewer import Reviewer

if TYPE_CHECKING:
    from neurotui.types import Blind

BlindTo = Literal["people", "machine"]


@asks_a_backend
def open_(
    run: RunFile,
    labels: LabelsFile = None,
    annotator: Annotator = "",
    blind: Annotated[
        bool, typer.Option("--blind", help="Hide others' decisions and the machine's candidates until you decide.")
    ] = False,
    blind_to: Annotated[
        BlindTo | None, typer.Option("--blind-to", help="Hide only one of the two: people, or machine.")
    ] = None,
    share: Annotated[
        str,
        typer.Option("--share", metavar="K/N", help="Take part K of N, and what all N decide."),
    ] = "",
    read_only: Annotated[bool, typer.Option("--read-only", help="Look, decide nothing.")] = False,
    backend: Writer = "keywords",
    make_settings: MakeSettings = BackendSettings,
    model: ModelFolder = "",
) -> None:
    """Open a run in the app: search, read, accept, reject."""
    asking = LabelBackend(backend, make_settings())
    if blind and blind_to:
        raise UserError("--blind hides both, --blind-to only one", "leave one of the two out")
    hidden: Blind = "both" if blind else blind_to or ("people" if share else "")
    if share:
        # Only here: what the app draws with is loaded later, in its own way.
        from neurotui.review.filters import filter_of
        from neurotui.review.terms import share as share_term

        hidden = "both" if hidden in {"both", "machine"} else "people"
        filter_of(share_term.filter_text(share))
    reviewer = Reviewer(annotator, read_only, hidden, share)
    open_run(run, labels, reviewer, asking=asking, model=model)
