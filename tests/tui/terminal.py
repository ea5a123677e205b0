"""A real terminal around a real child process: what it is sent, byte by byte, and what a person sees."""

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import pyte
from patience import PATIENCE

KEYS = {
    "enter": "\r",
    "space": " ",
    "escape": "\x1b",
    "ctrl+r": "\x12",
    "f5": "\x1b[15~",
    "tab": "\t",
    "down": "\x1b[B",
}
_OF_THE_TERMINAL = ("TEXTUAL", "COLORFGBG", "COLUMNS", "LINES", "NO_COLOR", "NEUROTUI")
# pyte would print the end of a sequence that it does not know.
_UNKNOWN_TO_PYTE = re.compile(r"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p")


class Terminal:
    """Runs a command in a terminal of its own; leaving the ``with`` block kills whatever still runs."""

    def __init__(self, command, size=(80, 24), before=None, **environment):
        self.screen = pyte.Screen(*size)
        self._stream = pyte.Stream(self.screen)
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._held = ""
        self.raw = b""
        # Whether the screen is kept: pyte takes longer over what is drawn than the app takes to draw it.
        self.is_watched = True
        self._ours, self._theirs = pty.openpty()
        fcntl.ioctl(self._theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.modes = termios.tcgetattr(self._theirs)
        clean = {key: value for key, value in os.environ.items() if not key.startswith(_OF_THE_TERMINAL)}
        clean["NEUROTUI_CONFIG"] = os.environ.get("NEUROTUI_CONFIG", "")

        def take_over():
            """Make the terminal the child's own, so that it is told when the terminal goes away."""
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            if before is not None:
                before()

        self.process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            stdin=self._theirs,
            stdout=self._theirs,
            stderr=self._theirs,
            env=clean | {"TERM": "xterm-256color", "COLORTERM": "truecolor"} | environment,
            start_new_session=True,
            preexec_fn=take_over,  # noqa: PLW1509 - the child has no threads yet
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()

    @property
    def lines(self):
        # Not pyte's own display: that stumbles over what is left of a wide character that was half overwritten.
        rows, columns = range(self.screen.lines), range(self.screen.columns)
        return ["".join(self.screen.buffer[row][column].data for column in columns).rstrip() for row in rows]

    @property
    def text(self):
        return "\n".join(self.lines)

    def press(self, *keys):
        for key in keys:
            self.send(KEYS.get(key, key).encode())
            if key == "escape":
                # A lone escape is one only if nothing follows it at once.
                self.read_for(0.3)

    def send(self, data):
        os.write(self._ours, data)

    def send_all(self, data):
        """Send more than the app takes at once, while the terminal reads what the app draws."""
        os.set_blocking(self._ours, False)
        left = memoryview(data)
        end = time.monotonic() + PATIENCE
        while left:
            assert time.monotonic() < end, "the app takes no more"
            try:
                left = left[os.write(self._ours, left[:65536]) :]
            except BlockingIOError:
                self._read(0.01)
        os.set_blocking(self._ours, True)

    def until(self, text):
        """Read until the screen shows a text."""
        self.until_that(lambda: text in self.text)

    def until_that(self, holds):
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, f"waited in vain; the screen is:\n{self.text}"
            assert self.process.poll() is None or self._read(0), f"it has ended; the screen is:\n{self.text}"
            self._read(0.2)

    def read_for(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._read(left)

    def kill(self):
        """Kill as the system would: without a word."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def hang_up(self):
        """Close the terminal, as a window or a line that is lost."""
        for end in (self._ours, self._theirs):
            if end is not None:
                os.close(end)
        self._ours = self._theirs = None

    def ends(self):
        """Wait for the process to end by itself; return its status."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < end, f"it does not end; the screen is:\n{self.text}"
            self._read(0.1)
        while self._read(0):
            pass
        return self.process.returncode

    def _read(self, seconds):
        """Read what there is, waiting at most this long; tell whether there was anything."""
        if not select.select([self._ours], [], [], seconds)[0]:
            return False
        data = os.read(self._ours, 65536)
        self.raw += data
        if not self.is_watched:
            return True
        self._held += self._decoder.decode(data)
        # A sequence may be cut anywhere.
        whole, escape, rest = self._held.rpartition("\x1b")
        feed, self._held = (self._held, "") if len(rest) > 24 or not escape else (whole, escape + rest)
        self._stream.feed(_UNKNOWN_TO_PYTE.sub("", feed))
        if self._held and (rest := _ended(self._held)) is not None:
            self._stream.feed(_UNKNOWN_TO_PYTE.sub("", self._held))
            self._held = ""
        return True


def _ended(held):
    """Return what follows the sequence that a text begins with, or None if it has not ended."""
    found = re.match(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[^\[\]P_^X])", held)
    return held[found.end() :] if found else None
