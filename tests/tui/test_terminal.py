"""The app in a real terminal, as a real process: what survives a kill, what reaches the terminal, how it ends."""

import fcntl
import re
import resource
import shutil
import signal
import subprocess
import sys
import termios
import time
from contextlib import contextmanager

import duckdb
import pytest
from synthetic import add_token_scope, mend, write_run
from tui import hostile
from tui.driving import decisions, harmless
from tui.terminal import PATIENCE, Terminal

from neurotui.store.journal import Journal
from neurotui.store.run import Run
from neurotui.tui.textual_drivers import _GIVE_BACK
from neurotui.types import Neuron


def opening(run, labels, annotator="ada"):
    return ["-m", "neurotui", "open", run, "--labels", labels, "--annotator", annotator]


@contextmanager
def started(run, labels, annotator="ada", **terminal):
    """Open a run in a terminal until the first neuron is shown."""
    with Terminal(opening(run, labels, annotator), **terminal) as app:
        app.until(" / ")
        app.until("▸ 1")
        yield app


def test_a_decision_survives_a_kill_the_moment_the_status_line_says_saved(run, labels):
    told = []
    for round_, keys in enumerate(
        [["a"], ["x"], ["space"], ["n", *"seen", "enter"], ["e", "\x15", *"rain", "enter"]]
    ):
        with started(run, labels) as app:
            app.press(*["j"] * round_)
            app.until(f"{round_ + 1} / 96")
            app.press(*keys)
            app.until(f"saved: L0.{round_}")
            app.kill()
        told.append(f"L0.{round_}")
        assert [neuron for neuron, _, _ in decisions(labels)] == told
    assert decisions(labels)[3:] == [("L0.3", "note", "seen"), ("L0.4", "accept", "rain")]


def test_undo_and_redo_go_on_after_a_restart(run, labels):
    with started(run, labels) as app:
        app.press("a", "x", "space")
        app.until("saved: L0.2 skipped")
        app.kill()
    with started(run, labels) as app:
        app.until("✓ 1   ✗ 1   » 1")
        app.press("u")
        app.until("saved: L0.2 undone")
        app.press("u")
        app.until("saved: L0.1 undone")
        app.kill()
    with started(run, labels) as app:
        app.until("✓ 1   ✗ 0   » 0")
        app.press("ctrl+r")
        app.until("saved: L0.1 redone")
        app.until("▌ ✗ L0.1")
        app.press("q")
        assert app.ends() == 0
    assert [action for _, action, _ in decisions(labels)] == [
        "accept",
        "reject",
        "skip",
        "undo",
        "undo",
        "redo",
    ]


def test_two_apps_on_one_journal_see_each_others_decisions(run, labels):
    with started(run, labels) as ada, started(run, labels, annotator="bob") as bob:
        ada.press("a")
        ada.until("saved: L0.0 accepted")
        bob.until("▌ ✓ L0.0")
        bob.press("j", "x")
        bob.until("saved: L0.1 rejected")
        ada.until("✗ L0.1")
        ada.press("u")
        ada.until("saved: L0.0 undone")
        bob.until("· L0.0")
        bob.until("✓ 0   ✗ 1")
        bob.press("ctrl+r")
        bob.until("nothing of bob to redo")
        ada.until("✓ 0   ✗ 1")
        for app in (ada, bob):
            app.press("q")
            assert app.ends() == 0
    assert len(decisions(labels)) == 3


# What Textual itself sends: colours, cursor, modes, and the pointer's shape.
OURS = re.compile(
    r"\x1b\[[0-9;]*[mH]"
    r"|\x1b\[\?(?:7|25|1000|1003|1004|1006|1015|1049|2004|2026|2048)[hl]"
    r"|\x1b\[\?(?:2026|2048)\$p"
    r"|\x1b\[>[0-9]+u|\x1b\[<u"
    r"|\x1b\]22;(?:default|text|pointer)\x07"
    r"|\r\n"
)


def check_sent(raw):
    """See that what a terminal was sent is text that steers nothing, but for the app's own sequences."""
    left = OURS.sub("", raw.decode("utf-8"))
    strange = sorted({hex(ord(character)) for character in left if not harmless(character)})
    assert not strange, re.findall(r".{0,12}[\x00-\x1f\x7f-\x9f].{0,24}", left)[:3]


