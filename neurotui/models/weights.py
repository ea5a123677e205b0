"""The weights in a model's safetensors: which files hold them, their names, and one hash of them all.

Nothing is loaded, and no code is run: a safetensors file is a header and the bytes of its tensors.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from neurotui.errors import UserError

_INDEX = "model.safetensors.index.json"
_CHUNK = 1 << 24
_POINTER = b"version https://git-lfs"
# The longest header that the safetensors library accepts.
_LONGEST_HEADER = 100_000_000
_BEYOND_ANY_FILE = 1 << 62
# What malformed JSON can raise, besides errors for missing keys.
_WRONG_FORM = (ValueError, TypeError, AttributeError, RecursionError)


class _Tensor(NamedTuple):
    """One tensor: its dtype and shape as the file writes them, and the range of its bytes in the file."""

    description: str
    file: Path
    start: int
    end: int


def weights_hash(folder: Path) -> str:
    """Return the SHA-256 of a model's tensors in the order of their names, as 64 hexadecimal digits.

    It depends on each tensor's name, dtype, shape and bytes, but not on paths or on how files divide the tensors.
    Raises ``UserError`` for a damaged file.
    """
    digest = hashlib.sha256()
    tensors: dict[str, _Tensor] = {}
    for file in weight_files(folder):
        tensors.update(_tensors(file))
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.description}\n".encode())
        for chunk in _chunks(tensor):
            digest.update(chunk)
    return digest.hexdigest()


def weight_names(folder: Path) -> list[str]:
    """Return the names of a model's tensors, none without safetensors; ``UserError`` for a damaged file."""
    return [name for file in weight_files(folder) for name in _tensors(file)]


def weight_files(folder: Path) -> list[Path]:
    """Return the model's safetensors files; an empty list if there are none."""
    single, index = folder / "model.safetensors", folder / _INDEX
    if single.is_file():
        return [single]
    if not index.is_file():
        return []
    try:
        names = set(json.loads(index.read_bytes())["weight_map"].values())
        # The index is not trusted: it must not lead out of its folder.
        files = [folder / Path(name).name for name in sorted(names)]
    except (*_WRONG_FORM, KeyError) as error:
        raise UserError(f"'{index}' is damaged", "copy the model again") from error
    for file in files:
        if not file.is_file():
            raise UserError(f"the model lacks the file '{file}'", "copy the model again")
    return files


def _tensors(file: Path) -> dict[str, _Tensor]:
    """Return the tensors of a safetensors file, by name."""
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        try:
            content = stream.read(min(length, _LONGEST_HEADER))
            if len(content) < length:
                raise ValueError(length)
            header: dict[str, Any] = json.loads(content)
            header.pop("__metadata__", None)
            return {name: _tensor(entry, file, 8 + length) for name, entry in header.items()}
        except (*_WRONG_FORM, LookupError) as error:
            stream.seek(0)
            if stream.read(len(_POINTER)) == _POINTER:
                raise UserError(
                    f"'{file}' holds no weights, but what Git LFS leaves in their place",
                    "fetch the weights themselves: git lfs pull",
                ) from error
            raise UserError(f"'{file}' is damaged", "copy the model again") from error


def _tensor(entry: dict[str, Any], file: Path, data: int) -> _Tensor:
    start, end = entry["data_offsets"]
    if not 0 <= start <= end < _BEYOND_ANY_FILE or not isinstance(start + end, int):
        raise ValueError(entry)
    return _Tensor(f"{entry['dtype']} {entry['shape']}", file, data + start, data + end)


def _chunks(tensor: _Tensor) -> Iterator[bytes]:
    with tensor.file.open("rb") as stream:
        stream.seek(tensor.start)
        left = tensor.end - tensor.start
        while left > 0:
            chunk = stream.read(min(left, _CHUNK))
            if not chunk:
                raise UserError(f"'{tensor.file}' is damaged: it ends too soon", "copy the model again")
            left -= len(chunk)
            yield chunk
