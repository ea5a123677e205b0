"""The quick way from a pane's lines to the terminal draws what Textual's own would, character for character."""

import pytest
from textual.geometry import Region
from textual.scrollbar import ScrollBar
from textual.widget import Widget
from tui.driving import at_the_keys

from neurotui.tui.textual_internals import _lines_of_any_bar
from neurotui.tui.widgets.scroll import LinePane

# In a view beside Browse, and on Browse itself.
PLACES = ((), ("J",), ("v",), ("j", "j", "tab", "ctrl+d"), ("G",))


def cells(line):
    """Return each character of a line with all that its style says of it."""
    return [
        (character, segment.style and segment.style.without_color, segment.style and _colours(segment.style))
        for segment in line
        for character in segment.text
    ]


def _colours(style):
    names = [colour and colour.get_truecolor() for colour in (style.color, style.bgcolor)]
    return [*names, style.meta]


@pytest.mark.anyio
@pytest.mark.parametrize("theme", ["neurotui-dark", "neurotui-light", "ansi-dark"])
@pytest.mark.parametrize("size", [(140, 45), (80, 24)])
async def test_a_pane_is_drawn_as_textual_would(run, labels, theme, size):
    async with at_the_keys(run, labels, size, theme=theme) as person:
        for keys in PLACES:
            await person.press(*keys)
            panes = list(person.app.screen.query(LinePane))
            assert panes
            for pane in panes:
                everything = Region(0, 0, *pane.outer_size)
                pane._styles_cache.clear()
                theirs = Widget.render_lines(pane, everything)
                for ours, line in zip(pane.render_lines(everything), theirs, strict=True):
                    # The last column is the scroll bar's.
                    assert cells(ours) == cells(line.crop(0, ours.cell_length))
                    assert ours.cell_length == pane.outer_size.width - pane.scrollbar_size_vertical
            await person.press("escape")


@pytest.mark.anyio
@pytest.mark.parametrize("theme", ["neurotui-dark", "ansi-dark"])
async def test_a_scroll_bar_is_drawn_as_textual_would(run, labels, theme):
    async with at_the_keys(run, labels, theme=theme) as person:
        for keys in (("j",), ("G",), ("tab", "ctrl+d")):
            await person.press(*keys)
            bars = [bar for bar in person.app.screen.query(LinePane).results() for bar in [bar.vertical_scrollbar]]
            assert bars
            for bar in bars:
                assert isinstance(bar, ScrollBar)
                everything = Region(0, 0, *bar.size)
                bar._styles_cache.clear()
                theirs = _lines_of_any_bar(bar, everything)
                for ours, line in zip(bar.render_lines(everything), theirs, strict=True):
                    assert cells(ours) == cells(line)
                assert [cells(line) for line in bar.render_lines(Region(0, 2, 1, 3))] == [
                    cells(line) for line in theirs[2:5]
                ]


@pytest.mark.anyio
async def test_a_line_that_stays_is_not_made_again(run, labels):
    async with at_the_keys(run, labels) as person:
        pane = person.browse.list
        before = {id(line) for line in pane.render_lines(Region(0, 0, *pane.outer_size))}
        await person.press("j")
        after = {id(line) for line in pane.render_lines(Region(0, 0, *pane.outer_size))}
        assert len(before - after) <= 2
