"""Options of the commands that ask a backend; the names that they take are those of the registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import partial, wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any

import typer

from neurotui.backends import registry
from neurotui.backends.settings import BackendSettings
from neurotui.cli.options import listed, one_of
from neurotui.types import Device

_BACKENDS, _SOURCES = registry.names(), registry.sources()
_OURS = "; ".join(f"{name}: {spec.summary}" for name, spec in registry.BUILT_IN.items())
Writer = Annotated[
    str,
    typer.Option(
        "--backend", parser=one_of(_BACKENDS), metavar=listed(_BACKENDS), help=f"Who writes labels. {_OURS}."
    ),
]
Describer = Annotated[
    str,
    typer.Option(
        "--backend",
        parser=one_of(_SOURCES),
        metavar=listed(_SOURCES),
        help=f"Who writes the phrases. {_OURS}; gold: the labels that the texts came with.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be asked, ask nothing.")]

MakeSettings = Callable[..., BackendSettings]
"""Makes the settings of a backend from what was chosen, and from what a command alone lets one choose."""

# What every command that asks a backend lets one choose of it; `BackendSettings` has meanings and defaults.
_CHOICES: dict[str, object] = {
    "llm": Annotated[str, typer.Option(help="The server's model; or a local one, a folder or a hub name.")],
    "base_url": Annotated[str, typer.Option(help="An OpenAI-compatible server.")],
    "api_key_env": Annotated[str, typer.Option(help="The environment variable that holds the key.")],
    "max_calls": Annotated[int | None, typer.Option(help="Send no more requests than this.")],
    "max_cost": Annotated[float | None, typer.Option(help="Spend no more than this, by the prices.")],
    "price_in": Annotated[float | None, typer.Option(help="The price of a million tokens read.")],
    "price_out": Annotated[float | None, typer.Option(help="The price of a million tokens written.")],
    "prompts": Annotated[Path | None, typer.Option(help="A folder of edited prompts.")],
    "timeout": Annotated[float, typer.Option(help="Seconds to wait for a reply.")],
    "reply_tokens": Annotated[
        int | None, typer.Option(help="Tokens that a reply may take, for a model that reasons first.")
    ],
    "device": Annotated[Device, typer.Option(help="Where a local model runs.")],
}


def asks_a_backend(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options, in the place of its parameter ``make_settings: MakeSettings``."""
    own = signature(command, eval_str=True)
    defaults = {field.name: field.default for field in fields(BackendSettings)}
    shared = [
        Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=defaults[name], annotation=option)
        for name, option in _CHOICES.items()
    ]
    parameters = [
        one for given in own.parameters.values() for one in (shared if given.name == "make_settings" else [given])
    ]

    @wraps(command)
    def asking(**given: Any) -> None:  # noqa: ANN401 - whatever typer reads
        settings = {name: given.pop(name) for name in _CHOICES}
        command(**given, make_settings=partial(BackendSettings, **settings))

    # Both are what typer reads.
    asking.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    asking.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    return asking
