"""Themes: neurotui's own, and Textual's. Heat has colours of its own, in ``colormap.py``.

A new theme of ours is one record in ``OURS``: the app, the configuration and its hints read this table.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from textual.theme import BUILTIN_THEMES, Theme

if TYPE_CHECKING:
    from collections.abc import Mapping

_DARKEST_LIGHT = 7
_BRIGHT_BLACK = 8

DARK = Theme(
    name="neurotui-dark",
    primary="#e9b04e",
    secondary="#7aa7d6",
    accent="#e9b04e",
    warning="#e9b04e",
    error="#e5786d",
    success="#84c48e",
    foreground="#d7dce4",
    background="#10141a",
    surface="#10141a",
    panel="#1a212b",
    dark=True,
)
LIGHT = Theme(
    name="neurotui-light",
    primary="#a85400",
    secondary="#1f6299",
    accent="#a85400",
    warning="#a85400",
    error="#b3332a",
    success="#27753f",
    foreground="#23282f",
    background="#fbfaf6",
    surface="#fbfaf6",
    panel="#efece4",
    dark=False,
)
OURS = (DARK, LIGHT)


def names() -> tuple[str, ...]:
    """Return the names of all themes that a person may choose: Textual's, then ours."""
    return (*BUILTIN_THEMES, *(theme.name for theme in OURS))


def of_the_other_shade(theme: Theme) -> Theme:
    """Return our light theme for a dark one, our dark theme for a light one."""
    return LIGHT if theme.dark else DARK


def preferred(configured: str = "", environment: Mapping[str, str] = os.environ) -> str:
    """Return the initial theme: the one that TEXTUAL_THEME names, else the `configured` one, else ours.

    Ours is light or dark like the terminal, if that sets COLORFGBG, whose last number is the background colour.
    """
    if environment.get("TEXTUAL_THEME") or configured:
        return environment.get("TEXTUAL_THEME") or configured
    ground = environment.get("COLORFGBG", "").rpartition(";")[2]
    light = ground.isdecimal() and int(ground) >= _DARKEST_LIGHT and int(ground) != _BRIGHT_BLACK
    return LIGHT.name if light else DARK.name
