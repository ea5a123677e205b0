"""Find the files of a model, on disk or on the hub, and hash its weights without loading them.

Only safetensors files are accepted: other weight files can run code when they are read.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from huggingface_hub import snapshot_download

from neurotui.errors import UserError
from neurotui.models import smollm2
from neurotui.models.encoder import packaged_model

PACKAGED = "minilm"

_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)
_NEEDED = ("*.json", "*.safetensors", "*.txt", "*.model")
# Subfolders, and Mistral's consolidated files, hold the same weights again, for other frameworks.
_NOT_NEEDED = ("*/*", "consolidated*")
_INDEX = "model.safetensors.index.json"
_CHUNK = 1 << 24
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


def locate(name: str, *, fetch: bool = True) -> Path:
    """Return the folder of a model: `name` is a packaged model's name, a folder, or a model's name on the hub.

    A model of the hub is taken from the local cache, else downloaded if `fetch` allows it. Raises ``UserError`` if
    there is no such model, it cannot be downloaded, or it has no safetensors files.
    """
    if name == PACKAGED:
        return packaged_model()
    if name == smollm2.NAME:
        return smollm2.model_folder()
    # These functions return False where those of Path raise: for a name that is too long, or an unknown ~user.
    folder = Path(os.path.expanduser(name))  # noqa: PTH111
    if os.path.isdir(folder):  # noqa: PTH112
        _refuse_incomplete(folder, name)
        return folder
    if os.path.exists(folder) or not _HUB_NAME.fullmatch(name):  # noqa: PTH110
        raise UserError(f"'{name}' is not the folder of a model", _CHOICES)
    return _from_hub(name, fetch=fetch)


_CHOICES = (
    f"name a folder with config.json and model.safetensors, a model of the hub, '{PACKAGED}' or '{smollm2.NAME}'"
)


def weights_hash(folder: Path) -> str:
    """Return the SHA-256 of a model's tensors in the order of their names, as 64 hexadecimal digits.

    It depends on each tensor's name, dtype, shape and bytes, but not on paths or on how files divide the tensors.
    Raises ``UserError`` for a damaged file.
    """
    digest = hashlib.sha256()
    tensors: dict[str, _Tensor] = {}
    for file in _weight_files(folder):
        tensors.update(_tensors(file))
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.description}\n".encode())
        for chunk in _chunks(tensor):
            digest.update(chunk)
    return digest.hexdigest()


def _from_hub(name: str, *, fetch: bool) -> Path:
    try:
        folder = Path(_snapshot(name, local_files_only=True))
        _refuse_incomplete(folder, name)
    except (OSError, ValueError, UserError) as missing:
        if not fetch:
            raise UserError(f"there is no model '{name}' on this machine", _CHOICES) from missing
        try:
            folder = Path(_snapshot(name, local_files_only=False))
        except (OSError, ValueError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise UserError(
                f"there is no folder '{name}', and the hub does not give a model of that name: {reason}",
                _CHOICES,
            ) from error
        _refuse_incomplete(folder, name)
    return folder


def _snapshot(name: str, *, local_files_only: bool) -> str:
    return str(
        snapshot_download(
            name,
            allow_patterns=list(_NEEDED),
            ignore_patterns=list(_NOT_NEEDED),
            etag_timeout=5,
            local_files_only=local_files_only,
        )
    )


def _refuse_incomplete(folder: Path, name: str) -> None:
    """Raise ``UserError`` unless the folder has a config.json and safetensors files."""
    if not (folder / "config.json").is_file():
        raise UserError(f"the folder of '{name}' holds no model: there is no config.json", _CHOICES)
    if _weight_files(folder):
        return
    others = sorted(path.name for path in folder.iterdir() if path.suffix in {".bin", ".pt", ".pth", ".ckpt"})
    if others:
        raise UserError(
            f"the weights of '{name}' are in '{others[0]}', which could run code when it is read",
            "convert them once, where you trust them: "
            "AutoModel.from_pretrained(FOLDER).save_pretrained(NEW, safe_serialization=True)",
        )
    raise UserError(f"the folder of '{name}' holds no weights: there is no model.safetensors", _CHOICES)


def _weight_files(folder: Path) -> list[Path]:
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
