"""What a file is by its first bytes: a database, packed, UTF-16 text."""

from __future__ import annotations

UTF16 = (b"\xff\xfe", b"\xfe\xff")
"""How UTF-16 text begins, where it says so."""

# How packed files begin, and what unpacks them.
_PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"\xfd7zXZ": "xz", b"BZh": "bzip2"}


def is_run(data: bytes) -> bool:
    """Return whether a file that begins so is a database, as runs are."""
    return data[8:12] == b"DUCK"


def packed_with(data: bytes) -> str:
    """Return the program that unpacks a file, "" if it is not packed."""
    return next((packer for beginning, packer in _PACKED.items() if data.startswith(beginning)), "")


def is_utf16(data: bytes) -> bool:
    """Return whether a file begins as UTF-16, with its mark or with two letters of which each has a zero."""
    begun = data[:4]
    return begun.startswith(UTF16) or (begun[1::2] == b"\0\0" and b"\0" not in begun[::2])
