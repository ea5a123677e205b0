"""The app in a real terminal that sends more than keys, stands still, is small, or is hidden: it decides nothing."""

import fcntl
import shlex
import signal
import struct
import sys
import termios
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from tui.driving import decisions
from tui.terminal import PATIENCE, Terminal
from tui.test_input_sequences import UNKNOWN
from tui.test_terminal import opening, started

PASTES = [b"\x1b[200~\x1b[31mxx\x1b[201~", b"\x1b[200~axm\nx\n\x1b[201~axm\x1b[201~"]


def test_no_byte_that_nobody_typed_decides_marks_or_opens_anything(run, labels):
    with started(run, labels) as app:
        app.press("j", "m")
        app.until("1 marked")
        app.read_for(1)
        before = app.text
        for noise in UNKNOWN + PASTES + [b"\xff\xfe\xe2\x82", b"\xe9a"]:
            app.send(noise)
        for noise in (b"\x1b[31m", b"\x1b]11;rgb:xxxx/aaaa/mmmm\x1b\\", PASTES[0]):
            for byte in noise:
                app.send(bytes([byte]))
                app.read_for(0.12)
        app.read_for(1)
        assert app.text == before
        app.press("n")
        app.until("note on")
        app.send(b"\x1b[200~\x1b[31mfrom a terminal\x1b]0;x\x07\x1b[201~")
        app.until("from a terminal")
        app.press("enter")
        app.until("noted")
        app.press("q")
        assert app.ends() == 0
    assert decisions(labels) == [("L0.2", "note", "from a terminal")]


def test_megabytes_of_what_nobody_typed_are_passed_over_and_keys_work_after_them(run, labels):
    with started(run, labels) as app:
        for noise in (
            b"\x1b[200~" + b"flood x" * 300_000 + b"\x1b[201~",
            b"\x1b[31m" * 400_000,
            b"\x1b]52;c;" + b"AxmA" * 500_000 + b"\x07",
        ):
            app.send_all(noise)
            app.press("j")
        app.until("▌ · L0.3")
        app.press("q")
        assert app.ends() == 0
    assert decisions(labels) == []


PILES = ["cc\r", "jc\t\t\r", ":evaluation\rj", "vqHqJqsqfq", "scc", "?q:\x7f", "v\tH", "cccc/", "jjmsc\r"]


def test_keys_that_pile_up_while_the_app_stands_still_end_nothing_and_are_done_in_turn(run, labels):
    with started(run, labels) as app:
        for keys in PILES:
            app.process.send_signal(signal.SIGSTOP)
            app.send(keys.encode())
            app.process.send_signal(signal.SIGCONT)
            for _ in range(3):
                app.press("escape")
            app.press("g")
            app.until("▌ · L0.0")
            assert app.process.poll() is None, keys
        app.process.send_signal(signal.SIGSTOP)
        app.send(b"xxjax")
        app.process.send_signal(signal.SIGCONT)
        app.until("✓ 1   ✗ 3")
        drawn = app.raw.decode(errors="replace")
        assert all(f"saved: L0.{unit} " in drawn for unit in (0, 1, 3, 4))
        app.press("q")
        assert app.ends() == 0
    assert [one[:2] for one in decisions(labels)] == [
        ("L0.0", "reject"),
        ("L0.1", "reject"),
        ("L0.3", "accept"),
        ("L0.4", "reject"),
    ]


