"""Columns stand where our layout has them, however wide a terminal takes what stands before them."""

import re
import unicodedata

import pytest
from rich.cells import cell_len
from synthetic import write_run
from tui.figures import our_ink
from tui.terminal import Terminal
from tui.test_terminal import opening

from neurotui.tui.column_anchors import anchored
from neurotui.tui.widgets.text_layout import shown, strip

INK = our_ink()
TEXTS = {
    "Devanagari": "हिन्दी में क्षत्रिय",
    "Tamil": "தமிழ் மொழி",
    "Bengali": "বাংলা ভাষা",
    "Thai": "ภาษากำลัง",
    "Khmer": "ភាសាខ្មែរ",
    "Burmese": "မြန်မာဘာသာ",
    "Hangul letters": "\u1112\u1161\u11ab 한글",
    "emoji": "👨‍👩‍👧 👍🏽 🇫🇷 ❤️ 1️⃣ 🫨",
}


def by_one_rule(character, mark, *, joined):
    """Return a character's cells in a terminal that gives `mark` cells to a mark beside a letter."""
    if unicodedata.category(character) == "Mc":
        return mark
    if joined and (character == "\u0e33" or "\u1160" <= character <= "\u11ff" or ord(character) > 0x1F000):
        return 0
    return cell_len(character)


class Grid:
    """A terminal that knows where text goes, and no more; `rule` says how many cells a character takes."""

    def __init__(self, rule):
        self.rule = rule
        self.cells = {}

    def write(self, data):
        row = column = 1
        for to_row, to_column, text in re.findall(r"\x1b\[(\d+);(\d+)H|\x1b\[[0-?]*[ -/]*[@-~]|([^\x1b])", data):
            if to_row:
                row, column = int(to_row), int(to_column)
            elif text and text >= " ":
                width = self.rule(text)
                if width:
                    self.cells[row, column] = text
                column += width

    def columns_of(self, sign):
        return {column for (_, column), found in self.cells.items() if found == sign}


RULES = [(mark, joined) for mark in (0, 1, 2) for joined in (False, True)]


@pytest.mark.parametrize(("mark", "joined"), RULES)
@pytest.mark.parametrize("script", TEXTS)
def test_what_follows_stands_in_its_column_on_every_terminal(script, mark, joined):
    grid = Grid(lambda one: by_one_rule(one, mark, joined=joined))
    for row, words in enumerate((TEXTS[script], "plain words"), 1):
        line = strip([(shown(words), INK.text)], 40, INK.text).text
        grid.write(anchored(f"\x1b[{row};1H\x1b[1m{line}\x1b[0m|"))
    assert grid.columns_of("|") == {41}


def test_a_mark_beside_its_letter_is_drawn_over_by_nothing_where_it_takes_a_cell():
    grid = Grid(lambda one: by_one_rule(one, 1, joined=False))
    grid.write(anchored("\x1b[1;1Hकि ता"))
    assert "".join(grid.cells[1, column] for column in range(1, 6)) == "कि ता"
    assert cell_len("कि ता") == 5


def test_what_all_terminals_agree_on_is_written_as_it_is():
    data = "\x1b[1;1Hplain · 漢字 é … │ العربية\x1b[0m\n"
    assert anchored(data) == data
    assert anchored("no place is known: कि") == "no place is known: कि"


def test_the_app_keeps_its_columns_whether_a_terminal_gives_marks_a_cell_or_none(tmp_path):
    run = write_run(tmp_path / "run.duckdb", names=[TEXTS["Devanagari"], TEXTS["Tamil"]])
    with Terminal(opening(run, tmp_path / "labels.jsonl"), size=(120, 30)) as app:
        app.until("1 ")
        app.until("▸ 1")
        for mark in (0, 1):
            grid = Grid(lambda one, mark=mark: by_one_rule(one, mark, joined=False))
            grid.write(app.raw.decode("utf-8", "ignore"))
            assert len(grid.columns_of("│")) == 1
