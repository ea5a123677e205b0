"""Resume a precompute that was interrupted: keep what its folder of shards has finished, and make what is missing.

The same command reads the texts again, and so knows the manifest: everything that decides what shards hold. Shards
of another manifest are refused; of this one, those that are there, whole and undamaged, are not made again.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from neurotui.errors import UserError
from neurotui.precompute import ray_workers
from neurotui.precompute.manifest import DESCRIPTIVE, READABLE, Manifest
from neurotui.precompute.processes import OUTPUTS, ShardJob, decide, make, make_outputs

if TYPE_CHECKING:
    from neurotui.precompute.folder_lock import FolderLock
    from neurotui.precompute.shards import Folder
    from neurotui.types import Progress


class OtherShardsError(UserError):
    """The folder has shards of other texts, another model or other settings."""


def claim_folder(folder: Folder, manifest: Manifest, lock: FolderLock, *, fresh: bool) -> None:
    """Make the folder one of this manifest: of two that begin at once, the first one's.

    Shards of another are removed if `fresh`, else ``OtherShardsError`` is raised. Raises ``UserError`` if they are
    to be removed while others work with them.
    """
    if fresh and not _is_of(folder, manifest):
        with lock.alone():
            folder.remove_finished()
    if not folder.claim(manifest):
        _refuse_others(folder, manifest)


def _is_of(folder: Folder, manifest: Manifest) -> bool:
    try:
        return folder.manifest().key == manifest.key
    except UserError:  # none, damaged, or another neurotui's
        return False


def _refuse_others(folder: Folder, manifest: Manifest) -> None:
    there = folder.manifest()
    if there.key == manifest.key:
        return
    names = [field.name for field in fields(Manifest) if field.name not in DESCRIPTIVE]
    differing = [name for name in names if getattr(there, name) != getattr(manifest, name)]
    said = dict.fromkeys(READABLE.get(name, name) for name in differing)
    raise OtherShardsError(
        f"the shards in '{folder.path}' were made with another {' and another '.join(said)}",
        f"remove them with: {folder.removal}; or choose another folder with --shards",
    )


def make_missing(
    job: ShardJob, folder: Folder, workers: int, part: tuple[int, int] | None, progress: Progress, ray: str = ""
) -> None:
    """Make what is not there, whole and right, in processes here or on the Ray at `ray`.

    That is the shards of this `part`, as in ``precompute``, and with the first part what neurons promote and
    suppress: one worker's work like a shard. Stages: running the model (texts), beginning at what is there, and
    reading output weights (layers) where this process does it itself.
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
    # It takes as long as many a shard, and so comes first.
    shared = outputs and bool(missing) and (count > 1 or bool(ray))
    if shared:
        missing.insert(0, OUTPUTS)
    if missing and ray:
        ray_workers.make(job, missing, workers, advance, ray)
    elif missing:
        make(job, missing, count, advance)
    if outputs and not shared:
        make_outputs(job, progress)
