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
from neurotui.cli.options import Json, RunFile, listed, one_of
from neurotui.cli.progress_display import shown_progress


@asks_a_backend
def describe(
    run: RunFile,
    backend: Describer = "keywords",
    namer: Annotated[
        str | None,
        typer.Option(
            parser=one_of(NAMERS),
            metavar=listed(NAMERS),
            help="Who names the descriptors; by default smollm2, where it is installed.",
        ),
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

    Replies of language models are kept beside the run: if interrupted, the same command requests only the rest.
    """
    if copy_prompts is not None:
        from neurotui.backends.llm.prompting import write_originals

        written = write_originals(copy_prompts)
        console.summary({"prompts": ", ".join(map(str, written))}, as_json=as_json)
        return
    settings = make_settings(texts_per_request=texts_per_request, concurrency=concurrency)
    with model_side(), shown_progress() as progress:
        from neurotui.describe.pipeline import describe as find
        from neurotui.describe.pipeline import estimate

        if dry_run:
            record = estimate(run, backend, settings, namer=namer)._asdict()
        else:
            record = asdict(find(run, backend, settings, namer=namer, progress=progress, tell=_warning))
    console.summary(record, as_json=as_json)


def _warning(text: str) -> None:
    console.warn(f"warning: {text}")
