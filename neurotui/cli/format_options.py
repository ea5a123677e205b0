"""Options of the commands that write or read labels; the formats that they take are those of the registry."""

from __future__ import annotations

from typing import Annotated

import typer

from neurotui.cli.options import listed, one_of
from neurotui.exchange import registry

_FORMATS = registry.names()
FILE = f"A {registry.usual_suffixes()} file"
"""What the help says of such a file."""

Format = Annotated[
    str | None,
    typer.Option(
        "--format", parser=one_of(_FORMATS), metavar=listed(_FORMATS), help="By default what the name says."
    ),
]
