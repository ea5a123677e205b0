"""The last filter on the way to the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.filter import LineFilter

from neurotui.sanitize import is_visible, visible

if TYPE_CHECKING:
    from textual.color import Color


class TerminalSanitizer(LineFilter):
    """Replaces control characters that are still in a line on its way to the terminal.

    All text is sanitised where it is drawn; this catches anything that was missed.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - the base's
        """Return the segments with sanitised text."""
        # Nearly always: one look at the whole line costs a fraction of one at each of its pieces.
        if is_visible("".join([text for text, _, _ in segments])) and not any(
            style is None or control for _, style, control in segments
        ):
            return segments
        return [
            segment if segment.control else Segment(visible(segment.text), segment.style or Style.null())
            for segment in segments
        ]
