"""How a folder of shards with damage is mended: on a disk by the precompute, at a URL on a copy of the folder."""

from __future__ import annotations

from pathlib import Path
from shlex import join, quote
from typing import TYPE_CHECKING

from neurotui.store.fetch_cache import if_fetched_again, origin_of
from neurotui.store.url_refusals import copy_folder_command
from neurotui.store.urls import is_url, last_name

if TYPE_CHECKING:
    from collections.abc import Sequence


def made_again(folder: Path, files: Sequence[str], does: str, *, removed: bool = False) -> str:
    """Say how the precompute mends these files, which are damaged or missing; `does` says what it does to them.

    `removed`: it wants them removed before.
    """
    where = origin_of(folder)
    here = last_name(where) if is_url(where) else where
    steps = [f"copy the folder: {copy_folder_command(where, here)}"] if is_url(where) else []
    if removed:
        steps.append(f"remove it: {join(['rm', '--', *(str(Path(here, file)) for file in files)])}")
    said = "; then ".join([*steps, f"run the precompute again with --shards {quote(here)}: it {does}"])
    # What was fetched may alone be damaged, but nothing is missing there that is not missing at the URL.
    there = [file for file in files if (folder / file).exists()]
    return if_fetched_again(folder, said, there) if there else said


def made_afresh(folder: Path) -> str:
    """Say what to do about shards of another version, from which no precompute goes on."""
    if is_url(where := origin_of(folder)):
        return "run the precompute again: nothing goes on from these shards"
    return f"run the precompute again with --fresh --shards {quote(where)}, or remove them: {removal(folder)}"


def removal(folder: Path) -> str:
    """Return the command that removes a folder, as a shell reads it."""
    return join(["rm", "-r", "--", str(folder)])
