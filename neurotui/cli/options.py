"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import partial, wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from neurotui.backends.settings import Device, Name, Settings
from neurotui.cli.context import ANNOTATOR
from neurotui.store.atomic import refuse_folder

Backend = Literal["keywords", "openai", "transformers", "gold"]
Format = Literal["jsonl", "csv"]


def new_file(name: str) -> Path:
    """Return the path of a file to write; ``UserError`` for a folder's name."""
    refuse_folder(name)
    return Path(name)


RunFile = Annotated[Path, typer.Argument(metavar="RUN", help="The run, a .duckdb file.")]
Output = Annotated[
    Path, typer.Option("--output", "-o", parser=new_file, metavar="<path>", help="The run to write.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it is there already.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
LabelsFile = Annotated[
    Path | None, typer.Option("--labels", help="The journal; by default the one beside the run.")
]
NeuronName = Annotated[str, typer.Argument(metavar="NEURON", help="A neuron, as in L3.797.")]
ModelFolder = Annotated[
    str, typer.Option("--model", help="The folder of the run's model, if it is not where the run says.")
]
Annotator = Annotated[
    str, typer.Option(envvar=ANNOTATOR, help="Who decides, if not who is configured or logs in.")
]

Writer = Annotated[Name, typer.Option("--backend", help="Who writes labels.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be asked, ask nothing.")]

MakeSettings = Callable[..., Settings]
"""Makes the settings of a backend from what was chosen, and from what a command alone lets one choose."""

# What every command that asks a backend lets one choose of it; `Settings` says what each means and defaults to.
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
    "device": Annotated[Device, typer.Option(help="Where a local model runs.")],
}


def asks_a_backend(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options, in the place of its parameter ``make_settings: MakeSettings``."""
    own = signature(command, eval_str=True)
    defaults = {field.name: field.default for field in fields(Settings)}
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
        command(**given, make_settings=partial(Settings, **settings))

    # Both are what typer reads.
    asking.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    asking.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    return asking
