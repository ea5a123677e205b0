"""Resume a precompute that was interrupted: keep what its folder of shards has finished, and make what is missing.

The same command reads the texts again, and so knows the manifest: everything that decides what shards hold. Shards
of another manifest are refused; of this one, those that are there, whole and undamaged, are not made again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from neurotui.errors import UserError
from neurotui.models.dtype import SAID_DTYPE
from neurotui.precompute import ray_workers
from neurotui.precompute.manifest import DESCRIPTIVE, READABLE, Manifest
from neurotui.precompute.mending import removal
from neurotui.precompute.processes import OUTPUTS, ShardJob, decide, make, make_outputs

if TYPE_CHECKING:
    from neurotui.precompute.folder_lock import FolderLock
    from neurotui.precompute.processes import Workers
    from neurotui.precompute.shards import Folder
    from neurotui.types import Progress


# What is taken in the place of products that change too much.
_EXACT_OF = {SAID_DTYPE["auto"]: SAID_DTYPE["float32"]}


class OtherShardsError(UserError):
    """The folder has shards of other texts, another model or other settings."""


def claim_folder(
    folder: Folder, asked: Manifest, lock: FolderLock, checked: Callable[[Manifest], Manifest], *, fresh: bool
) -> Manifest:
    """Make the folder one of this manifest, and return it: of two that begin at once, the first one's.

    `checked` returns a manifest with the dtype that a check leaves of the one that was asked for. Whoever comes to
    a folder for which that was settled follows, whatever its own machine would say. Shards of another manifest
    are removed if `fresh`, else ``OtherShardsError`` is raised. Raises ``UserError`` if they are to be removed
    while others work with them.
    """
    there = _manifest_of(folder)
    if there and not fresh and replace(asked, dtype=there.dtype).key != there.key:
        _refuse_others(folder, there, asked)
    manifest = _followed(there, asked) or checked(asked)
    if fresh and (there is None or there.key != manifest.key):
        with lock.alone():
            folder.remove_finished()
    if folder.claim(manifest):
        return manifest
    there = folder.manifest()
    if there.key == manifest.key:
        return manifest
    if not (followed := _followed(there, asked)):
        _refuse_others(folder, there, manifest)
    return followed


def _manifest_of(folder: Folder) -> Manifest | None:
    try:
        return folder.manifest()
    except UserError:  # none, damaged, or another neurotui's
        return None


def _followed(there: Manifest | None, asked: Manifest) -> Manifest | None:
    """Return the manifest with the dtype that was checked for the folder before, if it may be."""
    if there is None or not _may_be_followed(there, asked):
        return None
    manifest = replace(asked, dtype=there.dtype, dtype_check=there.dtype_check)
    return manifest if manifest.key == there.key else None


def _may_be_followed(there: Manifest, asked: Manifest) -> bool:
    """Return whether the dtype of a folder is what a check there made of the one that is asked for."""
    return bool(there.dtype_check) and there.dtype in {asked.dtype, _EXACT_OF.get(asked.dtype)}


def _refuse_others(folder: Folder, there: Manifest, manifest: Manifest) -> NoReturn:
    names = [field.name for field in fields(Manifest) if field.name not in DESCRIPTIVE]
    differing = [name for name in names if getattr(there, name) != getattr(manifest, name)]
    if _may_be_followed(there, manifest):
        differing = [name for name in differing if name != "dtype"]
    said = dict.fromkeys(READABLE.get(name, name) for name in differing)
    raise OtherShardsError(
        f"the shards in '{folder.path}' were made with another {' and another '.join(said)}",
        f"remove them with: {removal(folder.path)}; or choose another folder with --shards",
    )


def make_missing(
    job: ShardJob,
    folder: Folder,
    workers: int,
    part: tuple[int, int] | None,
    progress: Progress,
    ray: str = "",
    started: Workers | None = None,
) -> None:
    """Make what is not there, whole and right, in processes here or on the Ray at `ray`.

    That is the shards of this `part`, as in ``precompute``, and with the first part what neurons promote and
    suppress: one worker's work like a shard. Stages: running the model (texts), beginning at what is there, and
    reading output weights (layers) where this process does it itself. Processes that were `started` are used.
    """
    manifest = job.manifest
    first, step = (part[0] - 1, part[1]) if part else (0, 1)
    numbers = range(first, manifest.shards, step)
    sizes = {
        number: min(manifest.shard_texts, manifest.texts - number * manifest.shard_texts) for number in numbers
    }
    missing = [number for number in numbers if not folder.has_shard(number, manifest.key)]
    total = sum(sizes.values())
    done = total - sum(sizes[number] for number in missing)
    progress("running the model", done, total)

    def advance(texts: int) -> None:
        nonlocal done
        done += texts
        progress("running the model", done, total)

    outputs = first == 0 and folder.outputs(manifest.key) is None
    count = decide(workers, len(missing), manifest.device)
    missing = _longest_first(missing, folder, manifest)
    # It takes as long as many a shard, and so comes first.
    shared = outputs and bool(missing) and (count > 1 or bool(ray))
    if shared:
        missing.insert(0, OUTPUTS)
    if missing and ray:
        ray_workers.make(job, missing, workers, advance, ray)
    elif missing:
        make(job, missing, count, advance, started)
    if outputs and not shared:
        make_outputs(job, progress)


def _longest_first(shards: list[int], folder: Folder, manifest: Manifest) -> list[int]:
    """Order shards by their tokens, most first: workers then end together, and good exemplars are known early."""
    lengths = [block["tokens"].value_lengths().to_numpy() for block in folder.texts()]
    ends = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
    size = manifest.shard_texts
    return sorted(shards, key=lambda number: ends[number * size] - ends[min((number + 1) * size, manifest.texts)])
