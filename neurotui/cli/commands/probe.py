"""The command `probe`: runs a run's model on any text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from neurotui.cli import console
from neurotui.cli.context import labels_of
from neurotui.cli.models_extra import model_side
from neurotui.cli.options import Json, LabelsFile, ModelFolder, RunFile
from neurotui.errors import UserError
from neurotui.probing.questions import Where
from neurotui.probing.sentences import bare, beside_others, compared, condition, diverged
from neurotui.review.description import description_of
from neurotui.types import Neuron

if TYPE_CHECKING:
    from collections.abc import Callable

    from neurotui.probing.questions import Firing, Prediction, Probed, Response, Silenced
    from neurotui.review.description import Description
    from neurotui.store.labels import Labels
    from neurotui.store.run import Run

    Says = Callable[[Neuron], Description]

# The most neurons listed for each token; --json has all of them.
_A_TOKEN = 3


def probe(
    run: RunFile,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Any text, quoted.")],
    neuron: Annotated[str, typer.Option("--neuron", help="A neuron to look at closely, as in L3.797.")] = "",
    top: Annotated[int, typer.Option("--top", min=1, max=1000, help="How many neurons, and how many words.")] = 10,
    at: Annotated[str, typer.Option("--at", help="Change it where it peaks (peak), or at all tokens.")] = "peak",
    scale: Annotated[
        float, typer.Option("--scale", help="Times its activation: 0 silences it, 2 or 5 amplify it.")
    ] = 0.0,
    model: ModelFolder = "",
    labels: LabelsFile = None,
    as_json: Json = False,
) -> None:
    """Say which neurons fire on your own words, and what one of them does there.

    With a neuron: its trace, how that compares with the run's texts, what the model would say without it, and
    how much of that random neurons of its layer would do.
    """
    if at not in get_args(Where):
        raise UserError(f"'{at}' is no place", f"choose one of: {', '.join(get_args(Where))}")
    if not math.isfinite(scale):
        raise UserError(f"'{scale}' is no scale", "0 silences the neuron, 2 doubles its activation")
    chosen = Neuron.parse(neuron) if neuron else None
    with model_side():
        from neurotui.probing.probe import Prober
        from neurotui.probing.questions import Probe, Silence
        from neurotui.store.run import Run

        with Run(run) as opened:
            says = _says(opened, labels_of(opened, labels))
            prober = Prober(opened, model)
            probed = prober.probe(Probe(text, chosen, top))
            asked = Silence(text, chosen, top, at=cast("Where", at), scale=scale) if chosen else None
            silenced = prober.silence(asked) if asked else None
    if as_json:
        console.answer_of(run, _record(probed, silenced, says))
        return
    if probed.cut:
        console.warn(f"warning: the model reads {len(probed.tokens)} tokens; the rest of the text is left out")
    _show_firing(probed, says)
    if probed.response is not None and silenced is not None:
        _show_response(probed, probed.response)
        _show_silenced(probed, silenced)


def _says(run: Run, labels: Labels) -> Says:
    """Return a function that returns a neuron's description."""
    overview = run.overview()

    def says(neuron: Neuron) -> Description:
        here = (overview.layer == neuron.layer) & (overview.unit == neuron.unit)
        return description_of(overview, labels, int(here.argmax()))

    return says


def _record(probed: Probed, silenced: Silenced | None, says: Says) -> dict[str, object]:
    """Return the results for ``--json``, with neurons by name."""

    def fired(firing: Firing) -> dict[str, object]:
        return {**firing._asdict(), "neuron": str(firing.neuron), **says(firing.neuron).record()}

    def named(answer: Response | Silenced) -> dict[str, object]:
        others = getattr(answer, "others", None)
        more = {"others": others._asdict()} if others else {}
        return {**answer._asdict(), "neuron": str(answer.neuron), **more}

    return {
        "text": probed.text,
        "cut": probed.cut,
        "tokens": [
            {**token._asdict(), "neurons": [fired(one) for one in firing]}
            for token, firing in zip(probed.tokens, probed.at, strict=True)
        ],
        "overall": [fired(one) for one in probed.overall],
        "response": named(probed.response) if probed.response else None,
        "silenced": named(silenced) if silenced else None,
    }


def _show_firing(probed: Probed, says: Says) -> None:
    columns = ("token", "neuron", "z", "activation", "what is said of it")

    def row(firing: Firing, token: str) -> tuple[console.Value, ...]:
        return token, str(firing.neuron), firing.z, firing.activation, says(firing.neuron).told

    rows = [
        row(firing, "" if place else bare(token.piece))
        for token, firing_there in zip(probed.tokens, probed.at, strict=True)
        for place, firing in enumerate(firing_there[:_A_TOKEN])
    ]
    overall = [row(firing, bare(probed.tokens[firing.position].piece)) for firing in probed.overall]
    console.show(
        console.table(columns, rows, "What fires most unusually, token by token"),
        console.table(columns, overall, "What fires most unusually over the text"),
    )


def _show_response(probed: Probed, response: Response) -> None:
    rows = [
        (bare(token.piece), activation, "peak" if place == response.peak else "")
        for place, (token, activation) in enumerate(zip(probed.tokens, response.trace, strict=True))
        if token.counts
    ]
    console.show(console.table(("token", "activation", ""), rows, f"{response.neuron} on the text"))
    console.show(*compared(response))


def _show_silenced(probed: Probed, silenced: Silenced) -> None:
    console.show("", diverged(probed, silenced), beside_others(silenced))
    without = condition(silenced)
    columns = ("token", "probability", without, "change in nats")
    for title, said in (
        ("most probable", silenced.before),
        (f"most probable {without}", silenced.after),
        (f"rises {without}", silenced.rises),
        (f"falls {without}", silenced.falls),
    ):
        if said:
            console.show(console.table(columns, [_changed(one) for one in said], title))


def _changed(said: Prediction) -> tuple[console.Value, ...]:
    return bare(said.piece), math.exp(said.before), math.exp(said.after), said.after - said.before
