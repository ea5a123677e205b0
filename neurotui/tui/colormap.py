"""Heat: an activation to a background colour whose luminance only ever moves one way.

On a dark ground more activation is lighter, on a light ground darker, so that the ramp still reads where a
terminal shows no colour. Text on it changes sides where contrast asks for it.
"""

from __future__ import annotations

from rich.style import Style
from textual.color import Color

from neurotui.types import ACTIVE_FROM

STEPS = 16
# Between pure black and white the worse of the two is never below 4.58; anything greyer falls under 4.5.
_DARK_TEXT = Color(0, 0, 0)
_LIGHT_TEXT = Color(255, 255, 255)
_HOT = {True: Color(255, 186, 82), False: Color(186, 84, 0)}
_COLD = {True: Color(120, 190, 250), False: Color(20, 92, 158)}
_CHANNEL_KNEE = 0.04045


def level(value: float, scale: float) -> int:
    """Return the step of `value` on a ramp that is full at `scale`: 0 (no heat) to ``STEPS``.

    A neuron that is not active has no heat: a page on which every word is tinted shows nothing.
    """
    # What is no number is on neither side, and has no heat.
    if not (scale > 0 and value >= ACTIVE_FROM * scale):
        return 0
    return round(STEPS * min(1.0, value / scale))


def heat(ground: Color, text: Color, *, dark: bool, cold: bool = False) -> tuple[Style, ...]:
    """Return the styles of levels 0 to ``STEPS``: from the ground itself to full heat."""
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
    """Return the usual text colour while it reads well, else whichever of black and white reads better."""
    enough = 5.5
    if contrast(text, background) >= enough:
        return text
    return max((_DARK_TEXT, _LIGHT_TEXT), key=lambda color: contrast(color, background))


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= _CHANNEL_KNEE else ((channel + 0.055) / 1.055) ** 2.4
