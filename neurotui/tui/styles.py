"""The styles of the line-drawn widgets, computed once for each theme.

Every style has a background, so that a strip fully covers what was drawn there before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.color import Color as RichColor
from rich.style import Style
from rich.terminal_theme import DEFAULT_TERMINAL_THEME
from textual.color import Color

from neurotui.tui import colormap

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.theme import Theme

    from neurotui.review.description import Grounds
    from neurotui.types import State

MARKS: dict[State, str] = {"open": "·", "accepted": "✓", "rejected": "✗", "skipped": "»", "conflict": "≠"}
"""The sign of each state."""

_STATE_STYLES: dict[State, Callable[[Ink], Style]] = {
    "open": lambda ink: ink.faint,
    "accepted": lambda ink: ink.good,
    "rejected": lambda ink: ink.bad,
    "skipped": lambda ink: ink.muted,
    "conflict": lambda ink: ink.accent,
}

# How far muted and faint text is from the background, on dark and on light themes: muted text keeps a contrast
# of 4.5 and faint text of 3, under the cursor too.
_MUTED, _FAINT = {True: 0.66, False: 0.72}, {True: 0.5, False: 0.6}
_RULE, _CURSOR, _CURSOR_AWAY, _BAND = 0.2, 0.13, 0.07, 0.045


class Ink(NamedTuple):
    """Styles by purpose.

    ``band`` is combined with every second exemplar's, which sets them apart without a line between.
    ``cursor`` and ``away`` are combined with a row's styles at the cursor, in the pane with the focus and in one
    without it. ``apart`` draws texts without the selected candidate, ``held`` those with it and ``both`` where the
    two overlap; ``bar`` is combined with the styles of the status line. ``hot`` and ``cold`` are ramps of
    ``colormap.STEPS + 1`` styles.
    """

    text: Style
    strong: Style
    muted: Style
    faint: Style
    rule: Style
    accent: Style
    soft: Style
    good: Style
    bad: Style
    cursor: Style
    away: Style
    band: Style
    bar: Style
    apart: Style
    held: Style
    both: Style
    hot: tuple[Style, ...]
    cold: tuple[Style, ...]

    @property
    def is_exact(self) -> bool:
        """Whether the styles are of exact colours, which no palette of the terminal changes."""
        return self.text.color is not None and self.text.color.triplet is not None and not self.faint.dim


def ink(theme: Theme, *, sixteen: bool = False) -> Ink:
    """Return the styles for a theme; with only `sixteen` colours, in which the theme's would merge, plain ones."""
    return _ansi_ink(theme) if theme.ansi or sixteen else _blended_ink(theme)


def state_style(ink: Ink, state: State) -> Style:
    """Return the style of a neuron's state, the same everywhere."""
    return _STATE_STYLES[state](ink)


def grounds_style(ink: Ink, grounds: Grounds) -> Style:
    """Return the style of a neuron's description in a list."""
    return {"label": ink.strong, "described": ink.text}.get(grounds, ink.faint)


def _blended_ink(theme: Theme) -> Ink:
    variables = theme.to_color_system().generate()
    ground, text = Color.parse(variables["background"]), Color.parse(variables["foreground"])
    accent = Color.parse(variables["accent"])

    def style(color: Color, *, bold: bool = False) -> Style:
        return Style(color=color.rich_color, bgcolor=ground.rich_color, bold=bold)

    def between(amount: float, far: Color = text) -> Color:
        return ground.blend(far, amount, alpha=1)

    return Ink(
        text=style(text),
        strong=style(text, bold=True),
        muted=style(between(_MUTED[theme.dark])),
        faint=style(between(_FAINT[theme.dark])),
        rule=style(between(_RULE)),
        accent=style(accent),
        soft=style(between(0.38, accent)),
        good=style(Color.parse(variables["success"])),
        bad=style(Color.parse(variables["error"])),
        cursor=Style(bgcolor=between(_CURSOR).rich_color),
        away=Style(bgcolor=between(_CURSOR_AWAY).rich_color),
        band=Style(bgcolor=between(_BAND).rich_color),
        bar=Style(bgcolor=Color.parse(variables["panel"]).rich_color),
        apart=style(between(0.34)),
        held=style(accent),
        both=style(between(0.34).blend(accent, 0.45, alpha=1)),
        hot=colormap.heat(ground, text, dark=theme.dark),
        cold=colormap.heat(ground, text, dark=theme.dark, cold=True),
    )


def _plain(theme: Theme) -> Style:
    variables = theme.to_color_system().generate()
    text, ground = (Color.parse(variables[name]).rich_color for name in ("foreground", "background"))
    return Style(color=text, bgcolor=ground)


def _ansi_ink(theme: Theme) -> Ink:
    """Return styles of sixteen colours, except for the heat; the terminal's background is not known."""
    ground = Color(0, 0, 0) if theme.dark else Color(255, 255, 255)
    text = Color(229, 229, 229) if theme.dark else Color(20, 20, 20)
    plain = Style(color="default", bgcolor="default") if theme.ansi else _plain(theme)

    def hue(name: str) -> Style:
        if theme.ansi:
            return plain + Style(color=name)
        # A name would stand for another colour in one of Textual's palettes; this comes back as what it was.
        color = RichColor.parse(f"bright_{name}" if theme.dark else name)
        return plain + Style(color=RichColor.from_triplet(color.get_truecolor(DEFAULT_TERMINAL_THEME)))

    return Ink(
        text=plain,
        strong=plain + Style(bold=True),
        muted=plain,
        faint=plain + Style(dim=True),
        rule=plain + Style(dim=True),
        accent=hue("yellow"),
        soft=hue("yellow") + Style(dim=True),
        good=hue("green"),
        bad=hue("red"),
        cursor=Style(reverse=True),
        away=Style(underline=True),
        band=Style(),
        bar=Style(reverse=True),
        apart=plain + Style(color="white" if theme.dark else "bright_black"),
        held=hue("yellow"),
        both=hue("red"),
        hot=(plain, *colormap.heat(ground, text, dark=theme.dark)[1:]),
        cold=(plain, *colormap.heat(ground, text, dark=theme.dark, cold=True)[1:]),
    )
