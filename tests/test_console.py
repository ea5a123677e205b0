"""Commands print nothing that steers a terminal, and JSON that is JSON."""

import io
import json
import math

import pytest

from neurotui.cli import console
from neurotui.cli.progress_display import ProgressLines, duration

ESCAPES = "name\x1b]52;c;AAAA\x07\u202eend"


def test_what_is_printed_cannot_steer_the_terminal(capsys):
    console.show(ESCAPES, console.table(("a",), [(ESCAPES,)], ""))
    console.warn(ESCAPES)
    printed = capsys.readouterr()
    for text in (printed.out, printed.err):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "]52;c;AAAA" in text


def test_markup_in_data_is_data(capsys):
    console.show("[red]x[/red] [/] :smile:")
    assert capsys.readouterr().out == "[red]x[/red] [/] :smile:\n"


def test_json_has_null_for_what_is_no_number(capsys):
    console.answer({"a": math.nan, "b": [math.inf, 1.5], "c": {"d": "é\x1b"}})
    out = capsys.readouterr().out
    assert json.loads(out) == {"a": None, "b": [None, 1.5], "c": {"d": "é\x1b"}}
    assert out.isascii()
    assert "\x1b" not in out


def test_progress_lines_tell_rate_and_time_left_once_a_minute():
    now = [0.0]
    stream = io.StringIO()
    lines = ProgressLines(stream, clock=lambda: now[0])
    for done in range(0, 101, 10):
        lines("running the model", done, 100)
        now[0] += 20
    assert stream.getvalue().splitlines() == [
        "running the model: 30 of 100, 0.5 a second, 2 min left",
        "running the model: 60 of 100, 0.5 a second, 1 min left",
        "running the model: 90 of 100, 0.5 a second, 20 s left",
        "running the model: 100 of 100, 0.5 a second, done in 3 min",
    ]


def test_stages_that_alternate_and_begin_anew_are_told_once_and_then_once_a_minute():
    now = [0.0]
    stream = io.StringIO()
    lines = ProgressLines(stream, clock=lambda: now[0])
    for neuron in range(50):
        lines("comparing neurons", neuron, 50)
        for done in (1, 2):
            lines("reading held-out texts", done, 2)
            now[0] += 1
    lines("comparing neurons", 50, 50)
    assert stream.getvalue().splitlines() == [
        "reading held-out texts: 2 of 2, 1.0 a second, done in 1 s",
        "comparing neurons: 30 of 50, 0.5 a second, 40 s left",
        "reading held-out texts: 2 of 2, 1.0 a second, done in 1 s",
        "comparing neurons: 50 of 50, 0.5 a second, done in 2 min",
    ]


@pytest.mark.parametrize(
    ("seconds", "said"), [(8, "8 s"), (59.4, "59 s"), (60, "1 min"), (7500, "2 h 5 min"), (3599, "1 h 0 min")]
)
def test_durations_as_people_say_them(seconds, said):
    assert duration(seconds) == said
