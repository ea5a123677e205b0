"""Globs of URLs: the files of a pyarrow file system that one names, as on a disk, and the URL of each."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import takewhile
from typing import TYPE_CHECKING

from neurotui.store.urls import query_of, with_query, without_query

if TYPE_CHECKING:
    from pyarrow.fs import FileInfo, FileSystem

_OF_A_GLOB = set("*[")


def matching(filesystem: FileSystem, pattern: str) -> list[FileInfo]:
    """Return the files that a glob matches, sorted."""
    parts = pattern.split("/")
    fixed = next((place for place, part in enumerate(parts) if set(part) & _OF_A_GLOB), len(parts))
    if not 0 < fixed < len(parts):
        return []
    deep = fixed < len(parts) - 1 or parts[fixed] == "**"
    found = listed(filesystem, "/".join(parts[:fixed]), recursive=deep)
    return [one for one in found if _matches(one.path.split("/")[fixed:], parts[fixed:])]


def listed(filesystem: FileSystem, folder: str, *, recursive: bool = False) -> list[FileInfo]:
    """Return the files in a folder, sorted; none where it is not there."""
    from pyarrow.fs import FileSelector  # noqa: PLC0415 - for a URL alone

    selector = FileSelector(folder or "/", recursive=recursive, allow_not_found=True)
    return sorted((one for one in filesystem.get_file_info(selector) if one.is_file), key=lambda one: one.path)


def own_url(url: str, path: str, found: str) -> str:
    """Return the URL of the file that was `found`, where `url` was read as `path`: a file, a glob or a folder."""
    asked, there = path.rstrip("/").split("/"), found.split("/")
    same = len([*takewhile(lambda both: both[0] == both[1], zip(asked, there, strict=False))])
    names = without_query(url).rstrip("/").split("/")
    behind = [name.replace("%", "%25").replace("?", "%3F") for name in there[same:]]
    return with_query("/".join([*names[: len(names) - len(asked) + same], *behind]), query_of(url))


def _matches(names: list[str], patterns: list[str]) -> bool:
    """Return whether a path fits a glob, name by name; ``**`` is any number of folders."""
    if not patterns or not names:
        return not patterns and not names
    if patterns[0] == "**" and (
        _matches(names, patterns[1:]) or (not _hidden(names[0]) and _matches(names[1:], patterns))
    ):
        return True
    return _fits(names[0], patterns[0]) and _matches(names[1:], patterns[1:])


def _fits(name: str, pattern: str) -> bool:
    """Return whether a name fits a pattern; a hidden file's, only one for hidden files."""
    return fnmatchcase(name, pattern) and (_hidden(pattern) or not _hidden(name))


def _hidden(name: str) -> bool:
    return name.startswith(".")
