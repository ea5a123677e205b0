"""Heat reads without colour, and text on it reads at all."""

import itertools

import pytest
from rich.style import Style
from textual.app import App
from textual.color import Color

from neurotui.firing import FIRES_FROM
from neurotui.tui import colormap, themes
from neurotui.tui.styles import ink

OURS = {theme.name: theme for theme in themes.OURS}


def inks():
    """Return the ink of our themes and of all that come with Textual, which a person may choose."""
    app = App()
    for theme in themes.OURS:
        app.register_theme(theme)
    return {name: (theme, ink(theme)) for name, theme in app.available_themes.items()}


INKS = inks()


def colors(style):
    return Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)


@pytest.mark.parametrize("name", INKS)
@pytest.mark.parametrize("side", ["hot", "cold"])
def test_every_step_of_heat_moves_luminance_the_same_way(name, side):
    theme, inked = INKS[name]
    styles = getattr(inked, side)
    assert len(styles) == colormap.STEPS + 1
    grounds = [colors(style)[1] for style in styles[theme.ansi :]]
    steps = [b - a for a, b in itertools.pairwise(map(colormap.luminance, grounds))]
    assert all(step > 0 if theme.dark else step < 0 for step in steps)


@pytest.mark.parametrize("name", INKS)
@pytest.mark.parametrize("side", ["hot", "cold"])
def test_text_reads_on_every_step_of_heat(name, side):
    theme, inked = INKS[name]
    for style in getattr(inked, side)[theme.ansi :]:
        assert colormap.contrast(*colors(style)) >= 4.5


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize(
    ("part", "least"), [("text", 7), ("strong", 7), ("muted", 4.5), ("good", 4), ("bad", 4), ("faint", 3)]
)
def test_what_is_written_reads_in_our_themes_under_the_cursor_and_in_the_status_line_too(name, part, least):
    inked = INKS[name][1]
    for over in (inked.text, inked.cursor, inked.away, inked.bar):
        style = getattr(inked, part) + Style(bgcolor=over.bgcolor)
        assert colormap.contrast(*colors(style)) >= least


def test_contrast_is_that_of_wcag():
    white, black, grey = Color(255, 255, 255), Color(0, 0, 0), Color(119, 119, 119)
    assert colormap.contrast(white, black) == pytest.approx(21)
    assert colormap.contrast(black, white) == pytest.approx(21)
    assert colormap.contrast(grey, white) == pytest.approx(4.48, abs=0.005)
    assert colormap.luminance(Color(255, 0, 0)) == pytest.approx(0.2126)


def test_a_level_rises_with_its_value_and_never_leaves_the_ramp():
    nan, infinity = float("nan"), float("inf")
    levels = [colormap.level(value / 100, 1.0) for value in range(-50, 200)]
    assert levels == sorted(levels)
    # Below a quarter of the scale nothing is tinted, and what is can be seen.
    assert set(levels) == {0, *range(colormap.STEPS // 4, colormap.STEPS + 1)}
    assert colormap.level(FIRES_FROM - 0.001, 1) == 0 < colormap.level(FIRES_FROM, 1)
    for value, scale in ((1, 0), (1, -1), (0, 0), (nan, 1), (1, nan), (nan, nan)):
        assert colormap.level(value, scale) == 0
    assert colormap.level(infinity, 1) == colormap.level(infinity, infinity) == colormap.STEPS
    assert colormap.level(1, infinity) == 0
