"""The command that writes and scores labels for one neuron: label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neurotui import console
from neurotui.assist.questions import Asking, Written, best_first
from neurotui.backends.settings import Settings
from neurotui.cli.making import model_side
from neurotui.cli.options import (
    DryRun,
    Json,
    MakeSettings,
    NeuronName,
    RunFile,
    Writer,
    asks_a_backend,
)
from neurotui.words import Neuron, Refusal

if TYPE_CHECKING:
    from neurotui.store.run import Run

_TYPED, _RUN = "you", "run"
# Who wrote a label: a person, a backend now, or what described the run.
_COLUMNS = ("label", "by", "fit", "lower", "upper")


@asks_a_backend
def label(
    run: RunFile,
    neuron: NeuronName,
    labels: Annotated[
        list[str] | None,
        typer.Argument(metavar="[LABEL]...", help="Labels to score; without any, one is written."),
    ] = None,
    backend: Writer = "keywords",
    make_settings: MakeSettings = Settings,
    draw: Annotated[
        int,
        typer.Option("--draw", min=0, help="Which draw of the neuron's texts is shown; each is asked once."),
    ] = 0,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Score labels of a neuron, yours or new ones, on texts that no backend was shown.

    A label's fit is the AUROC with which its likeness to a text tells validation texts at which the neuron is
    active from those at which it is quiet. The neuron's own descriptors stand beside it, by the same texts.
    """
    chosen = Neuron.parse(neuron)
    if labels and dry_run:
        raise Refusal("to score labels costs nothing", "leave out --dry-run, or the labels")
    settings = make_settings()
    with model_side():
        from neurotui.store.run import Run

        with Run(run) as opened:
            asking = Asking(backend, settings)
            if dry_run:
                _show_price(opened, chosen, asking, draw, as_json=as_json)
            else:
                _label(opened, chosen, labels or [], asking, draw, as_json=as_json)


def _show_price(run: Run, neuron: Neuron, asking: Asking, draw: int, *, as_json: bool) -> None:
    from neurotui.assist.writing import price

    said = price(run, neuron, asking, draw)
    console.summary({"neuron": str(neuron), **said._asdict()}, as_json=as_json)


def _label(run: Run, neuron: Neuron, typed: list[str], asking: Asking, draw: int, *, as_json: bool) -> None:
    from neurotui.assist.fit import Scorer
    from neurotui.assist.writing import backend_for, write
    from neurotui.backends.encoder import MiniLM

    matches = run.detail(run.number_of(neuron)).matches
    encoder = MiniLM()
    scorer = Scorer(run, encoder)
    with console.progress() as progress:
        if typed:
            written, by = Written(tuple(typed)), _TYPED
        else:
            written = write(run, neuron, backend_for(run, asking, encoder), progress, draw)
            by = asking.backend
        judged = scorer.score(neuron, written.labels, progress)
        own = scorer.score(neuron, [match.name for match in matches], progress)
    fits, notes = judged.fits if typed else best_first(judged.fits), (*written.notes, *judged.notes)
    writers = [by] * len(fits) + [_RUN] * len(matches)
    rows = [(fit.label, writer, *fit[1:]) for fit, writer in zip((*fits, *own.fits), writers, strict=True)]
    if as_json:
        labels = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
        texts = {"active": judged.active, "quiet": judged.quiet}
        console.answer({"run": str(run.path), "neuron": str(neuron), **texts, "labels": labels, "notes": notes})
        return
    for note in notes:
        console.warn(f"warning: {note}")
    told = (
        f"Fits to {neuron}, by {judged.active} validation texts at which it is active and {judged.quiet} quiet"
    )
    console.show(told, console.table(_COLUMNS, rows))
