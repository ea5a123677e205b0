"""What the app is drawn on: a terminal to which writing can be ended at once, however little it takes."""

from __future__ import annotations

import io
import os
import select
import threading
from contextlib import suppress
from time import sleep
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

_LOOK_EVERY = 0.05
_TRIES, _BETWEEN = 100, 0.01


class TerminalOutput(io.RawIOBase):
    """A terminal, written to without ever being held up inside the system, so that `end` is heard."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._ended = False

    def writable(self) -> bool:
        """Return that it can be written to."""
        return True

    def isatty(self) -> bool:
        """Return that it is a terminal."""
        return True

    def fileno(self) -> int:
        """Return its descriptor."""
        return self._descriptor

    def write(self, data: Buffer, /) -> int:
        """Write all of some bytes, waiting until the terminal takes them; none once `end` was called."""
        whole = left = memoryview(data).cast("B")
        while left:
            select.select([], [self._descriptor], [], _LOOK_EVERY)
            with self._lock:
                if self._ended:
                    break
                with suppress(BlockingIOError):
                    left = left[os.write(self._descriptor, left) :]
        return len(whole)

    def end(self, last: bytes, drop: Callable[[], None]) -> None:
        """Let nothing be written from now on but some last bytes; `drop` empties what the terminal has not taken.

        Nothing waits for the terminal: if it takes no byte even then, the last ones are lost.
        """
        locked = self._lock.acquire(timeout=_TRIES * _BETWEEN)
        self._ended = True
        if locked:
            self._lock.release()
        was_blocking = os.get_blocking(self._descriptor)
        os.set_blocking(self._descriptor, False)
        for _ in range(_TRIES):
            drop()
            with suppress(BlockingIOError):
                if os.write(self._descriptor, last) == len(last):
                    break
            sleep(_BETWEEN)
        os.set_blocking(self._descriptor, was_blocking)  # others may have the same file

    def close(self) -> None:
        """Close the terminal's file."""
        if not self.closed:
            super().close()
            os.close(self._descriptor)


def terminal_output(fileno: int) -> TerminalOutput:
    """Return what writes to the terminal that a descriptor reads from; ``OSError`` if none can."""
    for path in (_name(fileno), "/dev/tty"):
        with suppress(OSError):
            return TerminalOutput(os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK))
    other = next((one for one in (1, 2) if os.isatty(one)), fileno)
    return TerminalOutput(os.dup(other))


def _name(fileno: int) -> str:
    try:
        return os.ttyname(fileno)
    except OSError:
        return "/dev/tty"


def as_text(output: TerminalOutput) -> io.TextIOWrapper:
    """Return a file for text that is written there."""
    return io.TextIOWrapper(io.BufferedWriter(output), encoding="utf-8", errors="replace", newline="")
