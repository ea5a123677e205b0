"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from neurotui.backends.settings import Device, Name

Backend = Literal["keywords", "openai", "transformers", "gold"]
Format = Literal["jsonl", "csv"]

RunFile = Annotated[Path, typer.Argument(metavar="RUN", help="The run, a .duckdb file.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="The run to write.")]
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
    str, typer.Option(envvar="NEUROTUI_ANNOTATOR", help="Who decides; by default your login name.")
]

# What several commands let one choose of a backend; `settings.Settings` says what each means.
Writer = Annotated[Name, typer.Option("--backend", help="Who writes labels.")]
Llm = Annotated[str, typer.Option("--llm", help="The server's model; or a local one, a folder or a hub name.")]
BaseUrl = Annotated[str, typer.Option("--base-url", help="An OpenAI-compatible server.")]
ApiKeyEnv = Annotated[str, typer.Option("--api-key-env", help="The environment variable that holds the key.")]
MaxCalls = Annotated[int | None, typer.Option("--max-calls", help="Send no more requests than this.")]
MaxCost = Annotated[float | None, typer.Option("--max-cost", help="Spend no more than this, by the prices.")]
PriceIn = Annotated[float | None, typer.Option("--price-in", help="The price of a million tokens read.")]
PriceOut = Annotated[float | None, typer.Option("--price-out", help="The price of a million tokens written.")]
Prompts = Annotated[Path | None, typer.Option("--prompts", help="A folder of edited prompts.")]
Timeout = Annotated[float, typer.Option("--timeout", help="Seconds to wait for a reply.")]
LlmDevice = Annotated[Device, typer.Option("--device", help="Where a local model runs.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be asked, ask nothing.")]
