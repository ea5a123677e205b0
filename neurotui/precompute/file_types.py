"""The types of file that `precompute` reads texts from: how their names end, and how their bytes begin.

A new type is one record in ``FILE_TYPES``, from which help and hints follow, and its reader in ``READERS`` of
``file_readers.py``. This table imports nothing heavy: the help of the command is made of it.
"""

from __future__ import annotations

from typing import NamedTuple


class FileType(NamedTuple):
    """One type. ``suffixes``, the usual one first, are what names end in, before that of a packing program.

    ``begins`` are what every file of the type begins with, whatever its name; without any, the name alone tells.
    """

    name: str
    suffixes: tuple[str, ...]
    begins: tuple[bytes, ...] = ()


FILE_TYPES = (
    FileType("JSONL", (".jsonl", ".ndjson", ".json")),
    FileType("CSV", (".csv",)),
    FileType("TSV", (".tsv", ".tab")),
    FileType("Parquet", (".parquet",), (b"PAR1",)),
    # Arrow's as a file, and as a stream.
    FileType("Arrow", (".arrow", ".feather"), (b"ARROW1", b"\xff\xff\xff\xff")),
    FileType("plain text", (".txt",)),
)
PLAIN = FILE_TYPES[-1]
"""What a file is that no other type claims."""


def type_of(head: bytes) -> FileType | None:
    """Return the type that a file of these first bytes is whatever its name; None if the name has to tell."""
    return next((one for one in FILE_TYPES if head.startswith(one.begins)), None)


def type_named(suffix: str) -> FileType:
    """Return the type that a suffix, in small letters, names."""
    return next((one for one in FILE_TYPES if suffix in one.suffixes), PLAIN)


def listed_names() -> str:
    """Return the names of all types, for people: ``JSONL, CSV or plain text``."""
    return _or([one.name for one in FILE_TYPES])


def usual_suffixes() -> str:
    """Return the usual suffix of each type, for people: ``.jsonl, .csv or .txt``."""
    return _or([one.suffixes[0] for one in FILE_TYPES])


def _or(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"
