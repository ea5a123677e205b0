"""How a folder of shards with damage is mended: on a disk by the precompute, at a URL on a copy of the folder."""

from __future__ import annotations

from shlex import join, quote
from typing import TYPE_CHECKING

from neurotui.store.fetch_cache import if_fetched_again, origin_of
from neurotui.store.url_refusals import copy_folder_command
from neurotui.store.urls import is_url, last_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def made_again(folder: Path, files: Iterable[str], does: str) -> str:
    """Say how the precompute mends these files, which are damaged or missing; `does` says what it does to them."""
    where = origin_of(folder)
    if not is_url(where):
        return f"run the precompute again with --shards {quote(where)}: it {does}"
    return _on_a_copy(folder, files, f"run the precompute again with --shards {_here(where)}, which {does}")


def afresh(folder: Path) -> str:
    """Say what becomes of shards that no precompute goes on from."""
    again = "run the precompute again with --fresh"
    return again if is_url(origin_of(folder)) else f"{again}, or remove them: {removal(folder)}"


def removal(folder: Path) -> str:
    """Return the command that removes a folder, as a shell reads it."""
    return join(["rm", "-r", "--", str(folder)])


def without(folder: Path, file: str) -> str:
    """Say how the precompute mends a file that is damaged and must be removed before."""
    where, does = origin_of(folder), "writes it anew, and keeps the shards"
    if not is_url(where):
        again = f"run the precompute again with --shards {quote(where)}, which {does}"
        return f"remove it, then {again}: {join(['rm', '--', str(folder / file)])}"
    here = _here(where)
    again = f"remove {here}/{file} and run the precompute again with --shards {here}, which {does}"
    return _on_a_copy(folder, [file], again)


def _on_a_copy(folder: Path, files: Iterable[str], again: str) -> str:
    """Say what mends a folder at a URL; what was fetched of it may be damaged alone, unless it was missing."""
    where = origin_of(folder)
    said = f"copy the folder, then {again}: {copy_folder_command(where, last_name(where))}"
    return if_fetched_again(folder, said) if any((folder / file).exists() for file in files) else said


def _here(url: str) -> str:
    return quote(last_name(url))
