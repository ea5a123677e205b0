"""Nothing that reaches a terminal steers it, and offsets stay right."""

import json
import unicodedata
from pathlib import Path

import pytest

from neurotui.sanitize import visible

HOSTILE = Path(__file__).parents[1] / "sample_data" / "hostile.jsonl"
REORDERING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def test_every_control_and_format_character_becomes_one_that_is_seen():
    for code in range(0x110000):
        char = chr(code)
        shown = visible(char)
        assert len(shown) == 1
        kind = unicodedata.category(char)
        if kind in {"Cc", "Cs", "Zl", "Zp"} or unicodedata.bidirectional(char) in REORDERING:
            assert shown != char, hex(code)
        if kind[0] in "LNPSM":
            assert shown == char, hex(code)


@pytest.mark.parametrize(
    "char", ["\u200e", "\u202e", "\u2066", "\x1b", "\x9b", "\x00", "\x7f", "\u2028", "\ufeff", "\ud800"]
)
def test_the_worst_ones(char):
    assert visible(f"a{char}b")[1] != char


def test_joiners_that_people_write_with_stay():
    assert (
        visible("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645")
        == "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    )


def test_hostile_texts_keep_their_length():
    for line in HOSTILE.read_text(encoding="utf-8").splitlines():
        text = json.loads(line)["text"]
        assert len(visible(text)) == len(text)
        visible(text).encode()