def test_only_the_apps_own_sequences_reach_the_terminal(hostile_run, labels):
    with Run(hostile_run) as opened:
        known = {"model": opened.model, "weights": opened.weights}
    journal = Journal(labels)
    journal.append(
        Neuron(0, 0), "accept", by=hostile.ANNOTATOR, text=hostile.LABEL, origin=hostile.BACKEND, **known
    )
    journal.append(Neuron(0, 0), "note", by=hostile.ANNOTATOR, text=hostile.NOTE, **known)
    with started(hostile_run, labels, annotator="ada", size=(110, 60)) as app:
        app.until("note: n")
        for number in range(2, 14):
            app.press("j")
            app.until(f"{number} / 60")
        app.press(
            "a",
            "e",
            "escape",
            "9",
            "n",
            "\x1b[200~\x1b]52;c;AAAA\x07\x1b[2J\x9b31m\u202e\x1b[201~",
            "enter",
            "?",
            "escape",
        )
        app.press(":", "escape", "/", "[", "escape", "o", "o", "o", "o", "tab", "G", "g")
        app.until("noted")
        app.press("q")
        assert app.ends() == 0
    check_sent(app.raw)
    assert b"\x1b]52" not in app.raw


def test_the_check_of_what_is_sent_would_see_what_is_strange():
    check_sent("\x1b[1;1H\x1b[38;2;1;2;3mtext\x1b[0m\r\n\x1b[?25l\x1b[?1049h é 漢".encode())
    for strange in (
        "\x1b]0;title\x07",
        "\x1b]8;;http://x\x07",
        "\x1b]52;c;AAAA\x07",
        "\x9b31m",
        "\u202e",
        "\x1b[6n",
        "\x1bc",
        "\x07",
        "\n",
    ):
        with pytest.raises(AssertionError):
            check_sent(f"a{strange}b".encode())


def test_copying_sends_one_clipboard_sequence_with_the_text_made_harmless(hostile_run, labels):
    with started(hostile_run, labels) as app:
        app.press("y")
        app.until("sent to the clipboard")
        app.press("q")
        assert app.ends() == 0
    sent = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)(?:\x07|\x1b\\)", app.raw)
    assert len(sent) == 1
    check_sent(re.sub(rb"\x1b\]52;c;[A-Za-z0-9+/=]+(?:\x07|\x1b\\)", b"", app.raw))


def test_quitting_ends_with_0_and_gives_the_terminal_back(run, labels):
    with started(run, labels) as app:
        assert b"\x1b[?1049h" in app.raw
        assert b"\x1b[?25l" in app.raw
        assert termios.tcgetattr(app._theirs) != app.modes
        app.press("a", "q")
        assert app.ends() == 0
        for on, off in (("\x1b[?1049h", "\x1b[?1049l"), ("\x1b[?25l", "\x1b[?25h"), ("\x1b[?7l", "\x1b[?7h")):
            assert app.raw.rindex(off.encode()) > app.raw.rindex(on.encode())
        for mode in (1000, 1003, 1004, 1006, 1015, 2004):
            assert app.raw.rindex(f"\x1b[?{mode}l".encode()) > app.raw.rindex(f"\x1b[?{mode}h".encode())
        assert app.raw.count(b"\x1b[<u") == app.raw.count(b"\x1b[>25u")
        assert termios.tcgetattr(app._theirs) == app.modes
    assert [action for _, action, _ in decisions(labels)] == ["accept"]


def test_a_terminal_that_goes_away_takes_the_app_with_it_and_no_decision(run, labels):
    with started(run, labels) as app:
        app.press("a")
        app.until("saved: L0.0 accepted")
        app.hang_up()
        # The second is what the watch ends it by, where the loss holds up an end in order.
        assert app.process.wait(PATIENCE) in {-signal.SIGHUP, 128 + signal.SIGHUP}
    assert [action for _, action, _ in decisions(labels)] == ["accept"]


IMPATIENT = "from neurotui.cli import main; from neurotui.tui import runner; runner._PATIENCE = 0.5; main({})"


