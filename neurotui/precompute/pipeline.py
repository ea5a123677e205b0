"""From texts to a run: read the texts, make the shards that are missing (``resume.py``), merge."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace as changed
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import transformers

from neurotui.errors import UserError
from neurotui.models import activations as models
from neurotui.models.dtype import SAID_DTYPE, dtype_said
from neurotui.models.locate_model import locate
from neurotui.models.token_pieces import vocabulary
from neurotui.models.tokenizer import load_tokenizer, most_tokens, tokenizer_hash
from neurotui.models.weights import weights_hash
from neurotui.precompute import dtype_check
from neurotui.precompute.corpus import documents, files, mended
from neurotui.precompute.folder_hashes import hashes
from neurotui.precompute.folder_lock import working_in
from neurotui.precompute.manifest import Manifest
from neurotui.precompute.merge import merge
from neurotui.precompute.processes import ShardJob, Workers, decide
from neurotui.precompute.resume import claim_folder, make_missing
from neurotui.precompute.settings import PrecomputeSettings, PrecomputeSummary
from neurotui.precompute.shards import TEXTS, Folder
from neurotui.precompute.texts import draw_texts, select, write_texts
from neurotui.precompute.token_sample import draw
from neurotui.store.atomic import refuse_overwriting
from neurotui.store.urls import without_query
from neurotui.store.writer import claimed

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from neurotui.precompute.folder_lock import FolderLock
    from neurotui.types import Progress

# Texts of a shard take more than that in nearly all files.
_LEAST_SHARD_BYTES = 100_000

__all__ = ["PrecomputeSettings", "PrecomputeSummary", "merge", "precompute"]


def precompute(
    sources: Sequence[str],
    output: Path,
    settings: PrecomputeSettings,
    *,
    progress: Progress,
    replace: bool = False,
    shards: Path | None = None,
    part: tuple[int, int] | None = None,
    ray: str = "",
) -> PrecomputeSummary | None:
    """Run a model over texts and swap the run in at `output`; finished shards of an earlier try are kept.

    `sources` are paths, URLs and globs. `shards` is the folder for the shards; by default it stands beside the
    output and is removed at the end. With `part` (i, n), counted from 1, only every n-th shard is made, nothing is
    merged, and None is returned. With `ray`, the address of a cluster or ``local``, Ray makes them. Whoever
    comes second to a folder or an output that another command is making is refused, but parts work together.
    Stages: fetching (kB), reading texts, checking the dtype (texts), running the model (texts), reading output
    weights (layers), checking shards, merging (neurons).
    Raises ``UserError`` for whatever the user can fix.
    """
    started = time.monotonic()
    _refuse_part(part)
    refuse_overwriting(output, replace=replace or part is not None)
    paths = files(sources, progress)
    refuse_overwriting(output, replace=True, needed=paths)
    folder = Folder(shards or output.with_name(output.name + ".shards"))
    with ExitStack() as held:
        claim = held.enter_context(claimed(output)) if part is None else None
        held.enter_context(folder.not_left_empty())
        folder.prepare(ours=shards is None)
        lock = held.enter_context(working_in(folder.path, together=part is not None))
        location = locate(settings.model)
        with Workers() as workers:
            if (count := _likely_workers(paths, settings, part)) > 1 and not ray:
                workers.start(count, location, settings.hook)
            job = _lay_down(location, paths, sources, folder, settings, lock, progress=progress)
            make_missing(job, folder, settings.workers, part, progress, ray, workers)
        if part is not None:
            return None
        summary = merge(folder.path, output, progress=progress, replace=replace, claim=claim)
        if shards is None:
            folder.clear()
        else:
            folder.sweep()
    return changed(summary, seconds=round(time.monotonic() - started, 1))


def _lay_down(
    location: Path,
    paths: Sequence[Path],
    sources: Sequence[str],
    folder: Folder,
    settings: PrecomputeSettings,
    lock: FolderLock,
    *,
    progress: Progress,
) -> ShardJob:
    """Read the texts into the folder, with all that a worker or a merge needs beside the model."""
    blueprint = models.blueprint(location, settings.hook)
    layers = models.sizes(blueprint.units, settings.layers)
    tokenizer = load_tokenizer(location)
    hashed = tokenizer_hash(tokenizer)
    device = _device(settings)
    settings = _within(settings, blueprint, tokenizer)
    with folder.whole(TEXTS) as file:
        texts = write_texts(documents(paths, settings), tokenizer, settings, file, progress=progress)
        selection = select(texts.hashes, texts.document)
        asked = Manifest(
            weights=weights_hash(location),
            tokenizer=hashed,
            texts_hash=texts.digest,
            layers={str(layer): count for layer, count in layers.items()},
            max_tokens=settings.max_tokens,
            pooling=settings.pool,
            dtype=SAID_DTYPE[settings.dtype],
            device=device,
            exemplars=settings.exemplars,
            token_sample=settings.token_sample,
            seed=settings.seed,
            torch=torch.__version__,
            transformers=transformers.__version__,
            texts=len(texts.hashes),
            texts_calibration=texts.calibration,
            texts_left_out=texts.left_out,
            texts_cut=texts.cut,
            tokens=texts.tokens,
            window=settings.window,
            stride=settings.stride,
            overlap=_room(settings.window, tokenizer) - settings.stride if settings.window else 0,
            documents=texts.documents,
            model=mended(settings.model),
            model_type=blueprint.config.model_type,
            activation_rule=f"the input of '{blueprint.hook}'" if blueprint.hook else models.RULE,
            hook=blueprint.hook,
            texts_path=mended(", ".join(map(without_query, sources))),
        )

        def checked(asked: Manifest) -> Manifest:
            if settings.dtype == "float32":
                return asked
            chosen = draw_texts(texts.hashes, texts.document, dtype_check.how_many(len(texts.hashes)))
            found = dtype_check.check(
                location,
                dtype_check.read_texts(file, chosen),
                asked.units,
                settings.dtype,
                device=asked.device,
                hook=asked.hook,
                progress=progress,
            )
            return changed(asked, dtype=SAID_DTYPE[found.chosen], dtype_check=found.meta)

        manifest = claim_folder(folder, asked, lock, checked, fresh=settings.fresh)
    folder.write_selection(selection)
    folder.write_sample(draw(folder.texts(), selection, texts.hashes, settings.token_sample))
    folder.write_vocabulary(vocabulary(tokenizer))
    folder.write_manifest(changed(manifest, files=hashes(folder.path)))
    return ShardJob(location, folder.path, manifest, dtype_said(manifest.dtype))


def _within(
    settings: PrecomputeSettings, blueprint: models.Blueprint, tokenizer: PreTrainedTokenizerFast
) -> PrecomputeSettings:
    """Return the settings with texts that the model can read, and nothing left out between windows."""
    most = most_tokens(blueprint, tokenizer, settings.window or settings.max_tokens)
    if not settings.window:
        return changed(settings, max_tokens=most)
    room = _room(most, tokenizer)
    return changed(settings, max_tokens=most, window=most, stride=min(settings.stride or room, room))


def _room(window: int, tokenizer: PreTrainedTokenizerFast) -> int:
    """Return how many tokens of a text a window has, beside special ones."""
    return window - tokenizer.num_special_tokens_to_add()


def _likely_workers(paths: Sequence[Path], settings: PrecomputeSettings, part: tuple[int, int] | None) -> int:
    """Return how many processes will make the shards, as far as the files' sizes tell."""
    shards = sum(path.stat().st_size for path in paths) // _LEAST_SHARD_BYTES // (part[1] if part else 1)
    return decide(settings.workers, shards, _device(settings))


def _refuse_part(part: tuple[int, int] | None) -> None:
    if part is not None and not 1 <= part[0] <= part[1]:
        raise UserError(f"there is no part {part[0]} of {part[1]}", "parts are counted from 1, as in 1/4")


def _device(settings: PrecomputeSettings) -> str:
    if settings.device == "cuda" and not torch.cuda.is_available():
        raise UserError("there is no CUDA device that torch can use", "leave out --device, or take --device cpu")
    if settings.device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return settings.device
