"""Commands end in words and a status, whatever goes wrong."""

import subprocess
import sys

import pytest
from patience import PATIENCE

from neurotui.cli import exits
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
    assert exits.guarded(raising(error), goes_on="") == status
    printed = capsys.readouterr()
    assert says in printed.err
    assert printed.out == ""
    assert "Traceback" not in printed.err


@pytest.mark.parametrize("goes_on", ["neurotui precompute 'my texts' -o run", ""])
def test_an_interrupt_says_what_to_type_only_where_a_command_goes_on(capsys, goes_on):
    exits.guarded(raising(KeyboardInterrupt()), goes_on=goes_on)
    said = capsys.readouterr().err
    assert ("goes on from there" in said) == bool(goes_on)
    assert said.endswith(f"\nhint: {goes_on}\n" if goes_on else "kept\n")


def test_a_traceback_is_there_for_who_asks(capsys, monkeypatch):
    monkeypatch.setenv("NEUROTUI_DEBUG", "1")
    exits.guarded(raising(ZeroDivisionError("x")), goes_on="")
    assert "Traceback" in capsys.readouterr().err


def test_the_traceback_of_what_brought_an_error_about_is_there_too(capsys, monkeypatch):
    told = UserError("backend 'x' failed", "mend it")
    told.__cause__ = ZeroDivisionError("deep inside")
    for debugging in ("", "1"):
        monkeypatch.setenv("NEUROTUI_DEBUG", debugging)
        exits.guarded(raising(told), goes_on="")
        printed = capsys.readouterr().err
        assert ("ZeroDivisionError: deep inside" in printed) == bool(debugging)
        assert printed.endswith("error: backend 'x' failed\nhint: mend it\n")


def test_a_reader_that_goes_away_ends_the_command_quietly():
    code = (
        "import sys; from neurotui.cli import console, exits;"
        "sys.exit(exits.guarded(lambda: [console.show('x' * 99) for _ in range(9999)] and 0, goes_on=''))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(PATIENCE) == 1


def test_ctrl_c_while_numpy_is_loaded_is_not_lost_in_the_loading_of_torch():
    program = """
import sys
from neurotui.cli.models_extra import model_side

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == "numpy.dtypes":
            sys.meta_path.remove(self)
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
try:
    with model_side():
        import torch
except KeyboardInterrupt:
    print("heeded")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "heeded\n"