def test_a_signal_ends_the_app_although_its_terminal_takes_nothing_any_more(run, labels):
    with Terminal(["-c", IMPATIENT.format([str(word) for word in opening(run, labels)[2:]])]) as app:
        app.until("▸ 1")
        waiting = -1
        # Nobody reads: the terminal fills up, and then the app waits for it.
        while waiting != (waiting := unread(app)) or waiting < 4_000:
            app.send(b"Gg" * 30)
            time.sleep(0.5)
        app.process.send_signal(signal.SIGTERM)
        assert app.process.wait(PATIENCE) == 128 + signal.SIGTERM
        # Whoever reads again finds the terminal's modes as they were, and nothing but what gives the screen back.
        assert termios.tcgetattr(app._theirs) == app.modes
        app.raw, app.is_watched = b"", False
        app.read_for(0.5)
        assert app.raw.endswith(_GIVE_BACK)
        assert b"L0." not in app.raw


def unread(app):
    """Return how many bytes a terminal holds that nobody has read."""
    return int.from_bytes(fcntl.ioctl(app._ours, termios.FIONREAD, bytes(4)), sys.byteorder)


def test_ctrl_c_does_not_quit_and_says_what_does(run, labels):
    with started(run, labels) as app:
        app.press("\x03")
        app.until("q quits")
        app.press("q")
        assert app.ends() == 0


def test_capital_letters_and_brackets_are_keys_as_terminals_send_them(run, labels):
    with started(run, labels) as app:
        app.press("G")
        app.until("▌ · L1.47")
        app.press("[")
        app.until("▌ · L0.0")
        app.press("]")
        app.until("▌ · L1.0")
        app.press("g", "a", "g", "}")
        app.until("▌ · L0.1")
        app.press("down", "{")
        app.until("2 / 96")
        app.press(":", *"L1.30", "enter")
        app.until("▌ · L1.30")
        app.press("q")
        assert app.ends() == 0


def limited():
    """Let no file grow beyond part of a line: a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


def test_on_a_disk_that_is_full_nothing_shows_as_saved(run, labels):
    with started(run, labels, before=limited) as app:
        app.press("a")
        app.until("not saved")
        app.until("could not be saved")
        assert "▌ · L0.0" in app.text
        assert "saved: " not in app.text
        app.press("x", "q")
        assert app.ends() == 0
    assert not labels.exists()


def test_a_run_that_is_replaced_is_told_and_reloaded(tmp_path, labels):
    run = write_run(tmp_path / "run.duckdb", units=10)
    with started(run, labels) as app:
        app.until("1 / 20")
        write_run(run, units=30)
        app.until("has been replaced")
        app.press("f5")
        app.until("1 / 60")
        app.press("q")
        assert app.ends() == 0


def test_no_terminal_and_no_run_end_with_1_and_a_hint(run, labels, tmp_path):
    done = subprocess.run(
        [sys.executable, *map(str, opening(run, labels))],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["error", "hint"]
    with Terminal(opening(tmp_path / "no.duckdb", labels)) as app:
        assert app.ends() == 1
        assert "error: there is no file" in app.text
        assert b"\x1b[?1049h" not in app.raw


FAULTY = """
import sys
from neurotui.tui.widgets.histogram import draw
from neurotui.tui.widgets import histogram
from neurotui.cli import main
def faulty(*_, **__):
    raise ValueError("no \\x1b]0;owned\\x07 [/]")
