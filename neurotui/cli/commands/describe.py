"""The command `describe`: finds descriptors and matches them to neurons."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from neurotui.backends.namer_registry import NAMERS
from neurotui.backends.settings import BackendSettings
from neurotui.cli import console
from neurotui.cli.backend_options import Describer, DryRun, MakeSettings, asks_a_backend
from neurotui.cli.models_extra import model_side
from neurotui.cli.options import ChangedRunFile, Json, listed, one_of
from neurotui.cli.progress_display import shown_progress
from neurotui.errors import UserError
from neurotui.models.packaged_models import SMOLLM2
from neurotui.store.describers import describer_name
from neurotui.store.fetch_cache import origin_of


@asks_a_backend
def describe(
    run: ChangedRunFile,
    backend: Describer = "keywords",
    namer: Annotated[
        str | None,
        typer.Option(
            parser=one_of(NAMERS),
            metavar=listed(NAMERS),
            help=f"Who names the descriptors; by default {SMOLLM2.name}, where it is installed.",
        ),
    ] = None,
    as_: Annotated[
        str | None,
        typer.Option("--as", metavar="NAME", help="Keep what is found under a name, beside the run's own."),
    ] = None,
    forget: Annotated[
        str | None, typer.Option(metavar="NAME", help="Take out what is kept under a name, and ask nothing.")
    ] = None,
    make_settings: MakeSettings = BackendSettings,
    texts_per_request: Annotated[int, typer.Option(help="How many texts go into one request.")] = 8,
    concurrency: Annotated[int, typer.Option(help="How many requests are under way at once.")] = 4,
    copy_prompts: Annotated[
        Path | None, typer.Option(help="Copy the prompts to this folder, to edit, and ask nothing.")
    ] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Find descriptors in a run's texts and tie them to neurons.

    The run's own descriptors are replaced; with --as, they stay, and a second describer stands beside them.
    Replies of language models are kept beside the run: if interrupted, the same command requests only the rest.
    """
    if forget is not None:
        _forget(run, forget, alone=as_ is None and namer is None and not dry_run, as_json=as_json)
        return
    if copy_prompts is not None:
        from neurotui.backends.llm.prompt_wording import write_originals

        written = write_originals(copy_prompts)
        console.summary({"prompts": ", ".join(map(str, written))}, as_json=as_json)
        return
    named = "" if as_ is None else describer_name(as_)
    settings = make_settings(texts_per_request=texts_per_request, concurrency=concurrency)
    with model_side(), shown_progress() as progress:
        from neurotui.describe.pipeline import describe as find
        from neurotui.describe.pipeline import estimate

        if dry_run:
            record = estimate(run, backend, settings, namer=namer, as_=named)._asdict()
        else:
            found = find(run, backend, settings, namer=namer, as_=named, progress=progress, tell=_warning)
            record = asdict(found)
    # The run's own describer has no name.
    console.summary({key: value for key, value in record.items() if as_json or value != ""}, as_json=as_json)


def _forget(run: Path, name: str, *, alone: bool, as_json: bool) -> None:
    """Take a describer out of a run; `alone` tells that nothing else was asked for."""
    if not alone:
        raise UserError("--forget describes nothing", "leave --as, --namer and --dry-run out")
    with model_side():
        from neurotui.describe.side_by_side import forget
    forgotten = forget(run, name)
    left = ", ".join(forgotten.describers) or "none"
    record = {"run": origin_of(run), "forgotten": forgotten.forgotten, "describers": left}
    if as_json:
        console.answer(asdict(forgotten))
    else:
        console.summary(record, as_json=False)


def _warning(text: str) -> None:
    console.warn(f"warning: {text}")
