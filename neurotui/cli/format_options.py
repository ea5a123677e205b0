"""Options of the commands that write or read labels; the formats that they take are those of the registry."""

from __future__ import annotations

from typing import Annotated

import typer

from neurotui.cli.options import one_of
from neurotui.exchange import registry

_WRITTEN, _READ = registry.written(), registry.read()
FILE = f"A {registry.usual_suffixes()} file"
"""What the help says of such a file."""

FormatToWrite = Annotated[
    str | None,
    typer.Option(
        "--format",
        parser=one_of(_WRITTEN),
        metavar="<name>",
        help=f"By default what the file's name says; one of {', '.join(_WRITTEN)}.",
    ),
]
FormatToRead = Annotated[
    str | None,
    typer.Option(
        "--format",
        parser=one_of(_READ),
        metavar="<name>",
        help=f"By default what the file begins with, or its name says; one of {', '.join(_READ)}.",
    ),
]
