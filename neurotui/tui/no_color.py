"""NO_COLOR: where that variable is set, the app is drawn in greys (https://no-color.org).

Textual reads the variable and sets a filter, but one for the theme that the app started with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.filter import Monochrome, NoColor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.filter import LineFilter

_GREYS, _NO_COLOURS = Monochrome(), NoColor()


def for_the_present_theme(filters: Sequence[LineFilter], *, ansi: bool) -> list[LineFilter]:
    """Return Textual's filters, with the no-colour one for the present theme; `ansi`: of the terminal's colours.

    Textual's filter of greys does not know the terminal's colours: their greys would be black on black.
    """
    grey = _NO_COLOURS if ansi else _GREYS
    return [grey if isinstance(one, NoColor | Monochrome) else one for one in filters]
