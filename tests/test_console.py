"""Commands end in words and a status, whatever goes wrong, and print nothing that steers a terminal."""

import io
import json
import math
import subprocess
import sys

import pytest

from neurotui.cli import console
from neurotui.cli.progress_display import ProgressLines, duration
from neurotui.errors import UserError

ESCAPES = "name\x1b]52;c;AAAA\x07\u202eend"


def raising(error):
    def command():
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (UserError("there is no 'x'", "make one"), 1, "error: there is no 'x'\nhint: make one\n"),
        (UserError(ESCAPES), 1, "error: name␛]52;c;AAAA␇\N{REPLACEMENT CHARACTER}end\n"),
        (FileNotFoundError(2, "No such file or directory", "x"), 1, "error: 'x': no such file or directory"),
        (OSError(28, "No space left on device", "x"), 1, "no space left on device"),
        (ZeroDivisionError("division by zero"), 1, "something went wrong inside neurotui: ZeroDivisionError"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_an_error_is_two_lines_and_a_status(capsys, error, status, says):
    assert console.guarded(raising(error), goes_on=False) == status
    printed = capsys.readouterr()
    assert says in printed.err
    assert printed.out == ""
    assert "Traceback" not in printed.err


@pytest.mark.parametrize("goes_on", [True, False])
def test_an_interrupt_says_that_a_command_goes_on_only_where_it_does(capsys, goes_on):
    console.guarded(raising(KeyboardInterrupt()), goes_on=goes_on)
    assert ("goes on from there" in capsys.readouterr().err) == goes_on


def test_a_traceback_is_there_for_who_asks(capsys, monkeypatch):
    monkeypatch.setenv("NEUROTUI_DEBUG", "1")
    console.guarded(raising(ZeroDivisionError("x")), goes_on=False)
    assert "Traceback" in capsys.readouterr().err


def test_the_traceback_of_what_brought_an_error_about_is_there_too(capsys, monkeypatch):
    told = UserError("backend 'x' failed", "mend it")
    told.__cause__ = ZeroDivisionError("deep inside")
    for debugging in ("", "1"):
        monkeypatch.setenv("NEUROTUI_DEBUG", debugging)
        console.guarded(raising(told), goes_on=False)
        printed = capsys.readouterr().err
        assert ("ZeroDivisionError: deep inside" in printed) == bool(debugging)
        assert printed.endswith("error: backend 'x' failed\nhint: mend it\n")


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


@pytest.mark.parametrize(
    ("seconds", "said"), [(8, "8 s"), (59.4, "59 s"), (60, "1 min"), (7500, "2 h 5 min"), (3599, "1 h 0 min")]
)
def test_durations_as_people_say_them(seconds, said):
    assert duration(seconds) == said


def test_a_reader_that_goes_away_ends_the_command_quietly():
    code = (
        "import sys; from neurotui.cli import console;"
        "sys.exit(console.guarded(lambda: [console.show('x' * 99) for _ in range(9999)] and 0, goes_on=False))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(20) == 1
