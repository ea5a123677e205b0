"""Options of the commands that write or read labels; the formats that they take are those of the registry."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from neurotui.cli.options import one_of
from neurotui.exchange import registry

_WRITTEN, _READ = registry.writable_formats(), registry.readable_formats()
FILE = f"A {registry.usual_suffixes()} file"
"""What the help says of such a file."""


def _format(known: tuple[str, ...], by_default: str) -> Any:  # noqa: ANN401 - typer does not name its type
    """Return the option ``--format``, which takes one of some names."""
    told = f"By default {by_default}; one of {', '.join(known)}."
    return typer.Option("--format", parser=one_of(known), metavar="<name>", help=told)


FormatToWrite = Annotated[str | None, _format(_WRITTEN, "what the file's name says")]
FormatToRead = Annotated[str | None, _format(_READ, "what the file begins with, or its name says")]
