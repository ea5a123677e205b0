"""neurotui tells people what the neurons of a language model respond to, and lets them check it.

    import neurotui

    with neurotui.open_run("run.duckdb") as run:
        table = run.neurons("layer:3-5 score>0.4").to_pandas()
        print(run["L3.797"].said.sentence)

The names in this module are the public interface; everything else in the package may change without notice.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neurotui.api import (
        causal,
        compare,
        describe,
        evaluate,
        evaluate_against,
        evaluate_by_gold,
        export,
        forget_describer,
        open_run,
        precompute,
        score,
    )
    from neurotui.api_run import NeuronPage, OpenRun
    from neurotui.backends.settings import BackendSettings
    from neurotui.errors import UserError
    from neurotui.precompute.settings import PrecomputeSettings
    from neurotui.types import Neuron

__version__ = "0.1.0"

__all__ = [
    "BackendSettings",
    "Neuron",
    "NeuronPage",
    "OpenRun",
    "PrecomputeSettings",
    "UserError",
    "causal",
    "compare",
    "describe",
    "evaluate",
    "evaluate_against",
    "evaluate_by_gold",
    "export",
    "forget_describer",
    "open_run",
    "precompute",
    "score",
]

_HOMES = {
    "BackendSettings": "neurotui.backends.settings",
    "Neuron": "neurotui.types",
    "NeuronPage": "neurotui.api_run",
    "OpenRun": "neurotui.api_run",
    "PrecomputeSettings": "neurotui.precompute.settings",
    "UserError": "neurotui.errors",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use: a command that only prints its version loads none of them."""
    if name not in __all__:
        raise AttributeError(f"module 'neurotui' has no attribute '{name}'")
    try:
        return getattr(import_module(_HOMES.get(name, "neurotui.api")), name)
    except ModuleNotFoundError as error:
        if error.name != "pyarrow":
            raise
        raise ModuleNotFoundError(
            "neurotui's tables need pyarrow: pip install 'neurotui[models]'", name="pyarrow"
        ) from error


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted([*__all__, "__version__"])


class _Public(ModuleType):
    """Keeps ``neurotui.describe`` the function once the package of that name has been imported as well.

    Python binds a package that it imports to its parent, whatever had that name there.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Public
