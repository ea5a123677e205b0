"""What a command prints is sanitised on its way to the terminal: only Rich's own sequences pass it.

Text is sanitised where it is put together, so that columns are as wide as they look. What was missed there, and
whatever a library prints, is sanitised here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from neurotui.sanitize import VisibleStream, visible_lines

if TYPE_CHECKING:
    from typing import TextIO


class SanitizingConsole(Console):
    """A console without markup, of which every text and every link has been sanitised."""

    def __init__(self, *, stderr: bool = False, width: int | None = None) -> None:
        file = _beneath(sys.stderr if stderr else sys.stdout)
        super().__init__(file=file, width=width, markup=False, highlight=False, emoji=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments of a renderable, harmless ones."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else _harmless(segment)


def _beneath(stream: TextIO) -> TextIO:
    """Return the stream beneath our sanitising wrapper and Rich's own."""
    while (inner := getattr(stream, "beneath", getattr(stream, "rich_proxied_file", None))) is not None:
        stream = inner
    return stream


def _harmless(segment: Segment) -> Segment:
    style = segment.style
    return Segment(visible_lines(segment.text), style.update_link(None) if style and style.link else style)


@contextmanager
def standard_error_sanitized() -> Iterator[None]:
    """Sanitise what is printed on standard error while Rich has put a stream of its own in its place."""
    theirs, sys.stderr = sys.stderr, cast("TextIO", VisibleStream(sys.stderr))
    try:
        yield
    finally:
        sys.stderr = theirs
