"""A long journal is read the quick way, and what that returns is what the careful way would."""

import random

import pytest

from neurotui.store import journal_lines
from neurotui.store.journal_fast_read import _Line, own_events
from neurotui.store.journal_lines import NotADecisionError, event_of, line_of, parse
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
    read = own_events(line)
    assert read is None or read == careful(line)


def test_what_we_write_is_read_as_by_the_careful_way():
    lines = [line_of(of(number)).rstrip() for number in range(3000)]
    alone = [own_events(line) for line in lines]
    assert all(read == careful(line) for read, line in zip(alone, lines, strict=True) if read is not None)
    # Only half a character, which nobody types, is left to the careful way.
    assert {read is None for read, line in zip(alone, lines, strict=True) if b"\\ud800" not in line} == {False}


def test_lines_that_are_whole_only_together_are_no_decisions():
    start, end = LINE.split(b", ", 1)
    assert own_events(LINE + b"\n" + LINE) == [EVENT, EVENT]
    for lines in (
        [start + b",", end],
        [LINE + LINE, start + b",", end],
        [LINE + LINE, b" "],
        [LINE, b""],
        [b"", LINE],
    ):
        assert own_events(b"\n".join(lines)) is None


def long_journal():
    """Return the lines of a journal of several blocks, and where its second block begins about."""
    lines = [line_of(of(number)._replace(text="rain")).rstrip() for number in range(4000)]
    assert len(b"\n".join(lines)) > 3 * journal_lines._BLOCK
    return lines, 1500


def test_a_long_journal_is_read_the_quick_way(monkeypatch):
    lines, _ = long_journal()
    read = parse(b"\n".join([*lines, b""]), 1)
    assert read.events == [event_of(line) for line in lines]
    assert read.lines == len(lines)
    monkeypatch.setattr(journal_lines, "event_of", None)
    assert parse(b"\n".join([*lines, b""]), 1) == read


ODD_LINES = [
    b"",
    b"<<<<<<< HEAD",
    b"\0\0\0\0",
    LINE + b"\r",
    LINE + LINE,
    LINE[:40],
    b"{}",
    LINE.replace(b'"w"', b"1"),
    ODD[0],
]


@pytest.mark.parametrize(
    "odd", [*ODD_LINES, LINE.replace(b"rain", b"x" * (1 << 19))], ids=lambda odd: repr(odd[:80])
)
@pytest.mark.parametrize("place", ["first", "within", "last"])
def test_a_long_journal_with_an_odd_line_is_read_as_line_by_line(odd, place, monkeypatch):
    lines, within = long_journal()
    lines.insert({"first": 0, "within": within, "last": len(lines)}[place], odd)
    data = b"\n".join(lines)

    def read():
        """Return what is read, or what is wrong with which line."""
        try:
            return parse(data, 5)
        except NotADecisionError as error:
            return str(error), error.line, error.healthy

    quick = read()
    monkeypatch.setattr(journal_lines, "_BLOCK", 1 << 40)
    assert quick == read()