histogram.draw = faulty
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return a run whose tables add up."""
    path = add_token_scope(write_run(tmp_path_factory.mktemp("whole") / "run.duckdb", layers=1, units=3))
    mend(path)
    return path


def test_a_fault_of_our_own_gives_the_terminal_back_and_ends_with_1(whole, labels):
    run = whole
    with Terminal(["-c", FAULTY, *opening(run, labels)[2:]]) as app:
        assert app.ends() == 1
        assert termios.tcgetattr(app._theirs) == app.modes
        last = app.raw.decode().rpartition("\x1b[?1049l")[2]
        assert "error: neurotui stopped on a fault of its own: ValueError" in last
        assert "hint: every decision" in last
        assert "report the line above" in " ".join(last.split()), "nothing is cut off at the edge"
        assert "Traceback" not in last
        check_sent(app.raw)


def test_a_fault_over_a_run_that_contradicts_itself_is_told_as_that_of_the_run(whole, labels, tmp_path):
    run = shutil.copy(whole, tmp_path / "run.duckdb")
    with duckdb.connect(run) as database:
        database.execute("UPDATE texts SET split = 'none' WHERE text_id = 1")
    with Terminal(["-c", FAULTY, *opening(run, labels)[2:]]) as app:
        assert app.ends() == 1
        last = app.raw.decode().rpartition("\x1b[?1049l")[2]
        assert "holds what no run can:" in " ".join(last.split())
        assert "neurotui verify" in last
        assert "fault of its own" not in last
        check_sent(app.raw)


def test_bytes_that_are_no_text_do_nothing_and_keys_work_after_them(run, labels):
    with started(run, labels) as app:
        app.press("a")
        app.until("saved: L0.0 accepted")
        app.send(b"\xff\xe9")
        app.read_for(0.5)
        app.press("j", "k", "x")
        app.until("saved: L0.1 rejected")
        app.press("q")
        assert app.ends() == 0
    assert [action for _, action, _ in decisions(labels)] == ["accept", "reject"]


LOADED = """
import asyncio, sys
from pathlib import Path
from neurotui.store.run import Run
from neurotui.tui.app import NeurotuiApp
from neurotui.review.session import Session

async def look():
    app = NeurotuiApp(Session.open(Run(Path(sys.argv[1])), labels=Path(sys.argv[2]), annotator="ada", read_only=False))
    async with app.run_test(size=(140, 45)) as pilot:
        for key in ("j", "2", "a", "x", "u", "slash", "s", "enter", "escape", "o", "tab", "end", "y", "question_mark"):
            await app.workers.wait_for_complete()
            await pilot.press(key)

asyncio.run(look())
assert Path(sys.argv[2]).read_text().count("\\n") == 3
print(*sorted({"torch", "transformers", "pyarrow", "sklearn", "scipy", "openai", "pandas"} & set(sys.modules)))
"""


def test_opening_and_using_the_app_loads_nothing_heavy(run, labels):
    done = subprocess.run(
        [sys.executable, "-c", LOADED, str(run), str(labels)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_an_app_that_was_open_for_a_while_ends_with_the_way_back_and_no_other_word(run, labels):
    with started(run, labels) as app:
        app.read_for(1.5)
        app.press("q")
        assert app.ends() == 0
        last = app.raw.decode().rpartition("\x1b[?1049l")[2].strip("\x1b[?0123456789hl;")
        assert last.strip() == f"again: neurotui open {run} --labels {labels}"


def colours(run, labels, **environment):
    """Return the colours of every cell of the first screen: what is written, and its ground."""
    with Terminal(opening(run, labels), **environment) as app:
        app.until("▸ 1")
        app.read_for(1)  # until every pane has been drawn
        rows = range(app.screen.lines - 2)  # what stands below goes on changing
        columns = range(app.screen.columns)
        return [
            (app.screen.buffer[row][column].fg, app.screen.buffer[row][column].bg)
            for row in rows
            for column in columns
        ]


def test_a_theme_that_textual_is_told_of_is_that_of_every_border(run, labels):
    light = colours(run, labels, COLORFGBG="0;15")
    assert light == colours(run, labels, TEXTUAL_THEME="neurotui-light")
    assert light != colours(run, labels)


def test_a_terminals_own_colours_can_be_read_without_colour_too(run, labels, tmp_path):
    (tmp_path / "own.toml").write_text('theme = "ansi-dark"')
    seen = colours(run, labels, NEUROTUI_CONFIG=str(tmp_path / "own.toml"), NO_COLOR="1")
    assert set(seen) == {("default", "default")}


def test_enter_is_enter_however_early_it_is_typed(run, labels):
    with Terminal(opening(run, labels)) as app:
        app.send(b"/layer:1\rja")
        app.until("saved: L1.1 accepted")
    assert decisions(labels)[0][:2] == ("L1.1", "accept")