def stopped(app):
    """Wait until the app is stopped."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if Path(f"/proc/{app.process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return True
        app.read_for(0.05)
    return False


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="reads a process's state where Linux shows it")
def test_a_suspended_app_gives_the_terminal_back_and_comes_back_whole(run, labels):
    with started(run, labels) as app:
        app.read_for(1)
        before = app.text
        for number in (signal.SIGTSTP, signal.SIGSTOP, signal.SIGTSTP):
            app.process.send_signal(number)
            assert stopped(app)
            app.read_for(0.2)
            if number == signal.SIGTSTP:
                assert termios.tcgetattr(app._theirs) == app.modes
            else:
                # As a shell leaves it.
                termios.tcsetattr(app._theirs, termios.TCSANOW, app.modes)
            app.screen.reset()
            app.process.send_signal(signal.SIGCONT)
            app.until_that(lambda: app.text == before)
            assert termios.tcgetattr(app._theirs) != app.modes
        app.press("x")
        app.until("saved: L0.0 rejected")
        app.press("q")
        assert app.ends() == 0
        assert termios.tcgetattr(app._theirs) == app.modes
    assert len(decisions(labels)) == 1


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="reads a process's state where Linux shows it")
def test_ctrl_z_suspends_the_app_where_a_shell_waits_and_says_why_not_elsewhere(run, labels):
    with started(run, labels) as app:
        app.press("\x1a")
        app.until("there is no shell to go back to")
    with Terminal(["-c", "import pty; pty.spawn(['/bin/sh', '-i'])"]) as shell:
        shell.read_for(1)
        command = shlex.join([sys.executable, *map(str, opening(run, labels))])
        shell.press(*f"stty rows 24 cols 80; set -m; {command}", "enter")
        shell.until("▸ 1")
        shell.press("\x1a")
        shell.until("topped")
        shell.press(*"fg", "enter")
        shell.until_that(lambda: "▸ 1" in shell.text and "q quit" in shell.text)
        shell.press("q")
        shell.until_that(lambda: shell.raw.rfind(b"\x1b[?1049l") > shell.raw.rfind(b"\x1b[?1049h"))
        shell.read_for(1)
        shell.press(*"exit", "enter")
        assert shell.ends() == 0
    assert decisions(labels) == []


def test_nothing_is_decided_in_a_window_too_small_to_show_it_and_it_says_how_large_it_must_be(run, labels):
    with Terminal(opening(run, labels), size=(20, 5)) as app:
        app.until("44x10")
        app.press("a", "x", "space", "m", "e", "enter", ":", "enter")
        app.read_for(1)
        assert "44x10" in app.text
        assert decisions(labels) == []
        app.screen.resize(24, 80)
        fcntl.ioctl(app._theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        app.process.send_signal(signal.SIGWINCH)
        app.until("▌ · L0.0")
        assert "44x10" not in app.text
        app.press("a")
        app.until("saved: L0.0 accepted")
        app.press("q")
        assert app.ends() == 0


def test_the_size_is_the_terminals_own_whatever_the_environment_says(run, labels):
    wrong = {"COLUMNS": "200", "LINES": "60", "PYTHONIOENCODING": "latin-1", "LC_ALL": "C"}
    with started(run, labels, **wrong) as app:
        assert "q quit" in app.lines[-1]
        app.press("q")
        assert app.ends() == 0


@contextmanager
def redirected(run, labels, streams):
    command = shlex.join([sys.executable, *map(str, opening(run, labels))])
    with Terminal(["-c", f"import os; os.execvp('sh', ['sh', '-c', {f'exec {command} {streams}'!r}])"]) as app:
        yield app


@pytest.mark.parametrize("streams", ["2>{}", "2>&-"])
def test_the_app_is_drawn_on_the_terminal_wherever_its_errors_go(run, labels, tmp_path, streams):
    with redirected(run, labels, streams.format(tmp_path / "errors")) as app:
        app.until("▸ 1")
        app.press("a")
        app.until("saved: L0.0 accepted")
        app.press("q")
        assert app.ends() == 0
    assert not (tmp_path / "errors").exists() or not (tmp_path / "errors").read_bytes()


@pytest.mark.parametrize("streams", [">{}", "<&-", ">&-"])
def test_an_app_that_nobody_could_see_does_not_begin(run, labels, tmp_path, streams):
    with redirected(run, labels, streams.format(tmp_path / "shown")) as app:
        assert app.ends() == 1
        assert "needs a terminal" in app.text
    assert decisions(labels) == []


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_be_drawn_on_is_refused(run, labels, term):
    with Terminal(opening(run, labels), TERM=term) as app:
        assert app.ends() == 1
        assert f"cannot be drawn on a terminal of the type '{term}'" in app.text
        assert "TERM=xterm-256color neurotui open" in app.text
