"""The app on a real terminal, by the size of its run: `python tests/benchmarks/app.py [FOLDER]`.

Prints, for each run, how long its first data takes beside an empty Textual app's first paint, how long a cursor
key and a key of the filter take to their last byte, how much memory it took, and how quickly it quits while a
generator is at work. Runs are made in FOLDER (by default a temporary one) and kept there.
"""

import argparse
import fcntl
import os
import pty
import re
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from synthetic import WORDS, write_run

SIZE = (140, 45)
# Layers and units like those of a small encoder, BERT-base and an 8-billion-parameter Llama.
RUNS = {"9k": (6, 1536), "37k": (12, 3072), "459k": (32, 14336)}
SILENCE = 0.12
STARTS, KEYS = 7, 100
# Some of these keys leave many neurons in the list, some few, some none.
FILTER = "/night score>0.6"
EMPTY = """
from textual.app import App
from textual.widgets import Static

class Empty(App):
    def compose(self):
        yield Static("ready")

Empty().run()
"""


class Line:
    """A program on a pseudoterminal, and when its bytes come."""

    def __init__(self, *command):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
        # A user's Python keeps what it has compiled.
        other = ("TEXTUAL", "NEUROTUI", "PYTHONDONTWRITEBYTECODE")
        clean = {key: value for key, value in os.environ.items() if not key.startswith(other)}
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=clean | {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
            start_new_session=True,
        )
        os.close(theirs)
        self._ours = ours

    def read(self, seconds):
        """Return what comes within so many seconds, at once when there is something; empty if nothing does."""
        if not select.select([self._ours], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self._ours, 1 << 20)
        except OSError:  # the other end is closed
            return b""

    def until(self, pattern, patience=60):
        """Return the seconds from the start of the program until it has shown a pattern."""
        seen, end = b"", time.perf_counter() + patience
        while not re.search(pattern, seen):
            if time.perf_counter() > end:
                raise SystemExit(f"it never showed {pattern!r}; its last words: {seen[-500:]!r}")
            seen += self.read(0.05)
        return time.perf_counter() - self.began

    def quiet(self):
        """Wait until nothing has come for a while."""
        while self.read(0.5):
            pass

    def press(self, key):
        """Return the seconds from a key to the last byte that it brings about."""
        pressed = last = time.perf_counter()
        os.write(self._ours, key.encode())
        while self.read(SILENCE):
            last = time.perf_counter()
        return last - pressed

    def memory(self):
        """Return the most memory that the program has taken, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1000

    def ends(self):
        """Return the seconds until the program has ended."""
        began = time.perf_counter()
        while self.process.poll() is None:
            self.read(0.005)
        return time.perf_counter() - began

    def close(self):
        """End it."""
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


def starts(path):
    """Return the median seconds until an empty app, a run's first rows and both its panes are on the screen.

    They take turns: a machine that is slower for a while is so for all three.
    """
    opened = ("-m", "neurotui", "open", path)
    programs = ((rb"ready", "-c", EMPTY), (rb"L\d+\.\d+ ", *opened), (rb"top exemplars|strongest texts", *opened))
    times = [[] for _ in programs]
    for _ in range(STARTS):
        for (pattern, *command), took in zip(programs, times, strict=True):
            line = Line(*command)
            took.append(line.until(pattern))
            line.close()
    return map(statistics.median, times)


def p95(times):
    """Return the 95th percentile."""
    return statistics.quantiles(times, n=20)[-1]


def made(folder, name):
    """Return a run of the given size, as full as a real one: texts of sixty tokens."""
    path = folder / f"{name}.duckdb"
    if not path.exists():
        layers, units = RUNS[name]
        bodies = [
            " ".join(WORDS[(7 * text + 3 * place) % len(WORDS)] for place in range(60)) for text in range(400)
        ]
        write_run(path, layers=layers, units=units, bodies=bodies, keep=10, window=48)
    return path


def measured(path):
    """Return one row of the table."""
    empty, first, full = starts(path)
    line = Line("-m", "neurotui", "open", path)
    line.until(rb"top exemplars")
    line.quiet()
    moves = [line.press("j") for _ in range(KEYS)]
    typed = []
    for key in FILTER * 4:
        took = line.press(key)
        typed += [took] if key != "/" else []
    line.press("\x1b")
    line.quiet()
    memory = line.memory()
    line.press("R")
    time.sleep(0.5)
    os.write(line._ours, b"q")
    quit_ = line.ends()
    line.close()
    return (
        f"{path.stem:>6} {empty:7.2f} s {first:7.2f} s {first / empty:6.2f}x {full:6.2f} s {full / empty:6.2f}x"
        f" {1000 * statistics.median(moves):7.0f}"
        f" {1000 * p95(moves):5.0f} ms {1000 * statistics.median(typed):7.0f} {1000 * p95(typed):5.0f} ms"
        f" {memory:7.0f} MB {quit_:6.2f} s"
    )


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--runs", nargs="*", default=list(RUNS), choices=list(RUNS))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        runs = [made(folder, name) for name in given.runs]
        print(
            "   run  empty app  first rows        both panes     key: median p95   filter key: median p95"
            "   memory    quit"
        )
        for path in runs:
            print(measured(path))


if __name__ == "__main__":
    main()
