"""The command `precompute`: runs a model over texts."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from neurotui.cli import console
from neurotui.cli.models_extra import model_side
from neurotui.cli.options import (
    Force,
    Json,
    OutputOption,
    listed,
    new_folder,
    one_of,
)
from neurotui.cli.progress_display import shown_progress
from neurotui.cli.slurm_script import script
from neurotui.cli.truncation_report import summary_of
from neurotui.errors import UserError
from neurotui.models.dtype import Dtype
from neurotui.models.packaged_models import PACKAGED_MODELS
from neurotui.pooling import POOLINGS
from neurotui.precompute.file_types import listed_names
from neurotui.precompute.settings import PrecomputeSettings
from neurotui.types import Device

_POOLINGS = tuple(POOLINGS)
_USUAL = PrecomputeSettings()
_MODEL = next(iter(PACKAGED_MODELS))
_MOST_LAYERS, _MOST_TASKS = 10_000, 1_000
# What the tasks are given by the script itself.
_OF_THE_SCRIPT = {"output", "workers", "shards", "shard", "print_slurm", "ray", "fresh", "force", "as_json"}


def precompute(
    context: typer.Context,
    texts: Annotated[
        list[str], typer.Argument(metavar="TEXTS...", help=f"{listed_names()} files, globs, or URLs.")
    ],
    output: OutputOption,
    model: Annotated[
        str,
        typer.Option(
            "--model", help=f"A folder, a name on the hub, or a packaged one: {', '.join(PACKAGED_MODELS)}."
        ),
    ] = _MODEL,
    text_field: Annotated[
        list[str], typer.Option(help="The field that holds the text; given again, they are joined.")
    ] = ["text"],
    id_field: Annotated[str | None, typer.Option(help="The field that names a text.")] = None,
    gold_field: Annotated[
        list[str], typer.Option(help="A field with a text's gold label or labels; may be given again.")
    ] = [],
    layers: Annotated[str | None, typer.Option(help="Layers from 0, as in 0,4-5; by default all.")] = None,
    hook: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="The modules that neurons enter, * for the layer: 'h.*.mlp.c_proj'; else found."
        ),
    ] = "",
    max_tokens: Annotated[int, typer.Option(help="Where a text is cut.")] = _USUAL.max_tokens,
    window: Annotated[
        int, typer.Option(help="Divide texts into windows of so many tokens; 0 cuts them.")
    ] = _USUAL.window,
    stride: Annotated[
        int, typer.Option(help="Tokens from one window to the next; 0: no overlap.")
    ] = _USUAL.stride,
    pool: Annotated[
        str,
        typer.Option(parser=one_of(_POOLINGS), metavar=listed(_POOLINGS), help="How a trace becomes one number."),
    ] = _USUAL.pool,
    dtype: Annotated[
        Dtype, typer.Option(help="auto: float32, products as quick as a check allows.")
    ] = _USUAL.dtype,
    device: Annotated[Device, typer.Option(help="Where the model runs.")] = _USUAL.device,
    exemplars: Annotated[int, typer.Option(help="How many top exemplars a neuron keeps.")] = _USUAL.exemplars,
    token_sample: Annotated[
        int, typer.Option(help="At how many tokens every neuron's activation is kept: one byte each.")
    ] = _USUAL.token_sample,
    seed: Annotated[int, typer.Option(help="Decides the splits and the random exemplars.")] = _USUAL.seed,
    workers: Annotated[int, typer.Option(help="Processes; 0 leaves it to the machine.")] = _USUAL.workers,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Make the I-th of N parts of the shards, then stop.")
    ] = None,
    ray: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Make the shards on a Ray cluster, or on one of its own: local.")
    ] = "",
    print_slurm: Annotated[
        int,
        typer.Option(
            metavar="TASKS",
            show_default=False,
            help="Print a script that does it in so many tasks of Slurm, and stop.",
        ),
    ] = 0,
    shards: Annotated[
        Path | None,
        typer.Option(parser=new_folder, metavar="<path>", help="The folder for shards, to keep or to share."),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Remove shards of other settings that are there.")
    ] = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Run a model over texts and write the run.

    If it is interrupted, the same command resumes where it stopped.
    """
    part = _part(shard, shards)
    if print_slurm:
        shards = shards or output.with_name(f"{output.name}.shards")
        tasks, cuda = _tasks(print_slurm), device == "cuda"
        given = [*texts, *_given(context)]
        typer.echo(
            script(given, output, shards, tasks=tasks, workers=workers or 1, cuda=cuda, force=force), nl=False
        )
        return
    with model_side(), shown_progress() as progress:
        from neurotui.precompute.pipeline import precompute as make
        from neurotui.precompute.resume import OtherShardsError
        from neurotui.precompute.settings import PrecomputeSettings as Choices

        settings = Choices(
            model=model,
            text_fields=tuple(text_field),
            id_field=id_field,
            gold_fields=tuple(gold_field),
            layers=_layers(layers),
            hook=hook,
            max_tokens=max_tokens,
            window=window,
            stride=stride,
            pool=pool,
            dtype=dtype,
            device=device,
            exemplars=exemplars,
            token_sample=token_sample,
            seed=seed,
            workers=workers,
            fresh=fresh,
        )
        try:
            made = make(
                texts,
                output,
                settings,
                progress=progress,
                replace=force,
                shards=shards,
                part=part,
                ray=ray,
            )
        except OtherShardsError as refusal:
            again = shlex.join(["neurotui", "precompute", "--fresh", *(context.obj or sys.argv[1:])[1:]])
            hint = f"remove them and begin anew with: {again}; or choose another folder with --shards"
            raise UserError(refusal.message, hint) from refusal
    if made:
        console.summary(summary_of(made, as_json=as_json), as_json=as_json)
    else:
        console.summary({"shards": str(shards), "part": shard}, as_json=as_json)


def _given(context: typer.Context) -> list[str]:
    """Return the options that were given and decide what is in a run, as they are typed."""
    words: list[str] = []
    for one in context.command.params:
        name = one.name or ""
        source = context.get_parameter_source(name)
        given = source is not None and source.name == "COMMANDLINE"
        if given and one.opts[0].startswith("-") and name not in _OF_THE_SCRIPT:
            value = context.params[name]
            for single in value if isinstance(value, list | tuple) else [value]:
                words += [max(one.opts, key=len), str(single)]
    return words


def _tasks(said: int) -> int:
    if not 1 <= said <= _MOST_TASKS:
        raise UserError(f"'{said}' is no number of tasks", f"choose one from 1 to {_MOST_TASKS}")
    return said


def _layers(said: str | None) -> tuple[int, ...] | None:
    """Parse layers such as ``0,4-5``."""
    if said is None:
        return None
    chosen: list[int] = []
    for part in said.split(","):
        found = re.fullmatch(r"\s*(\d{1,5})(?:-(\d{1,5}))?\s*", part, re.ASCII)
        if not found or int(found[2] or found[1]) > _MOST_LAYERS:
            raise UserError(f"'{said}' does not name layers", "write them from 0, as in 0,4-5")
        chosen.extend(range(int(found[1]), int(found[2] or found[1]) + 1))
    return tuple(sorted(set(chosen)))


def _part(said: str | None, shards: Path | None) -> tuple[int, int] | None:
    """Parse a part of the shards such as ``2/8``."""
    if said is None:
        return None
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", said, re.ASCII)
    if not found:
        raise UserError(f"'{said}' is not a part", "write which of how many, as in --shard 2/8")
    if shards is None:
        raise UserError("the parts of a precompute need one folder to meet in", "name it with --shards DIR")
    return int(found[1]), int(found[2])
