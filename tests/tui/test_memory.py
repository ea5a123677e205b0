"""What was closed is let go: an app that is used all day takes no more memory than one of this morning."""

import gc
import weakref

from textual._styles_cache import StylesCache
from textual.color import Color

import neurotui.tui.textual_internals  # noqa: F401 - what Textual keeps too long is mended there


def test_what_a_closed_widget_had_drawn_is_not_kept_for_its_colours():
    drawn = StylesCache()
    inner, outer = drawn.get_inner_outer(Color(1, 2, 3), Color(4, 5, 6))
    assert (inner.background, outer.background) == (Color(4, 5, 6), Color(1, 2, 3))
    kept = weakref.ref(drawn)
    del drawn
    gc.collect()
    assert kept() is None
