"""The heat colormap: maps an activation to a background colour of monotonic luminance.

More activation is lighter on a dark background and darker on a light one, so that the ramp remains readable in a
terminal without colour. Text switches between dark and light where contrast requires it.
"""

from __future__ import annotations

from rich.style import Style
from textual.color import Color

from neurotui import firing

STEPS = 16
# The better of pure black and white always has a contrast of at least 4.58; greyer pairs fall below 4.5.
_DARK_TEXT = Color(0, 0, 0)
_LIGHT_TEXT = Color(255, 255, 255)
_HOT = {True: Color(255, 186, 82), False: Color(186, 84, 0)}
_COLD = {True: Color(120, 190, 250), False: Color(20, 92, 158)}
_CHANNEL_KNEE = 0.04045


def level(value: float, scale: float) -> int:
    """Return the step of `value` on a ramp that is full at `scale`: 0 (no heat) to ``STEPS``."""
    return firing.heat(value, scale, STEPS)


def heat(ground: Color, text: Color, *, dark: bool, cold: bool = False) -> tuple[Style, ...]:
    """Return the styles of levels 0 to ``STEPS``: from the plain background to full heat."""
    full = (_COLD if cold else _HOT)[dark]
    backgrounds = [ground.blend(full, step / STEPS, alpha=1) for step in range(STEPS + 1)]
    return tuple(
        Style(color=_readable(text, background).rich_color, bgcolor=background.rich_color)
        for background in backgrounds
    )


def luminance(color: Color) -> float:
    """Return relative luminance, 0 to 1 (WCAG 2.2)."""
    channels = [_linear(channel / 255) for channel in (color.r, color.g, color.b)]
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _readable(text: Color, background: Color) -> Color:
    """Return the usual text colour if its contrast suffices, else whichever of black and white contrasts more."""
    enough = 5.5
    if contrast(text, background) >= enough:
        return text
    return max((_DARK_TEXT, _LIGHT_TEXT), key=lambda color: contrast(color, background))


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= _CHANNEL_KNEE else ((channel + 0.055) / 1.055) ** 2.4
