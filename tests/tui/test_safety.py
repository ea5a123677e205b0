"""The app in a real terminal that is signalled, lost, resized, or flooded: nothing is lost, and nothing hangs."""

import fcntl
import shutil
import signal
import struct
import termios
from pathlib import Path

import pytest
from tui.driving import at_the_keys, decisions
from tui.terminal import PATIENCE
from tui.test_terminal import started


def given_back(app):
    """Tell whether a terminal is as it was: its modes, the screen, the cursor, the pointer, the keyboard."""
    assert termios.tcgetattr(app._theirs) == app.modes
    for on, off in (("\x1b[?1049h", "\x1b[?1049l"), ("\x1b[?25l", "\x1b[?25h"), ("\x1b[?7l", "\x1b[?7h")):
        assert app.raw.rindex(off.encode()) > app.raw.rindex(on.encode())
    for mode in (1000, 1003, 1006, 1004, 2004):
        assert app.raw.rindex(f"\x1b[?{mode}l".encode()) > app.raw.rindex(f"\x1b[?{mode}h".encode())
    assert app.raw.count(b"\x1b[<u") == app.raw.count(b"\x1b[>25u")
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_gives_the_terminal_back_and_ends_the_app_as_it_ends_any(run, labels, number):
    with started(run, labels) as app:
        app.press("a", "n", *"half a no")
        app.until("half a no")
        app.process.send_signal(number)
        assert app.ends() == (130 if number == signal.SIGINT else -number)
        assert given_back(app)
        assert b"Traceback" not in app.raw
    assert [action for _, action, _ in decisions(labels)] == ["accept"]


def deaf():
    """Be started as by nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def test_a_terminal_that_is_lost_without_a_signal_does_not_leave_the_app_running(run, labels):
    with started(run, labels, before=deaf) as app:
        app.press("a")
        app.until("saved: L0.0 accepted")
        app.process.send_signal(signal.SIGHUP)
        app.press("x")
        app.until("saved: L0.1 rejected")
        app.hang_up()
        # As a shell says it, whether the app ended in order or its last bytes for the terminal held it up.
        assert app.process.wait(PATIENCE) in {-signal.SIGHUP, 128 + signal.SIGHUP}
    assert [action for _, action, _ in decisions(labels)] == ["accept", "reject"]


def resize(app, columns, rows):
    app.screen.resize(rows, columns)
    fcntl.ioctl(app._theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    app.process.send_signal(signal.SIGWINCH)


def gone_to_the_third(app):
    """Go to the end and back to the third neuron, so that everything is drawn anew; return the screen."""
    app.press("G")
    app.until("96 / 96")
    app.press("g", "j", "j")
    app.until("▌ · L0.2")
    app.until("3 / 96")
    app.read_for(1)
    return app.text


def test_two_hundred_resizes_while_keys_are_pressed_end_in_the_right_screen(run, labels):
    with started(run, labels, size=(100, 30)) as calm:
        right = gone_to_the_third(calm)
        calm.press("q")
        assert calm.ends() == 0
    with started(run, labels, size=(120, 40)) as app:
        for step in range(200):
            resize(app, 60 + step * 7 % 90, 10 + step * 5 % 40)
            app.send(b"j" if step % 3 else b"k")
            app.read_for(0.001)
        resize(app, 100, 30)
        assert gone_to_the_third(app) == right
        app.press("a")
        app.until("saved: L0.2 accepted")
        app.press("q")
        assert app.ends() == 0
    assert len(decisions(labels)) == 1


FLOOD = b"\x1b[200~" + b"flood \xe6\xbc\xa2[/] " * 65_536 + b"\x1b[201~"


@pytest.mark.parametrize(
    ("key", "said"),
    [("/", "at most 1,000 characters"), ("e", "at most 200 characters"), ("n", "at most 2,000 characters")],
)
def test_a_megabyte_that_is_pasted_where_one_types_is_refused_in_words(run, labels, key, said):
    with started(run, labels, size=(140, 30)) as app:
        app.press(key)
        app.until("enter ")
        app.send_all(FLOOD)
        app.until(said)
        assert "flood" not in app.text
        app.press("\x15", *"rain", "enter")
        app.until("/ rain" if key == "/" else "saved: L0.0")
        app.until_that(lambda: "enter " not in app.text)
        app.press("q")
        assert app.ends() == 0
    assert [text for _, _, text in decisions(labels)] == ([] if key == "/" else ["rain"])


@pytest.mark.parametrize(
    ("key", "shown"),
    [("", "▸ 1"), (":", "a command, or"), ("?", "esc closes")],
    ids=["list", "palette", "help"],
)
def test_a_megabyte_that_is_pasted_anywhere_else_does_nothing(run, labels, key, shown):
    with started(run, labels) as app:
        app.press(*key)
        app.until(shown)
        app.send_all(FLOOD)
        app.read_for(1)
        app.until(shown)
        if key:
            app.press("escape")
            app.until_that(lambda: shown not in app.text)
        app.press("x")
        app.until("saved: L0.0 rejected")
        app.press("q")
        assert app.ends() == 0
    assert len(decisions(labels)) == 1


def test_what_is_typed_beyond_the_longest_is_refused_and_the_rest_kept(run, labels):
    with started(run, labels, size=(140, 30)) as app:
        app.press("e", "\x15", *"y" * 201)
        app.until("at most 200 characters")
        app.press("enter")
        app.until("saved: L0.0 accepted")
        app.press("q")
        assert app.ends() == 0
    assert decisions(labels) == [("L0.0", "accept", "y" * 200)]


def strike(file, fate):
    """Let something happen to a file."""
    if fate == "removed":
        file.unlink()
    elif fate == "emptied where it lies":
        file.write_bytes(b"")
    else:
        other = file.with_name("other")
        other.write_bytes(b"\x1b[2J not a run" * 999)
        other.replace(file)


@pytest.mark.anyio
@pytest.mark.parametrize("fate", ["replaced by garbage", "emptied where it lies", "removed"])
async def test_whatever_becomes_of_the_runs_file_is_told_and_the_app_goes_on(run, labels, tmp_path, fate):
    own = Path(shutil.copy(run, tmp_path / "own.duckdb"))
    async with at_the_keys(own, labels) as person:
        strike(own, fate)
        told = "has been removed" if fate == "removed" else "has been replaced"
        await person.until(lambda: person.tells(told))
        await person.press("G", "k", "x", "g", "a")
        assert [decision[:2] for decision in person.journal] == [("L1.46", "reject"), ("L0.0", "accept")]
        assert "saved: L0.0 accepted" in person.status
        await person.press("f5", "j")
        assert len(person.review_state.overview) == 96
        assert person.app.is_running
        shutil.copy(run, own)
        await person.press("f5", "G")
        assert "L1.47" in person.page
        assert "top exemplars" in person.page
