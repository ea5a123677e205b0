"""The command `causal`: pushes neurons at their peaks and says whether the output goes where their labels say."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer

from neurotui.cli import console
from neurotui.cli.context import labels_of
from neurotui.cli.models_extra import model_side
from neurotui.cli.options import Filter, Json, LabelsFile, ModelFolder, RunFile
from neurotui.cli.progress_display import duration, shown_progress
from neurotui.errors import UserError
from neurotui.evaluate.measures import CAUSAL, meaning, title
from neurotui.store.fetch_cache import origin_of
from neurotui.wording import counted, with_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from neurotui.evaluate.bootstrap import Figure
    from neurotui.evaluate.causal import AtDose, Causal

_WITH_INTERVAL = ("stronger", "toward", "among_labels")
# How many neurons the table lists; --json has all.
_SHOWN = 20


def causal(
    run: RunFile,
    filter_: Filter = "",
    sample: Annotated[int, typer.Option("--sample", min=1, help="At most this many neurons, at random.")] = 40,
    describer: Annotated[
        str,
        typer.Option(
            "--describer",
            metavar="NAME|FILE",
            help="Whose labels to test: a describer, a person, or a journal or file of explanations.",
        ),
    ] = "",
    doses: Annotated[
        str, typer.Option("--doses", help="What is added, in standard deviations of the neuron.")
    ] = "0,0.5,2,10",
    others: Annotated[
        int, typer.Option("--others", min=1, help="How many random neurons of the layer to push as well.")
    ] = 100,
    texts: Annotated[int, typer.Option("--texts", min=5, help="At most this many held-out texts a neuron.")] = 16,
    after: Annotated[
        int, typer.Option("--after", min=0, help="How many tokens after the place to read as well.")
    ] = 0,
    model: ModelFolder = "",
    labels: LabelsFile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it takes, and stop.")] = False,
    as_json: Json = False,
) -> None:
    """Push neurons at their peaks, and say whether the output goes where their labels say.

    What people accepted is tested, else what the run says aloud, or with --describer what that one or a file says.
    """
    strengths = _doses(doses)
    with model_side():
        from neurotui.evaluate.causal import CausalJudge
        from neurotui.evaluate.causal_settings import CausalSettings
        from neurotui.exchange.causal_labels import labels_to_test
        from neurotui.store.run import Run

        with Run(run) as opened, shown_progress() as progress:
            chosen, remarks = labels_to_test(opened, labels_of(opened, labels), filter_, sample, describer)
            for remark in remarks:
                console.warn(f"note: {remark}")
            judge = CausalJudge(opened, chosen, CausalSettings(strengths, others, texts, after), model)
            cost = judge.cost()
            if dry_run:
                takes = {"run": origin_of(run), "neurons": len(chosen), **cost._asdict()}
                console.summary(takes, as_json=as_json)
                return
            what = f"{counted(len(chosen), 'neuron')}, {cost.forwards:,} forward passes from the pushed layer up"
            console.warn(f"{what}: about {duration(cost.seconds)}")
            judged = replace(judge.judge(progress), remarks=remarks)
    if as_json:
        console.answer_of(run, asdict(judged))
        return
    console.show(*_shown(judged))


def _doses(written: str) -> tuple[float, ...]:
    try:
        return tuple(float(one) for one in written.split(","))
    except ValueError as error:
        hint = "standard deviations, 0 or more: --doses 0,0.5,2,10"
        raise UserError(f"'{written}' is no list of doses", hint) from error


def _shown(judged: Causal) -> list[RenderableType]:
    from neurotui.evaluate.causal_settings import FEWEST

    if not judged.each:
        few = f"none is active at {FEWEST} or more held-out texts"
        return [f"No neuron was pushed: {few} and has a label that the model has a token of."]
    last = max(judged.doses, key=lambda one: one.gain.value or 0.0)
    rows = [
        (
            f"{one.dose:g}",
            _change(one.change.value),
            *(_told(getattr(one, name)) for name in _WITH_INTERVAL),
        )
        for one in judged.doses
    ]
    best = sorted(judged.each, key=lambda one: -(_at(one.doses, last.dose).among_labels.value or 0.0))
    neurons = []
    for one in best[:_SHOWN]:
        at = _at(one.doses, last.dose)
        told = console.of_side(one.label, one.side)
        neurons.append((one.neuron, told, _change(at.change.value), at.toward.value, at.among_labels.value))
    columns = ("dose", "change", *(title(name) for name in _WITH_INTERVAL))
    of_neurons = ("neuron", "label", "change", "toward", "among labels")
    return [
        *console.folded(*_said(judged)),
        console.table(columns, rows),
        *console.folded(*(_verdict(one) for one in judged.doses if one.dose)),
        console.table(of_neurons, neurons, f"At a dose of {last.dose:g}", wraps="label"),
        *console.folded(*(f"{title(name)}: {meaning(name)}." for name in CAUSAL)),
    ]


def _said(judged: Causal) -> list[str]:
    """Return, in sentences, what was done, and what of it means less than it seems."""
    read = "the distribution over the next token" if judged.causal else "the text's embedding"
    from neurotui.evaluate.causal_settings import FEWEST

    beside = f"beside {judged.others:,} random neurons of the layer each, and {judged.labels:,} labels of others"
    said = [
        f"{counted(judged.neurons, 'neuron')} pushed at held-out peaks, {beside}. What is read is {read}.",
        "Intervals are over neurons.",
    ]
    if judged.without_places or judged.without_label:
        few = f"{judged.without_places:,} active at fewer than {FEWEST} held-out texts"
        said.append(f"Left out: {few}, {judged.without_label:,} with a label that the model has no token of.")
    if judged.causal:
        return [*said, "Toward a label: the tokens at which it holds become more probable as the next one."]
    because = "predicts hidden tokens, not the next one" if judged.head else "has no unembedding"
    said.append(
        f"The model {because}: toward a label is toward the model's own embedding of it, which says something only"
        " where the model was trained to place texts by meaning."
    )
    return said


def _verdict(one: AtDose) -> str:
    """Say whether labels do better than shuffled ones at a dose."""
    gain = one.gain
    low, high = gain.lower or 0.0, gain.upper or 0.0
    does = "do better than" if low > 0 else "do worse than" if high < 0 else "do no better than"
    return (
        f"At {one.dose:g} sd labels {does} shuffled ones: {_told(one.toward)} beside"
        f" {_told(one.shuffled)}, a gain of {_told(gain)}."
    )


def _at(doses: Sequence[AtDose], dose: float) -> AtDose:
    return next(one for one in doses if one.dose == dose)


def _change(value: float | None) -> str:
    return f"{value:.2g}" if value is not None else "\N{EN DASH}"


def _told(figure: Figure) -> str:
    return with_interval(*figure.with_interval) or "\N{EN DASH}"
