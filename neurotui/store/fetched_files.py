"""Fetch what a URL names to a cache, through pyarrow's file systems, and read it there as the file that it is.

A file is kept under a hash of its URL, its size and its time: where any of them is another, it is fetched anew,
and what was fetched never changes. Below the hash stand bucket and folders as in the URL, so that files are told
apart by their names there. What nobody has read for a month is removed. pyarrow is loaded for a URL alone.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from neurotui.errors import UserError
from neurotui.store.atomic import swapped_in
from neurotui.store.url_errors import explained, refuse_secret
from neurotui.store.urls import ORIGIN, cache_folder, is_url, without_query
from neurotui.types import no_progress

if TYPE_CHECKING:
    from pyarrow.fs import FileInfo, FileSystem

    from neurotui.types import Progress

_STAGE = "fetching (kB)"
_CHUNK = 8 << 20
_KEPT_SECONDS = 30 * 24 * 3600
# Google's client would try for a quarter of an hour.
_PATIENCE = "retry_limit_seconds=5"
# What quote leaves alone: what has a meaning in a URL, but for brackets, which mean something in a glob.
_OF_A_URL = "/:#@!$&'()*+,;=%~"
_OF_A_GLOB = set("*[")
_KEY_CHARACTERS = 16


class _Remote(NamedTuple):
    """A file at a URL: ``found`` is what its file system says of it, and ``file`` where it is kept."""

    url: str
    filesystem: FileSystem
    found: FileInfo
    file: Path


def local_file(name: str | Path, progress: Progress = no_progress) -> Path:
    """Return the path at which a file can be read: that of a URL is fetched, unless it was before.

    Raises ``UserError`` if it cannot be fetched. Stage: fetching (kB).
    """
    return Path(name) if isinstance(name, Path) or not is_url(name) else fetched_file(name, progress)


def fetched_file(url: str, progress: Progress = no_progress) -> Path:
    """Return the path of a file that was fetched from a URL; ``UserError`` if there is none, or several."""
    (paths,) = fetched_files([url], progress).values()
    if len(paths) > 1:
        raise UserError(f"'{url}' matches {len(paths)} files", "name one of them")
    return paths[0]


def fetched_files(urls: Sequence[str], progress: Progress = no_progress) -> dict[str, list[Path]]:
    """Return for each URL the path of its file, or, where it is a glob, those of its files, sorted.

    Raises ``UserError`` for a URL without a file, or one that cannot be read. Stage: fetching (kB).
    """
    found = {url: _files_at(url) for url in urls}
    _fetch([remote for remotes in found.values() for remote in remotes], progress)
    return {url: [remote.file for remote in remotes] for url, remotes in found.items()}


def fetched_folder(url: str, wanted: Callable[[str], bool], progress: Progress = no_progress) -> Path:
    """Return the path of a folder with those files of the folder at a URL whose names are `wanted`.

    Raises ``UserError`` if there are none, or it cannot be read. Stage: fetching (kB).
    """
    with explained(url):
        filesystem, path = _opened(url)
        found = [one for one in _listed(filesystem, path, recursive=False) if wanted(one.base_name)]
    if not found:
        raise UserError(f"there is no folder '{url}' with files to read", "check the bucket and the folder")
    remotes = [_remote(url, filesystem, one) for one in found]
    _fetch(remotes, progress)
    return _together(url, remotes)


def _files_at(url: str) -> list[_Remote]:
    """Return the files that a URL or a glob names."""
    with explained(url):
        filesystem, path = _opened(url)
        there = filesystem.get_file_info(path)
        found = [there] if there.is_file else _matching(filesystem, path)
    if not found and there.type.name == "Directory":
        raise UserError(f"'{url}' is a folder", f"name its files: '{without_query(url).rstrip('/')}/*.jsonl'")
    if not found:
        raise UserError(f"there is no file '{url}'", "check the bucket and the name; a glob must match a file")
    return [_remote(url, filesystem, one) for one in found]


def _together(url: str, remotes: Sequence[_Remote]) -> Path:
    """Return a folder of links to fetched files: of one that changes, the others need not be fetched again."""
    folder = _kept_in(url, [remote.found for remote in remotes])
    _make_folder(folder)
    for remote in remotes:
        with suppress(FileExistsError):
            (folder / remote.file.name).hardlink_to(remote.file)
    _note_use(folder, url)
    return folder


def _remote(url: str, filesystem: FileSystem, found: FileInfo) -> _Remote:
    return _Remote(url, filesystem, found, _kept_in(url, [found]) / found.base_name)


def _opened(url: str) -> tuple[FileSystem, str]:
    """Return the file system of a URL, and the path in it."""
    from pyarrow.fs import FileSystem  # noqa: PLC0415 - for a URL alone

    refuse_secret(url)
    named, _, query = url.partition("?")
    if re.match("gs://|gcs://", named) and "retry_limit_seconds" not in query:
        query = "&".join(filter(None, [query, _PATIENCE]))
    opened: tuple[FileSystem, str] = FileSystem.from_uri(
        "?".join(filter(None, [quote(named, safe=_OF_A_URL), query]))
    )
    return opened


def _matching(filesystem: FileSystem, pattern: str) -> list[FileInfo]:
    """Return the files that a glob matches, sorted."""
    parts = pattern.split("/")
    fixed = next((place for place, part in enumerate(parts) if set(part) & _OF_A_GLOB), len(parts))
    if not 0 < fixed < len(parts):
        return []
    deep = fixed < len(parts) - 1 or parts[fixed] == "**"
    found = _listed(filesystem, "/".join(parts[:fixed]), recursive=deep)
    return [one for one in found if _matches(one.path.split("/"), parts)]


def _matches(names: list[str], patterns: list[str]) -> bool:
    """Return whether a path fits a glob, name by name; ``**`` is any number of folders."""
    if not patterns or not names:
        return not patterns and not names
    if patterns[0] == "**" and (_matches(names, patterns[1:]) or _matches(names[1:], patterns)):
        return True
    return fnmatchcase(names[0], patterns[0]) and _matches(names[1:], patterns[1:])


def _listed(filesystem: FileSystem, folder: str, *, recursive: bool) -> list[FileInfo]:
    """Return the files in a folder, sorted; none where it is not there."""
    from pyarrow.fs import FileSelector  # noqa: PLC0415 - for a URL alone

    selector = FileSelector(folder or "/", recursive=recursive, allow_not_found=True)
    return sorted((one for one in filesystem.get_file_info(selector) if one.is_file), key=lambda one: one.path)


def _kept_in(url: str, found: Sequence[FileInfo]) -> Path:
    """Return the folder in which files of one folder are kept: another one where any of them has changed."""
    server, query = "/".join(url.split("/")[:3]), url.partition("?")[2]
    stamps = [(one.path, one.size, one.mtime_ns) for one in found]
    key = hashlib.sha256(json.dumps([server, query, stamps]).encode()).hexdigest()[:_KEY_CHARACTERS]
    folders = [name for name in found[0].path.split("/")[:-1] if name not in {"", ".", ".."}]
    return cache_folder().joinpath(key, *folders)


def _fetch(remotes: Sequence[_Remote], progress: Progress) -> None:
    """Fetch what is not there, each file whole or not at all."""
    missing = [remote for remote in remotes if not remote.file.exists()]
    total, done = sum(remote.found.size for remote in missing), 0
    for remote in remotes:
        _make_folder(remote.file.parent)
        _note_use(remote.file, remote.url)
    for remote in missing:
        with swapped_in(remote.file, replace=True) as new, new.open("wb") as file:
            for chunk in _chunks(remote):
                file.write(chunk)
                done += len(chunk)
                progress(_STAGE, -(-done // 1000), -(-total // 1000))
    if missing:
        _remove_unused()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"there is no cache to fetch to: '{folder}': {(error.strerror or str(error)).lower()}",
            "name a folder for it: export XDG_CACHE_HOME=FOLDER",
        ) from error


def _chunks(remote: _Remote) -> Iterator[bytes]:
    """Yield a file's bytes as they are at the URL, packed or not."""
    left = remote.found.size
    with explained(remote.url), remote.filesystem.open_input_stream(remote.found.path, compression=None) as source:
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            yield chunk
    if left:
        raise UserError(f"'{remote.url}' was changed while it was fetched", "try again")


def _note_use(path: Path, url: str) -> None:
    """Say beside what was fetched where it is from, and that it was read now."""
    inside = path.relative_to(cache_folder())
    with suppress(OSError):  # a cache that is only read
        (cache_folder() / inside.parts[0] / ORIGIN).write_text(url, encoding="utf-8")


def _remove_unused() -> None:
    """Remove what nobody has read for a month."""
    oldest = time.time() - _KEPT_SECONDS
    for file in cache_folder().glob(f"*/{ORIGIN}"):
        with suppress(OSError):
            if file.stat().st_mtime < oldest:
                shutil.rmtree(file.parent)
