"""Texts for the models to read: a small language of our own, always the same."""

import json

import numpy as np
import pytest

from neurotui.errors import UserError

_SAID = """
    the a of and then we they was were saw near old new with for at by from it had in on after before slowly
    again football goal striker referee oven bread dough butter planet comet telescope orbit guitar piano
    concert melody bank loan interest price doctor fever hospital nurse train ticket station harbour battery
    screen laptop garden tulip seed spade rain unbelievably rebroadcasting counterclockwise
"""
WORDS = _SAID.split()
MARKS = ("", "", "", "", ",", ".", "!", "?", ";")
ODD = (
    "Ünïcödé naïve café ﬁsh",
    "日本語 と emoji 🦄🦄 and 👩‍👩‍👧 too",
    "tabs\tand\nnew lines\r\nand   spaces ",
    "x",
    "1,234.5 % of 10^6 = ?",
    "\N{RIGHT-TO-LEFT OVERRIDE}abc\x1b[31m\x00",
    "\x00\x01",
    " \n\t",
    "",
)


def sentence(chance, words):
    """Return a text of so many words, with marks and capitals here and there."""
    said = [WORDS[word] + MARKS[mark] for word, mark in chance.integers((len(WORDS), len(MARKS)), size=(words, 2))]
    capital = chance.random(words) < 0.2
    return " ".join(word.capitalize() if large else word for word, large in zip(said, capital, strict=True))


def sentences(count, *, seed=0, longest=12):
    """Return so many texts of 1 to `longest` words, all different."""
    chance = np.random.default_rng(seed)
    found = {}
    while len(found) < count:
        found[sentence(chance, chance.integers(1, longest + 1))] = None
    return list(found)


def mixed(count=36):
    """Return short, long, odd, blank and repeated texts; repeats differ in case, in space or beyond the cut."""
    plain = sentences(count, longest=30)
    long = [sentence(np.random.default_rng(number), 90 + number) for number in range(5)]
    beyond = [f"{long[0]} {end}" for end in ("and so on", "but not so")]
    repeats = [plain[3], plain[4].upper(), "  " + plain[5].replace(" ", "  \n"), plain[3]]
    return [*plain, *ODD, *long, *beyond, *repeats]


def many():
    """Return texts for three shards, every tenth of them again in another shard and in other letters."""
    plain = sentences(1_000, seed=1)
    return [*plain, *(body.upper() for body in plain[::10])]


def write_lines(path, bodies):
    """Write texts as JSON lines with an id and a gold label; return the path."""
    records = ({"text": body, "id": f"t{number}", "topic": f"g{number % 3}"} for number, body in enumerate(bodies))
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def quiet(stage, done, total):
    """Take in progress and say nothing."""
    assert 0 <= done <= total, stage


def refused(work, *arguments, **options):
    """Return what a call is refused with; there is always a way out."""
    with pytest.raises(UserError) as refusal:
        work(*arguments, **options)
    message, hint = refusal.value.message, refusal.value.hint
    assert hint
    assert "\n" not in message
    return f"{message} | {hint}"
