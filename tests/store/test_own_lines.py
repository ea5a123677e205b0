"""A long journal is read the quick way, and what that returns is what the careful way would."""

import random

import pytest

from neurotui.store import journal_lines
from neurotui.store.journal_lines import NotADecisionError, event_of, line_of, parse
from neurotui.store.own_lines import _Line, own_events
from neurotui.types import Event

EVENT = Event("1", "2026-11-28T12:00:00.000000+00:00", "ada", "accept", "m", "w", 1, 2, "rain")
LINE = line_of(EVENT).rstrip()
FULL = line_of(EVENT._replace(side=-1, scope="text", fit=(0.5, 0.25, 1.0), order=EVENT.time)).rstrip()
CHANGES = {
    b'"layer": 1': (
        b'"layer": 1.0',
        b'"layer": true',
        b'"layer": "1"',
        b'"layer": -1',
        b'"layer": -0',
        b'"layer": 01',
    ),
    b'"unit": 2': (
        b'"unit": 2147483647',
        b'"unit": 2147483648',
        b'"unit": 2e0',
        b'"unit": 2, "unit": 3',
        b'"x": 2',
    ),
    b'"rain"': (
        *(b'"\\ud800"', b'"\\ud83d\\ude00"', b'"\\u0000"', b'"\\/"', b'"\\x"', b'"\t"', b'"\x7f"', b"null", b"1"),
        *(b'"r\xc3\xa9"', b'"\xed\xa0\x80"', b'"\xff"', b'"{"', b'"rain", "later": {"a": [NaN]}', b'"rain",'),
    ),
    b'"format": 2': (b'"format": 1', b'"format": 3', b'"format": 2.0', b'"format": true', b'"format": "9"'),
    b'"accept"': (b'"agree"', b'"undo"', b'["accept"]'),
    b'"2026-11-28T12:00:00.000000+00:00"': (
        *(b'"2026-11-28T12:00:00.000000Z"', b'"2026-11-28T14:00:00.000000+02:00"', b'"2026-11-28"', b'"never"'),
        *(b'"2026-02-30T12:00:00.000000+00:00"', b'"9999-11-28T12:00:00.000000+00:00"', b'""'),
        b'"2026-W48-6T12:00:00.000000+00:00"',
    ),
    b'"side": -1': (b'"side": -1.0', b'"side": 0', b'"side": false'),
    b'"scope": "text"': (b'"scope": "page"', b'"scope": ""', b'"scope": null'),
    b"[0.5, 0.25, 1.0]": (
        *(b"[0, 0.1234567890123456789, 1]", b"[1e-400, 5e-324, 1]", b"[0, 1, 1.5]", b"[0, 1, true]", b"[0, 1]"),
        *(b"[]", b"0.5", b"[0, 1, NaN]", b"[0, 1, -0.0]", b"null"),
    ),
    b"}": (b"} \r", b"}\0", b"},", b"}}", b"", b"}" + LINE),
}
ODD = [
    line.replace(old, new)
    for old, others in CHANGES.items()
    for new in others
    for line in ([LINE, FULL] if old in LINE else [FULL])
]


def of(number):
    """Return a decision that is like no other."""
    chance = random.Random(number)  # noqa: S311 - nothing is secret
    fit = tuple(chance.random() for _ in range(3)) if chance.random() < 0.5 else ()
    return Event(
        *(f"{number:032x}", f"2026-11-28T12:00:{number % 60:02}.{number:06}+00:00", chance.choice("ab")),
        *(chance.choice(["accept", "reject", "skip", "note", "propose", "undo", "redo"]), "m", "w"),
        *(chance.randrange(9), chance.randrange(99), chance.choice(["", "réin", "\ud800", 'a "b"\n', "🌧"])),
        *(
            chance.choice(["", "person"]),
            chance.choice(["", "of"]),
            chance.choice(["", "batch"]),
            fit,
            fit[:0] or fit,
        ),
        *(chance.choice([1, -1]), chance.choice(["", "text", "token"]), "", chance.choice(["", "eve"])),
    )


def careful(line):
    """Return what the careful way makes of a line, or that it refuses it."""
    try:
        return [event_of(line)]
    except (ValueError, TypeError):
        return None


def test_a_line_has_the_fields_of_an_event_and_leaves_out_the_same():
    *fields, last = _Line.__struct_fields__
    assert tuple(fields) == Event._fields
    assert last == "format"
    assert _Line.__struct_defaults__[:-1] == tuple(Event._field_defaults.values())


@pytest.mark.parametrize("line", ODD, ids=repr)
def test_a_line_that_deviates_is_left_to_the_careful_way_or_read_as_by_it(line):
    read = own_events([line])
    assert read is None or read == careful(line)


def test_what_we_write_is_read_as_by_the_careful_way():
    lines = [line_of(of(number)).rstrip() for number in range(3000)]
    alone = [own_events([line]) for line in lines]
    assert all(read == careful(line) for read, line in zip(alone, lines, strict=True) if read is not None)
    # Only half a character, which nobody types, is left to the careful way.
    assert {read is None for read, line in zip(alone, lines, strict=True) if b"\\ud800" not in line} == {False}


def test_lines_that_are_whole_only_together_are_no_decisions():
    start, end = LINE.split(b", ", 1)
    assert own_events([LINE, LINE]) == [EVENT, EVENT]
    assert own_events([start + b",", end]) is None
    # As many objects as lines, and yet not one on each.
    assert own_events([LINE + LINE, start + b",", end]) is None
    assert own_events([LINE + LINE, b" "]) is None


def test_a_long_journal_is_read_the_quick_way(monkeypatch):
    events = [of(number)._replace(text="rain") for number in range(journal_lines._BLOCK)]
    monkeypatch.setattr(journal_lines, "event_of", None)
    assert parse(b"".join(map(line_of, events)), 1).events == events


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        b"<<<<<<< HEAD",
        b"\0\0\0\0",
        LINE + b"\r",
        LINE + LINE,
        LINE[:40],
        b"{}",
        LINE.replace(b'"w"', b"1"),
        ODD[0],
    ],
)
def test_a_long_journal_with_an_odd_line_is_read_as_line_by_line(odd, monkeypatch):
    lines = [line_of(of(number)).rstrip() for number in range(2 * journal_lines._BLOCK)]
    lines[journal_lines._BLOCK + 7 : journal_lines._BLOCK + 7] = [odd]
    data = b"\n".join(lines)

    def read():
        """Return what is read, or what is wrong with which line."""
        try:
            return parse(data, 5)
        except NotADecisionError as error:
            return str(error), error.line, error.healthy

    quick = read()
    monkeypatch.setattr(journal_lines, "_BLOCK", 1_000_000)
    assert quick == read()
