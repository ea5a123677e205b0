"""The folder that files are fetched to from URLs: whose it is, what came from where, and what makes room.

It has a folder for each fetched file, and in that, beside bucket and folders as in the URL, a note of the URL.
Nobody but its owner may read it.
"""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

from neurotui.errors import UserError
from neurotui.store.atomic import swapped_in
from neurotui.store.urls import in_folder

_ORIGIN = "url"
_KEPT_SECONDS = 30 * 24 * 3600


def cache_folder() -> Path:
    """Return the folder that files are fetched to; it may not be there yet."""
    return user_cache_path("neurotui") / "fetched"


def is_fetched(path: Path) -> bool:
    """Return whether a path is of a fetched file: nothing of a person's may be kept beside it."""
    return path.resolve().is_relative_to(cache_folder().resolve())


def origin_of(path: Path) -> str:
    """Return the URL that a file was fetched from; the path of one that was not."""
    if is_fetched(path) and (file := _note_of(path)).is_file():
        return file.read_text(encoding="utf-8")
    return str(path)


def if_fetched_again(path: Path, otherwise: str, files: Iterable[str] = ()) -> str:
    """Return what mends a damaged file, or `files` of a folder: to fetch them again, if they were fetched.

    `otherwise` mends what is damaged where it came from, or was never fetched.
    """
    if not is_fetched(path):
        return otherwise
    again = shlex.join(["rm", "-r", "--", *map(str, _kept_of(path, files))])
    return f"have it fetched again: {again}; if it is damaged there too, {otherwise}"


def _kept_of(path: Path, files: Iterable[str]) -> list[Path]:
    """Return the folders of the cache that hold a fetched path; of a folder, also those of its `files`."""
    urls = {in_folder(origin_of(path), name) for name in files}
    notes = (note for note in sorted(cache_folder().glob(f"*/{_ORIGIN}")) if urls)
    return [_note_of(path).parent, *(note.parent for note in notes if note.read_text(encoding="utf-8") in urls)]


def note_use(path: Path, url: str) -> None:
    """Say beside what is fetched where it is from, and that it was read now."""
    note = _note_of(path)
    with suppress(OSError, UserError):  # a cache that is only read
        if note.is_file() and note.read_text(encoding="utf-8") == url:
            note.touch()
        else:
            with swapped_in(note, replace=True) as new:
                new.write_text(url, encoding="utf-8")


def make_folder(folder: Path) -> None:
    """Create a folder of the cache and its parents, readable by the owner alone; ``UserError`` if that fails."""
    try:
        for one in reversed([folder, *folder.parents]):
            one.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"there is no cache to fetch to: '{folder}': {(error.strerror or str(error)).lower()}",
            "name a folder for it: export XDG_CACHE_HOME=FOLDER",
        ) from error


def remove_unused() -> None:
    """Delete fetched files that have not been read for a month."""
    oldest = time.time() - _KEPT_SECONDS
    for note in cache_folder().glob(f"*/{_ORIGIN}"):
        with suppress(OSError):
            if note.stat().st_mtime < oldest:
                shutil.rmtree(note.parent)


def _note_of(path: Path) -> Path:
    """Return the file that says where a path of the cache was fetched from."""
    inside = path.resolve().relative_to(cache_folder().resolve())
    return cache_folder().joinpath(*inside.parts[:1], _ORIGIN)
