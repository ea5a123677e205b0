"""Every line is exactly as wide as was asked, and wrapping loses nothing but spaces."""

import random

import pytest
from rich.cells import cell_len
from tui import hostile
from tui.figures import our_ink

from neurotui.review.orders import SORTS
from neurotui.tui.widgets.neuron_columns import COLUMNS
from neurotui.tui.widgets.text_layout import Page, chopped, right, shown, strip, wrapped
from neurotui.wording import fitted, percent, short

INK = our_ink()
TEXTS = [
    "",
    " ",
    "plain words",
    "  two  spaces  ",
    "日本語の文字は幅が二つ",
    "\uff41\uff42\uff43 full width",
    "e\u0301e\u0301e\u0301",
    "\u0301\u0302 begins with marks",
    "👩‍👩‍👧‍👦 👍🏽 🇺🇸 1️⃣ ❤️",
    "مرحبا بالعالم",
    "ภาษาไทยเขียนติดกัน",
    "क्षत्रिय क्‍ष",
    "x" * 200,
    "漢" * 99,
    *hostile.NAMES,
    *hostile.TEXTS,
]
SHOWN = [shown(text) for text in TEXTS]
assert len(set(SHOWN)) > 20
WIDTHS = [*range(1, 14), 20, 33, 61]


def cells(line):
    """Return a strip's width, having seen that it is what its segments add up to."""
    assert sum(cell_len(segment.text) for segment in line) == line.cell_length
    return line.cell_length


@pytest.mark.parametrize("width", WIDTHS)
def test_a_strip_is_as_wide_as_was_asked_whatever_stands_in_it(width):
    chance = random.Random(width)  # noqa: S311 - not a secret
    for text in SHOWN:
        assert cells(strip([(text, INK.text)], width, INK.text)) == width
        several = [(part, INK.accent) for part in chance.sample(SHOWN, 3)]
        assert cells(strip([(text, INK.text), *several], width, INK.text)) == width


def test_a_strip_of_no_width_is_empty():
    assert strip([("text", INK.text)], 0, INK.text).text == ""


def test_every_cell_of_a_strip_has_a_ground_of_its_own():
    for line in (strip([("text", INK.text)], 20, INK.text), strip((), 20, INK.text)):
        assert all(segment.style.bgcolor is not None for segment in line)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_fitted_text_fills_its_cells_and_says_when_it_was_cut(width):
    for text in SHOWN:
        fit = fitted(text, width)
        assert cell_len(fit) == width
        if cell_len(text) <= width:
            assert fit == text + " " * (width - cell_len(text))
        else:
            assert fit.endswith("…")
    assert fitted("text", 0) == fitted("text", -3) == ""


def test_a_short_text_stays_as_it_is_and_a_long_one_is_cut():
    assert short("night sky", 9) == "night sky"
    assert short("night sky", 8) == "night s…"


def test_joined_emoji_stand_side_by_side_and_letters_keep_what_they_need():
    assert shown("👩‍👩‍👧 ❤️ 1️⃣") == "👩👩👧 ❤ 1⃣"
    assert shown("می‌خواهم é") == "می‌خواهم é"
    assert cell_len(shown("👩‍👩‍👧")) == 6


@pytest.mark.parametrize("width", WIDTHS)
def test_right_ends_where_it_should(width):
    for text in SHOWN:
        assert cell_len(right(text, width)) == max(width, cell_len(text))
        assert right(text, width).endswith(text)


def without_spaces(texts):
    return "".join(texts).replace(" ", "")


@pytest.mark.parametrize("width", WIDTHS)
def test_wrapping_keeps_within_the_width_and_loses_nothing_but_spaces(width):
    for text in SHOWN:
        rows = wrapped(text, width)
        assert rows
        assert without_spaces(rows) == without_spaces([text])
        assert all(cell_len(row) <= max(width, 2) for row in rows)


def test_wrapping_breaks_at_spaces_where_it_can():
    assert wrapped("the rain fell on bread", 9) == ["the rain", "fell on", "bread"]
    assert wrapped("a incomprehensibility b", 9) == ["a", "incompreh", "ensibilit", "y b"]


@pytest.mark.parametrize("width", WIDTHS)
def test_chopping_loses_nothing(width):
    for text in SHOWN:
        pieces = chopped(text, width)
        assert "".join(pieces) == text
        # A letter of two cells has no room in one, and stands in a piece of its own.
        assert all(cell_len(piece) <= max(width, 2) for piece in pieces)


@pytest.mark.parametrize("width", WIDTHS)
def test_every_line_of_a_page_is_as_wide_as_the_page(width):
    page = Page(width, INK)
    for text in SHOWN:
        page.line((text, INK.text))
        page.heading(text, text)
        page.heading("candidates", text)
        page.paragraph(text, INK.text, 4)
        page.blank()
    assert {cells(line) for line in page.strips} == {width}


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "0.0%"),
        (1e-9, "<0.1%"),
        (0.000999, "<0.1%"),
        (0.001, "0.1%"),
        (0.05, "5.0%"),
        (0.999, "99.9%"),
        (0.99951, "100%"),
        (1.0, "100%"),
        (float("nan"), "—"),
    ],
)
def test_a_share_is_said_in_three_figures(share, said):
    assert percent(share) == said


@pytest.mark.parametrize(
    "text", ["👍🏽 skin", "🇫🇷🇩🇪 flags", "👩‍👩‍👧 family", "🏳️‍🌈 pride", "1️⃣ keycap", "☁️ ☁︎ cloud"]
)
def test_a_text_is_as_wide_as_its_characters_are_one_by_one(text):
    assert cell_len(shown(text)) == sum(cell_len(character) for character in shown(text))


def test_flags_are_letters_and_a_skin_is_left_out():
    assert shown("🇫🇷 👍🏽") == "FR 👍"


def test_every_order_is_told_at_one_column_of_the_list():
    assert sorted(sort for column in COLUMNS for sort in column.sorts) == sorted(SORTS)
