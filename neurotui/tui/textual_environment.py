"""Which of Textual's environment variables the app heeds: those that say how to draw.

The others are for those who make apps: they import a class by its name, press keys, write logs, take pictures.
"""

from __future__ import annotations

from collections.abc import MutableMapping

from neurotui.tui.runner import WEB_DRIVER

_HEEDED = {
    "TEXTUAL_ANIMATIONS",
    "TEXTUAL_COLOR_SYSTEM",
    "TEXTUAL_DIM_FACTOR",
    "TEXTUAL_DISABLE_KITTY_KEY",
    "TEXTUAL_FPS",
    "TEXTUAL_SMOOTH_SCROLL",
    "TEXTUAL_THEME",
}
# Textual draws at the ticks of a clock, for which a key waits: half as long as with its own 60 a second.
_FRAMES_A_SECOND = "120"
_COLOR_SYSTEMS = {"auto", "standard", "256", "truecolor", "windows"}


def keep_how_to_draw(environment: MutableMapping[str, str]) -> None:
    """Remove what Textual would heed and we do not, before it is imported: it reads them then.

    What a key brings about is drawn sooner than Textual would, unless the environment says how often to draw.
    """
    for name in [name for name in environment if name == "TEXTUAL" or name.startswith("TEXTUAL_")]:
        known = name in _HEEDED or (name == "TEXTUAL_DRIVER" and environment[name] == WEB_DRIVER)
        if not known or (name == "TEXTUAL_COLOR_SYSTEM" and environment[name] not in _COLOR_SYSTEMS):
            del environment[name]
    environment.setdefault("TEXTUAL_FPS", _FRAMES_A_SECOND)
