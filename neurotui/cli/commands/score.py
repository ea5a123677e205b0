"""The command `score`: gives any descriptions the same scores at held-out places."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neurotui.backends.judge_protocol import EXAMPLES, JUDGED
from neurotui.backends.judge_registry import JUDGES
from neurotui.backends.settings import BackendSettings
from neurotui.cli import console
from neurotui.cli.backend_options import DryRun, MakeSettings, asks_a_backend
from neurotui.cli.context import labels_of
from neurotui.cli.models_extra import model_side
from neurotui.cli.options import Describers, Filter, Json, LabelsFile, RunFile, listed, one_of
from neurotui.cli.progress_display import shown_progress
from neurotui.errors import UserError
from neurotui.models.load_encoder import load_encoder

if TYPE_CHECKING:
    from neurotui.exchange.run_scores import RunScores, Scoring


@asks_a_backend
def score(
    run: RunFile,
    describer: Describers = [],
    labels: LabelsFile = None,
    filter_: Filter = "",
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample",
            min=1,
            help=f"At most this many neurons, drawn at random; {JUDGED} where a judge is asked.",
        ),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option(
            parser=one_of(JUDGES), metavar=listed(JUDGES), help="A model that is asked, for detection and fuzzing."
        ),
    ] = None,
    examples: Annotated[
        int | None,
        typer.Option("--examples", min=4, help=f"How many examples of a neuron it is shown; {EXAMPLES}."),
    ] = None,
    make_settings: MakeSettings = BackendSettings,
    by_layer: Annotated[bool, typer.Option("--by-layer", help="The scores of each layer, too.")] = False,
    sanity: Annotated[
        bool, typer.Option("--sanity", help="Test the measures: do they notice what was made worse?")
    ] = False,
    delphi: Annotated[
        Path | None,
        typer.Option(
            "--delphi",
            metavar="<folder>",
            help="Write what the judge answered about the first set, as delphi does.",
        ),
    ] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Score any descriptions in the same way, on what no describer of the run saw.

    Scored are the run's own descriptions, those of describers beside it, of a journal's people and machines, and
    of any file that import reads, each by its words alone: as a topic over validation texts, as words at
    validation tokens, none of them an exemplar. With --judge, a language model is shown examples and says for
    which a description holds.
    """
    if judge is None and (dry_run or delphi):
        raise UserError("without a judge nobody is asked, and it costs nothing", f"add --judge {JUDGES[0]}")
    settings = make_settings()
    if judge is None and (examples is not None or settings != BackendSettings()):
        raise UserError(
            "without a judge nobody is shown examples, and no model is chosen", f"add --judge {JUDGES[0]}"
        )
    with model_side(), shown_progress() as progress:
        from neurotui.exchange.delphi_scores import refuse_existing, write_scores
        from neurotui.exchange.run_scores import ScoreSettings, Scoring
        from neurotui.store.run import Run

        if delphi is not None:
            refuse_existing(delphi)
        how = ScoreSettings(tuple(describer), filter_, sample, judge, examples or EXAMPLES, settings, sanity)
        with Run(run) as opened:
            scoring = Scoring(opened, how, labels_of(opened, labels), encoder=load_encoder, ask=not dry_run)
            for remark in scoring.remarks:
                console.warn(f"note: {remark}")
            if dry_run:
                console.summary({"neurons": scoring.neurons, **_priced(scoring)}, as_json=as_json)
                return
            for warning in scoring.warnings():
                console.warn(f"warning: {warning}")
            found = scoring.scores(progress)
            if delphi is not None:
                first = [one for one in found.judged if one.name == found.judged[0].name]
                if not write_scores(first, delphi):
                    console.warn(f"warning: nothing is in '{delphi}': no neuron of '{first[0].name}' was judged")
    _tell(run, found, by_layer=by_layer, as_json=as_json)


def _tell(run: Path, found: RunScores, *, by_layer: bool, as_json: bool) -> None:
    from neurotui.cli import score_tables as tables
    from neurotui.cli.sanity_table import sanity_shown
    from neurotui.evaluate.score import TESTED_FROM

    if as_json:
        console.answer_of(run, tables.record_of(found))
        return
    console.show(*tables.scores_shown(found.scored, by_layer=by_layer))
    if found.judged:
        console.show(*tables.judged_shown(found.judged, f"Judged by {found.judge}", ours=True))
    title = "Scores that came with a set, of others on other texts"
    if found.others:
        console.show(*tables.judged_shown(found.others, title, ours=False))
    if found.stated:
        console.show(*tables.stated_shown(found.stated, title))
    if found.sanity is not None:
        console.show(*sanity_shown(found.sanity, f"; of an AUROC of {TESTED_FROM} or more"))


def _priced(scoring: Scoring) -> dict[str, int | float | str | None]:
    """Return an estimate with what it calls texts under their name here."""
    return {"examples" if name == "texts" else name: value for name, value in scoring.estimate()._asdict().items()}
