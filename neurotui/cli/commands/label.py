"""The command `label`: writes and scores labels for one neuron."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated

import typer

from neurotui.backends.namer_registry import server_asked
from neurotui.backends.registry import spec_of
from neurotui.backends.settings import BackendSettings
from neurotui.cell_widths import cell_len, set_cell_size
from neurotui.cli import console
from neurotui.cli.backend_options import DryRun, MakeSettings, Writer, asks_a_backend
from neurotui.cli.models_extra import model_side
from neurotui.cli.options import Json, NeuronName, RunFile
from neurotui.cli.progress_display import shown_progress
from neurotui.errors import UserError
from neurotui.labelling.types import LabelBackend, Written, best_first
from neurotui.models.load_encoder import load_encoder
from neurotui.sanitize import visible
from neurotui.types import Neuron

if TYPE_CHECKING:
    from neurotui.labelling.types import AurocInterval, Fit
    from neurotui.store.run import Run
    from neurotui.types import Side

_TYPED, _RUN = "you", "run"
# How many of the run's own labels are listed, and how many cells a label and its author share.
_OWN, _NAMED = 5, 27
# Who wrote a label (by): a person, a backend now, or what described the run.
_COLUMNS = ("label", "by", "topic, 95 %", "word, 95 %", "r")


@asks_a_backend
def label(
    run: RunFile,
    neuron: NeuronName,
    labels: Annotated[
        list[str] | None,
        typer.Argument(metavar="[LABEL]...", help="Labels to score; without any, one is written."),
    ] = None,
    backend: Writer = "keywords",
    make_settings: MakeSettings = BackendSettings,
    draw: Annotated[
        int,
        typer.Option("--draw", min=0, help="Which draw of the neuron's texts is shown; each is asked once."),
    ] = 0,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Score labels of a neuron, as topics and as words, on texts that no backend was shown.

    As a topic, a label's fit is the AUROC with which its likeness to a text tells validation texts at which the
    neuron is active from those at which it is quiet. As a word, it is the AUROC of the activation between the
    validation tokens that the label names and all others: away, "away", -ish, a comma, a number, after wall.
    The neuron's own descriptors stand beside it.
    """
    chosen = Neuron.parse(neuron)
    if labels and dry_run:
        raise UserError("to score labels costs nothing", "leave out --dry-run, or the labels")
    settings = make_settings()
    with model_side():
        from neurotui.store.run import Run

        with Run(run) as opened:
            asking = LabelBackend(backend, settings)
            if dry_run:
                _show_price(opened, chosen, asking, draw, as_json=as_json)
            else:
                _label(opened, chosen, labels or [], asking, draw, as_json=as_json)


def _show_price(run: Run, neuron: Neuron, asking: LabelBackend, draw: int, *, as_json: bool) -> None:
    from neurotui.labelling.generate import price

    said = price(run, neuron, asking, draw)
    console.summary({"neuron": str(neuron), **said._asdict()}, as_json=as_json)


def _label(run: Run, neuron: Neuron, typed: list[str], asking: LabelBackend, draw: int, *, as_json: bool) -> None:
    from neurotui.labelling.generate import backend_for, write
    from neurotui.labelling.topic_fit import Scorer

    matches = run.detail(run.number_of(neuron)).matches
    scorer = Scorer(run, _encoder)
    with shown_progress() as progress:
        if typed:
            written, by = Written(tuple(typed)), _TYPED
            # A typed label is about the side of the run's first match.
            side = matches[0].side if matches else 1
        else:
            reads = _encoder() if spec_of(asking.backend).needs_encoder else None
            written = write(run, neuron, backend_for(run, asking, reads), progress, draw)
            by, side = asking.backend, 1
        judged = scorer.score(neuron, written.labels, progress, [side] * len(written.labels))
        own = scorer.score(neuron, [match.name for match in matches], progress, [match.side for match in matches])
    fits, notes = judged.fits if typed else best_first(judged.fits), (*written.notes, *judged.notes)
    rows = [*((fit, by, side) for fit in fits)]
    rows += [(fit, _RUN, match.side) for fit, match in zip(own.fits, matches, strict=True)]
    server = server_asked(asking.settings, None if typed else by) or "none"
    if as_json:
        texts = {"server": server, "active": judged.active, "quiet": judged.quiet, "notes": notes}
        labels = [_record(*row) for row in rows]
        console.answer_of(run.path, {"neuron": str(neuron), "labels": labels, **texts})
        return
    for note in notes:
        console.warn(f"warning: {note}")
    told = (
        f"Fits to {neuron}: as a topic by {judged.active} validation texts at which it is active and "
        f"{judged.quiet} quiet, as a word by validation tokens"
    )
    if server != "none":
        told = f"Labels by {server}. {told}"
    read = [f"{fit.label}: {fit.in_words}" for fit in fits if fit.reading]
    more = len(own.fits) - _OWN
    shown = rows[: len(fits) + _OWN]
    room = _NAMED - max(len(by) for _, by, _ in shown)
    cells = [_cells(fit, by, room) for fit, by, _ in shown]
    rest = [f"{more} more of the run's own with --json"] if more > 0 else []
    console.show(*console.folded(told), console.table(_COLUMNS, cells), *rest, *console.folded(*read))


_encoder = cache(load_encoder)


def _record(fit: Fit, by: str, side: Side) -> dict[str, object]:
    """Return a label's fit as a JSON object."""
    topic, word = fit.topic, fit.word
    return {
        "label": fit.label,
        "by": by,
        "side": side,
        "fit": topic.auroc,
        "fit_lower": topic.lower,
        "fit_upper": topic.upper,
        "token_fit": word.auroc,
        "token_fit_lower": word.lower,
        "token_fit_upper": word.upper,
        "correlation": fit.correlation,
        "understood": fit.understood,
        "missing": fit.missing,
        "note": fit.note,
    }


def _cells(fit: Fit, by: str, room: int) -> tuple[str | float | None, ...]:
    """Return a label's fit as a row of the table; a label that does not fit the room is cut."""
    name = visible(fit.label)
    if cell_len(name) > room:
        name = set_cell_size(name, room - 1) + "…"
    return name, by, _measured(fit.topic), _measured(fit.word), fit.correlation


def _measured(measure: AurocInterval) -> str | None:
    if not measure.figures:
        return None
    return f"{measure.auroc:.3f} {measure.lower:.2f}-{measure.upper:.2f}"
