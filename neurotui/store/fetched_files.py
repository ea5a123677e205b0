"""Fetch what a URL names to a cache, through pyarrow's file systems, and read it there as the file that it is.

A file is kept under a hash of its URL, its size and its time: where any of them is another, it is fetched anew,
and what was fetched never changes. Below the hash stand bucket and folders as in the URL, so that files are told
apart by their names there. pyarrow is loaded for a URL alone.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from neurotui.errors import UserError
from neurotui.store.atomic import swapped_in
from neurotui.store.fetch_cache import cache_folder, make_folder, note_use, remove_unused
from neurotui.store.url_errors import explained
from neurotui.store.url_globs import listed, matching, own_url
from neurotui.store.url_refusals import refuse_secret
from neurotui.store.urls import in_folder, is_url, query_of, quoted, scheme_of, with_query, without_query
from neurotui.types import no_progress

if TYPE_CHECKING:
    from pyarrow.fs import FileInfo, FileSystem

    from neurotui.types import Progress

_STAGE = "fetching (kB)"
_CHUNK = 8 << 20
# Google's client would try for a quarter of an hour.
_PATIENCE = "retry_limit_seconds=5"
_KEY_CHARACTERS = 16


class _Remote(NamedTuple):
    """A file at a URL, its own: ``found`` is what its file system says of it, and ``file`` where it is kept."""

    url: str
    filesystem: FileSystem
    found: FileInfo
    file: Path


def local_file(name: str | Path, progress: Progress = no_progress) -> Path:
    """Return the path at which a file can be read: that of a URL is fetched, unless it was before.

    Raises ``UserError`` if it cannot be fetched. Stage: fetching (kB).
    """
    return Path(name) if isinstance(name, Path) or not is_url(name) else fetched_file(name, progress)


def local_folder(name: str, wanted: Callable[[str], bool], progress: Progress = no_progress) -> Path:
    """Return the path at which a folder's files can be read: those `wanted` of one at a URL are fetched.

    Raises ``UserError`` if there are none, or it cannot be read. Stage: fetching (kB).
    """
    return fetched_folder(name, wanted, progress) if is_url(name) else Path(name)


def fetched_file(url: str, progress: Progress = no_progress) -> Path:
    """Return the path of a file that was fetched from a URL; ``UserError`` if there is none, or several."""
    (paths,) = fetched_files([url], progress).values()
    if len(paths) > 1:
        raise UserError(f"'{url}' matches {len(paths)} files", "name one of them")
    return paths[0]


def fetched_files(names: Sequence[str], progress: Progress = no_progress) -> dict[str, list[Path]]:
    """Return for each name that is a URL the path of its file, or, where it is a glob, those of its files, sorted.

    Raises ``UserError`` for a URL without a file, or one that cannot be read. Stage: fetching (kB).
    """
    found = {name: _files_at(name) for name in names if is_url(name)}
    _fetch([remote for remotes in found.values() for remote in remotes], progress)
    return {url: [remote.file for remote in remotes] for url, remotes in found.items()}


def fetched_folder(url: str, wanted: Callable[[str], bool], progress: Progress = no_progress) -> Path:
    """Return the path of a folder with those files of the folder at a URL whose names are `wanted`.

    Raises ``UserError`` if there are none, or it cannot be read. Stage: fetching (kB).
    """
    with explained(url):
        filesystem, path = _opened(url)
        found = [one for one in listed(filesystem, path) if wanted(one.base_name)]
    if not found:
        raise UserError(f"there is no folder '{url}' with files to read", "check the bucket and the folder")
    remotes = [_remote(own_url(url, path, one.path), filesystem, one) for one in found]
    _fetch(remotes, progress)
    return _together(url, remotes)


def _files_at(url: str) -> list[_Remote]:
    """Return the files that a URL or a glob names."""
    with explained(url):
        filesystem, path = _opened(url)
        there = filesystem.get_file_info(path)
        found = [there] if there.is_file else matching(filesystem, path)
        inside = listed(filesystem, path) if there.type.name == "Directory" else []
    if not found and there.type.name == "Directory":
        raise UserError(f"'{url}' is a folder", _names_in(url, inside))
    if not found:
        raise UserError(f"there is no file '{url}'", "check the bucket and the name; a glob must match a file")
    return [_remote(own_url(url, path, one.path), filesystem, one) for one in found]


def _names_in(url: str, inside: Sequence[FileInfo]) -> str:
    """Return how files of a folder are named, by what most of them end with."""
    if not inside:
        return "name a file: there are none in it but in folders"
    ((end, count),) = Counter(Path(one.base_name).suffix for one in inside).most_common(1)
    name = f"*{end}" if count > 1 else inside[0].base_name
    return f"name a file in it: '{in_folder(url, name)}'"


def _together(url: str, remotes: Sequence[_Remote]) -> Path:
    """Return a folder of links to fetched files: of one that changes, the others need not be fetched again."""
    folder = _kept_in(url, "folder", *(remote.found for remote in remotes))
    make_folder(folder)
    for remote in remotes:
        if not (folder / remote.file.name).exists():
            _link(folder / remote.file.name, remote.file)
    note_use(folder, url)
    return folder


def _link(new: Path, file: Path) -> None:
    """Give a file another name; on a disk that cannot, a copy has it."""
    try:
        with suppress(FileExistsError):
            new.hardlink_to(file)
    except OSError:
        with swapped_in(new, replace=True) as copy:
            shutil.copyfile(file, copy)


def _remote(url: str, filesystem: FileSystem, found: FileInfo) -> _Remote:
    return _Remote(url, filesystem, found, _kept_in(url, "file", found) / found.base_name)


def _opened(url: str) -> tuple[FileSystem, str]:
    """Return the file system of a URL, and the path in it."""
    refuse_secret(url)
    from pyarrow.fs import FileSystem  # noqa: PLC0415 - for a URL alone

    query = query_of(url)
    if scheme_of(url) == "gs" and "retry_limit_seconds" not in query:
        query = "&".join(filter(None, [query, _PATIENCE]))
    opened: tuple[FileSystem, str] = FileSystem.from_uri(quoted(with_query(without_query(url), query)))
    return opened


def _kept_in(url: str, what: str, *found: FileInfo) -> Path:
    """Return the folder in which files of one folder are kept: another one where any of them has changed."""
    server = "/".join(without_query(url).split("/")[:3])
    stamps = [(one.path, one.size, one.mtime_ns) for one in found]
    key = hashlib.sha256(json.dumps([what, server, query_of(url), stamps]).encode()).hexdigest()[:_KEY_CHARACTERS]
    folders = [name for name in found[0].path.split("/")[:-1] if name not in {"", ".", ".."}]
    return cache_folder().joinpath(key, *folders)


def _fetch(remotes: Sequence[_Remote], progress: Progress) -> None:
    """Fetch what is not there, each file whole or not at all."""
    missing = [remote for remote in remotes if not remote.file.exists()]
    total, done = sum(remote.found.size for remote in missing), 0
    for remote in remotes:
        make_folder(remote.file.parent)
        note_use(remote.file, remote.url)
    for remote in missing:
        with swapped_in(remote.file, replace=True) as new, new.open("wb") as file:
            for chunk in _chunks(remote):
                file.write(chunk)
                done += len(chunk)
                progress(_STAGE, -(-done // 1000), -(-total // 1000))
    if missing:
        remove_unused()


def _chunks(remote: _Remote) -> Iterator[bytes]:
    """Yield a file's bytes as they are at the URL, packed or not."""
    left = remote.found.size
    with explained(remote.url), remote.filesystem.open_input_stream(remote.found.path, compression=None) as source:
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            yield chunk
    if left:
        raise UserError(f"'{remote.url}' was changed while it was fetched", "try again")
