"""The command `verify`: reads every block of a run and recomputes a sample."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neurotui.cli import console
from neurotui.cli.models_extra import model_side
from neurotui.cli.options import Json, ModelFolder, RunFile
from neurotui.cli.progress_display import shown_progress
from neurotui.errors import UserError
from neurotui.store.fetch_cache import if_fetched_again, origin_of
from neurotui.types import Neuron

if TYPE_CHECKING:
    from collections.abc import Callable

    from neurotui.precompute.verify import Recomputed
    from neurotui.review.description import Description
    from neurotui.store.check import RunCheck
    from neurotui.store.table_faults import TableFault

    Says = Callable[[Neuron], Description]


def verify(
    run: RunFile,
    sample: Annotated[
        int, typer.Option("--sample", min=0, help="How many texts to run through the model again; 0 for none.")
    ] = 50,
    model: ModelFolder = "",
    as_json: Json = False,
) -> None:
    """Read every block of a run, and recompute a sample of its activations."""
    from neurotui.store.check import RunCheck
    from neurotui.store.run import Run

    with Run(run) as opened:
        check = RunCheck(opened)
        with shown_progress() as progress:
            rows = check.read_whole(progress)
        wrong, again = check.table_faults(), None
        if sample and not wrong:
            again = _recomputed(check, sample, model)
    if as_json:
        recomputed = {**asdict(again), "holds": again.holds} if again else None
        disagreements = [one._asdict() for one in wrong]
        console.answer_of(run, {"rows": rows, "disagreements": disagreements, "recomputed": recomputed})
    else:
        console.show(console.table(("table", "rows"), list(rows.items()), "every block can be read"))
        _show_recomputed(again)
    _refuse_wrong(run, wrong, again)


def _recomputed(check: RunCheck, sample: int, model: str) -> Recomputed:
    with model_side(), shown_progress() as progress:
        from neurotui.precompute.verify import recompute

        try:
            return recompute(check, sample, model=model, progress=progress)
        except UserError as refusal:
            raise UserError(refusal.message, f"{refusal.hint}; --sample 0 checks the file alone") from refusal


def _show_recomputed(again: Recomputed | None) -> None:
    if again is None:
        return
    columns = ("figure", "compared", "largest difference in steps", "beyond quantisation", "allowed")
    rows = [(one.name, one.count, one.steps, f"{one.beyond:.1e}", f"{one.allowed:g}") for one in again.figures]
    console.show(
        console.table(columns, rows, f"{again.texts} texts run through the model again"),
        "Quantisation explains half a step. What is beyond is a share of the neuron's largest activation;"
        " what is allowed is what another machine's arithmetic may do.",
    )


def _refuse_wrong(run: Path, wrong: list[TableFault], again: Recomputed | None) -> None:
    """Raise ``UserError`` if a check has failed."""
    name, remedy = origin_of(run), if_fetched_again(run, "make the run again")
    if wrong:
        listed = "; ".join(f"{one.table}: {one.wrong} ({one.rows:,} rows)" for one in wrong)
        raise UserError(f"the tables of '{name}' do not add up: {listed}", remedy)
    if again is not None and again.other_tokens:
        raise UserError(
            f"{again.other_tokens} of {again.texts} texts have other tokens than '{name}' holds",
            remedy,
        )
    if again is not None and not again.holds:
        worst = next(one for one in again.figures if not one.beyond <= one.allowed)
        raise UserError(
            f"'{name}' does not hold what its model computes: a {worst.name} lies {worst.beyond:.2g} of the"
            f" neuron's largest activation away, where {worst.allowed:g} is allowed",
            f"{remedy}; if that changes nothing, compare the versions in: neurotui info",
        )
