"""Locate the files of a model: packaged, on disk or on the hub.

Only safetensors files are accepted: other weight files can run code when they are read.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from shlex import quote

from huggingface_hub import snapshot_download

from neurotui.errors import UserError
from neurotui.models.packaged_models import PACKAGED_MODELS
from neurotui.models.weights import weight_files

_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)
_NEEDED = ("*.json", "*.safetensors", "*.txt", "*.model")
# Subfolders, and Mistral's consolidated files, hold the same weights again, for other frameworks.
_NOT_NEEDED = ("*/*", "consolidated*")


def locate(name: str, *, fetch: bool = True) -> Path:
    """Return the folder of a model: `name` is a packaged model's name, a folder, or a model's name on the hub.

    A model of the hub is taken from the local cache, else downloaded if `fetch` allows it. Raises ``UserError`` if
    there is no such model, it cannot be downloaded, or it has no safetensors files.
    """
    if name in PACKAGED_MODELS:
        return PACKAGED_MODELS[name].folder()
    # These functions return False where those of Path raise: for a name that is too long, or an unknown ~user.
    folder = Path(os.path.expanduser(name))  # noqa: PTH111
    if os.path.isdir(folder):  # noqa: PTH112
        _refuse_incomplete(folder, name)
        return folder
    if os.path.exists(folder) or not _HUB_NAME.fullmatch(name):  # noqa: PTH110
        raise UserError(f"'{name}' is not the folder of a model", _CHOICES)
    return _from_hub(name, fetch=fetch)


*_FIRST, _LAST = ("a model of the hub", *(f"'{name}'" for name in PACKAGED_MODELS))
_CHOICES = f"name a folder with config.json and model.safetensors, {', '.join(_FIRST)} or {_LAST}"


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
    """Raise ``UserError`` unless the folder has a configuration and safetensors."""
    adapter = folder / "adapter_config.json"
    if adapter.is_file() and not weight_files(folder):
        raise UserError(
            f"the folder of '{name}' holds an adapter for the model '{_adapted(adapter)}', not a model",
            "merge the two once, with peft: AutoPeftModelForCausalLM.from_pretrained(FOLDER).merge_and_unload()"
            ".save_pretrained(NEW); then copy the model's tokenizer to NEW",
        )
    if not (folder / "config.json").is_file():
        within = sorted(path.parent for path in folder.glob("*/config.json"))
        raise UserError(
            f"the folder of '{name}' holds no model: there is no config.json" + _quantised_file(folder),
            f"one folder further in there is one: --model {quote(str(within[0]))}" if within else _CHOICES,
        )
    if weight_files(folder):
        return
    others = sorted(path.name for path in folder.iterdir() if path.suffix in {".bin", ".pt", ".pth", ".ckpt"})
    if others:
        raise UserError(
            f"the weights of '{name}' are in '{others[0]}', which could run code when it is read",
            "convert them once, where you trust them: "
            "AutoModel.from_pretrained(FOLDER).save_pretrained(NEW, safe_serialization=True)",
        )
    near = [*folder.glob("*.safetensors"), *folder.glob("*/*.safetensors")]
    elsewhere = sorted(path for path in near if path.is_file())
    raise UserError(
        f"the folder of '{name}' holds no weights: there is no model.safetensors" + _quantised_file(folder),
        f"if '{elsewhere[0].relative_to(folder)}' are its weights: "
        f"cp -- {quote(str(elsewhere[0]))} {quote(str(folder / 'model.safetensors'))}"
        if elsewhere
        else _CHOICES,
    )


def _adapted(adapter: Path) -> str:
    """Return the name of the model that an adapter is for; "?" where it does not say."""
    try:
        return str(json.loads(adapter.read_bytes())["base_model_name_or_path"])
    except (ValueError, LookupError, TypeError):
        return "?"


def _quantised_file(folder: Path) -> str:
    """Say that a folder holds a GGUF file, if it does: neurons are those of the model it was made from."""
    found = sorted(path.name for path in folder.glob("*.gguf"))
    return (
        f"; '{found[0]}' is a quantised copy for llama.cpp, and what it was made from is needed" if found else ""
    )
